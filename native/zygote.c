#define _GNU_SOURCE
#include "zygote.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptors.h"
#include "dirty.h"
#include "error.h"
#include "huge.h"
#include "inheritance.h"
#include "namespaces.h"
#include "payload.h"
#include "plan.h"
#include "record.h"
#include "seccomp.h"
#include "text.h"

/* Where requests come from: the place of DESCRIPTORS_FD in other programs of ours. */
#define CONTROL_FD DESCRIPTORS_FD

/* A SOCK_SEQPACKET message cannot be larger than the socket's buffer (wmem_default is 208 KiB). */
#define REQUEST_MAX_BYTES (256 << 10)

/* What a request carries. The last is where PID 1 is told of the new process. */
enum { NEW_STDOUT, NEW_STDERR, NEW_CHANNEL, NEW_JOIN, NEW_COUNT };

struct request {
  struct plan plan;
  char **environment; /* of the plan; made before the fork, after which nothing may be allocated */
  const char *id;
  pid_t init;
  int fds[DESCRIPTORS_MAX];
  size_t fd_count;
};

/* What is inside of Node, found in its executable by name: it exports the symbols of libuv and OpenSSL to
 * addons. */
static struct {
  void *(*default_loop)(void);
  int (*loop_fork)(void *loop);
  int (*reseed)(void);
} node;

static int find_symbol(void *place, const char *name, struct error *error) {
  void *symbol = dlsym(RTLD_DEFAULT, name);
  if (!symbol) return error_plain(error, "zygote", name, "find: this Node does not export it");
  memcpy(place, &symbol, sizeof symbol);
  return 0;
}

/* Of libmydocker-compact.so, if that is loaded. */
static void (*open_arena)(void);

static int find_symbols(struct error *error) {
  void *symbol = dlsym(RTLD_DEFAULT, "compact_open_arena");
  memcpy(&open_arena, &symbol, sizeof symbol);
  if (find_symbol(&node.default_loop, "uv_default_loop", error) < 0) return -1;
  if (find_symbol(&node.loop_fork, "uv_loop_fork", error) < 0) return -1;
  return find_symbol(&node.reseed, "RAND_poll", error);
}

/*
 * V8 maps its heap MADV_DONTFORK (nodejs/node#48523): children would have holes where the heap was. Once is
 * enough, as no JavaScript runs here any more that could map new pages.
 */
static int make_forkable(struct error *error) {
  FILE *maps = fopen("/proc/self/smaps", "re");
  if (!maps) return error_errno(error, "zygote", "/proc/self/smaps", "open");
  char line[1024];
  unsigned long first, last, start = 0, end = 0;
  while (fgets(line, sizeof line, maps)) {
    if (sscanf(line, "%lx-%lx ", &first, &last) == 2) start = first, end = last;
    /* proc_pid_smaps(5): dc is "do not copy area on fork". */
    if (strncmp(line, "VmFlags:", 8) != 0 || !strstr(line, " dc ")) continue;
    madvise((void *)start, end - start, MADV_DOFORK); /* NOLINT: an address */
  }
  fclose(maps);
  return 0;
}

/* The smallest chunk that malloc has on 64-bit machines has room for this. */
#define GAP_SMALLEST 24
#define GAP_LARGEST (64 << 10)

/*
 * Takes every free chunk that lies between others in malloc's heap, and never gives it back: what forks
 * allocate then lies together behind all that, and not in the gaps of hundreds of pages. That is a few
 * megabytes of the zygote, which its forks share.
 */
static void fill_heap_gaps(void) {
  const char *top = (const char *)sbrk(0) - mallinfo2().keepcost;
  for (size_t size = GAP_LARGEST; size >= GAP_SMALLEST; size /= 2) {
    const char *chunk;
    /* What is cut from the top tells that no gap is left. */
    do
      chunk = malloc(size);
    while (chunk && chunk < top);
  }
}

static void report_failure(const struct request *request, const struct error *error) {
  char code[NUMBER_BYTES];
  record_send("failed", request->id, error->stage, number_text(error->code, code), error->path,
              error->message, NULL);
}

/* The end of an intermediate process, which shares the zygote's memory: nothing of libc's exit may run. */
static void __attribute__((noreturn)) fail(const struct request *request, const struct error *error) {
  report_failure(request, error);
  _exit(1);
}

static void await(pid_t child) {
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
    continue;
}

/*
 * Forks the caller into a pod, as a child of the pod's PID 1. Returns 0 in the new process.
 *
 *   zygote ── vfork ── entrant: enters the namespaces of the pod, its PID namespace for its children only
 *                         └─ vfork ── parent: the first to have a pid inside; enters the cgroup
 *                                        └─ fork ── the new process: an orphan, so PID 1's, when `parent` has
 * ended
 *
 * The two between share the zygote's memory, so page tables are copied once. `parent` is what makes the new
 * process a child of the pod's PID 1: an orphan goes to the reaper of its parent's PID namespace, not of its
 * own.
 */
static pid_t fork_into(const struct request *request) {
  struct error error = {0};
  pid_t entrant = vfork();
  if (entrant != 0) return entrant;
  struct cgroups cgroups = {0};
  if (payload_open_cgroups(&request->plan, &cgroups, &error) < 0) fail(request, &error);
  if (payload_adjust_oom_score(&request->plan, &error) < 0) fail(request, &error);
  if (namespaces_join(&request->plan, request->init, &error) < 0) fail(request, &error);
  pid_t parent = vfork();
  if (parent < 0) error_errno(&error, "join", "", "fork"), fail(request, &error);
  if (parent > 0) {
    await(parent);
    _exit(0);
  }
  /* Before the fork, so that the new process's page tables are charged to its pod too. */
  if (payload_join_cgroups(&cgroups, &error) < 0) fail(request, &error);
  /* glibc's, whose handlers put its own locks and libuv's state in order. */
  pid_t child = fork();
  if (child < 0) error_errno(&error, "join", "", "fork"), fail(request, &error);
  if (child > 0) _exit(0);
  payload_close_cgroups(&cgroups);
  return 0;
}

static int place_descriptors(const struct request *request, struct error *error) {
  static const int places[] = {
      [NEW_STDOUT] = STDOUT_FILENO, [NEW_STDERR] = STDERR_FILENO, [NEW_CHANNEL] = CHANNEL_FD};
  for (int i = 0; i < NEW_JOIN; i++) {
    if (dup2(request->fds[i], places[i]) < 0) return error_errno(error, "descriptors", "", "place");
    close(request->fds[i]);
  }
  close(CONTROL_FD);
  return 0;
}

/* What forks share with the zygote, although each must have its own. Node's two functions allocate: fork(3)
 * has renewed malloc's locks, and of Node's other threads none was inside of a lock, as they all waited for
 * work (runtime/zygote.ts). */
static int renew(struct error *error) {
  /* What the heap has from here on is this process's alone. */
  if (open_arena) open_arena();
  if (inheritance_sever(error) < 0) return -1;
  /* Makes libuv's epoll, eventfd and signal pipe anew. */
  if (node.loop_fork(node.default_loop()) != 0)
    return error_plain(error, "zygote", "", "renew the event loop");
  /* OpenSSL notices a fork by the pid alone (crypto/threads_pthread.c), which can be the zygote's in another
   * PID namespace. */
  if (node.reseed() != 1) return error_plain(error, "zygote", "", "seed the random generator");
  return 0;
}

/* What makes a fork of the zygote a process of the pod; its Node does not run before all of it has been done.
 */
static int become_worker(const struct request *request, struct error *error) {
  if (place_descriptors(request, error) < 0) return -1;
  if (payload_become(&request->plan, -1, error) < 0) return -1;
  environ = request->environment;
  /* The change of user namespace has made it undumpable, which would close its /proc/self to itself. */
  if (prctl(PR_SET_DUMPABLE, 1) < 0) return error_errno(error, "privileges", "", "make dumpable");
  /* Before libuv looks at what the kernel can do. */
  if (seccomp_install(&request->plan, request->fds[NEW_JOIN], error) < 0) return -1;
  close(request->fds[NEW_JOIN]);
  return renew(error);
}

static pid_t start_worker(const struct request *request) {
  struct error error = {0};
  char pid[NUMBER_BYTES];
  dirty_populate();
  if (become_worker(request, &error) < 0) fail(request, &error);
  /* The process between ends by itself: nobody is to see it. */
  while (getppid() != 1)
    sched_yield();
  record_send("joined", request->id, number_text(getpid(), pid), NULL);
  close(STATUS_FD);
  return getpid();
}

static int decode_request(const char *bytes, size_t length, struct request *request, struct error *error) {
  if (plan_decode(bytes, length, &request->plan, error) < 0) return -1;
  const struct step *join = plan_find(&request->plan, "join", 0);
  if (!join || request->fd_count != NEW_COUNT) return error_plain(error, "plan", "join", "find");
  request->id = step_argument(join, 1);
  request->init = (pid_t)number_of(step_argument(join, 2), INT_MAX);
  if (request->init <= 0) return error_plain(error, "plan", "join", "decode");
  request->environment = payload_environment(&request->plan);
  if (!request->environment) return error_errno(error, "environment", "", "allocate");
  return 0;
}

/* The next request. The process ends when nobody can send one any more. */
static void receive_request(struct request *request) {
  static char bytes[REQUEST_MAX_BYTES];
  struct error error = {0};
  *request = (struct request){.id = ""};
  ssize_t n = descriptors_receive(CONTROL_FD, bytes, sizeof bytes, request->fds, &request->fd_count, 0);
  if (n <= 0) _exit(0);
  if (decode_request(bytes, (size_t)n, request, &error) < 0) fail(request, &error);
}

static void discard(struct request *request) {
  for (size_t i = 0; i < request->fd_count; i++)
    close(request->fds[i]);
  free((void *)request->environment);
  plan_free(&request->plan);
}

/* What makes this process one that can be forked. */
static int prepare(struct error *error) {
  if (find_symbols(error) < 0) return -1;
  if (inheritance_note(error) < 0) return -1;
  fill_heap_gaps();
  huge_take_files();
  return make_forkable(error);
}

static void __attribute__((noreturn)) refuse(const struct error *error) {
  record_error("refused", error);
  _exit(1);
}

/* Where the fork that rehearses reports the pages that it has written to. */
static int report_fd = -1;

static int become_rehearsal(int report, struct error *error) {
  report_fd = report;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return error_errno(error, "zygote", "", "ask for a signal");
  if (dup2(REHEARSAL_FD, CHANNEL_FD) < 0) return error_errno(error, "descriptors", "", "place");
  close(REHEARSAL_FD);
  close(STATUS_FD);
  close(CONTROL_FD);
  return renew(error);
}

static pid_t fork_rehearsal(const int pair[2], struct error *error) {
  pid_t child = fork();
  if (child != 0) return child;
  close(pair[0]);
  if (become_rehearsal(pair[1], error) < 0) _exit(1);
  return 0;
}

pid_t zygote_rehearse(void) {
  struct error error = {0};
  int pair[2], status = 0;
  if (prepare(&error) < 0) refuse(&error);
  if (pipe2(pair, O_CLOEXEC) < 0) error_errno(&error, "zygote", "", "make a pipe"), refuse(&error);
  pid_t child = fork_rehearsal(pair, &error);
  if (child < 0) error_errno(&error, "zygote", "", "fork"), refuse(&error);
  if (child == 0) return 0;
  close(pair[1]);
  close(REHEARSAL_FD);
  dirty_learn(pair[0]);
  close(pair[0]);
  if (waitpid(child, &status, 0) < 0) return -1;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? child : -1;
}

void zygote_exit(int code) {
  if (report_fd >= 0) dirty_report(report_fd);
  _exit(code);
}

pid_t zygote_serve(void) {
  struct error error = {0};
  record_send("serving", NULL);
  sigset_t all, before;
  sigfillset(&all);
  for (;;) {
    struct request request;
    receive_request(&request);
    /* A handler that ran in a process between would run in our memory. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t entrant = fork_into(&request);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (entrant == 0) return start_worker(&request);
    if (entrant < 0) {
      error_errno(&error, "join", "", "fork");
      report_failure(&request, &error);
    } else {
      await(entrant);
    }
    discard(&request);
  }
}
