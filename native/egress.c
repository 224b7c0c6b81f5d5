#define _GNU_SOURCE
#include "egress.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "descriptors.h"

#define ARGUMENTS_MAX 64
#define PAUSE_NANOSECONDS 1000000
/* Both programs take some tens of milliseconds. */
#define ROUNDS 10000
/* Of what the program has said. */
#define TAIL_BYTES 400
/* An address of nobody's (RFC 5737): to connect a datagram socket sends nothing, but needs a route. */
#define FAR_AWAY "198.51.100.1"

static const char OPEN = 1;

/* What the keeper has: the network namespace of the container, where it reports, what the program says. */
enum { NETWORK = 16, REPORT, WORDS, FIRST_UNUSED };

/* Becomes the program. */
static void __attribute__((noreturn)) run(const struct step *step, const char *pid) {
  const char *arguments[ARGUMENTS_MAX] = {""};
  for (uint32_t i = 1; i < step->count && i < ARGUMENTS_MAX; i++)
    arguments[i - 1] = strcmp(step->strings[i], "PID") ? step->strings[i] : pid;
  int nothing = open("/dev/null", O_RDWR);
  if (nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(nothing, 1) >= 0 && dup2(WORDS, 2) >= 0) {
    descriptors_close_from(3);
    execv(arguments[0], (char **)(unsigned long)arguments);
  }
  _exit(127);
}

static bool has_route(void) {
  struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = htons(9)};
  cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  inet_pton(AF_INET, FAR_AWAY, &far.sin_addr);
  return fd >= 0 && connect(fd, (struct sockaddr *)&far, sizeof far) == 0;
}

/* Whether the way is there before the program has ended. */
static bool await_route(pid_t program) {
  struct timespec pause = {.tv_nsec = PAUSE_NANOSECONDS};
  for (int round = 0; round < ROUNDS; round++) {
    if (has_route()) return true;
    if (waitpid(program, NULL, WNOHANG) == program) return false;
    nanosleep(&pause, NULL);
  }
  return false;
}

static void report_words(void) {
  char tail[TAIL_BYTES];
  off_t end = lseek(WORDS, 0, SEEK_END);
  ssize_t n = pread(WORDS, tail, sizeof tail, end > TAIL_BYTES ? end - TAIL_BYTES : 0);
  if (n > 0 && write(REPORT, tail, (size_t)n) < 0) return;
}

/* Closes everything else: the status socket, for one, is to end with this process's parent. */
static bool place(int network, int report) {
  int words = memfd_create("egress", MFD_CLOEXEC);
  if (words < 0 || fcntl(network, F_DUPFD_CLOEXEC, NETWORK) != NETWORK ||
      fcntl(report, F_DUPFD_CLOEXEC, NETWORK) != REPORT || fcntl(words, F_DUPFD_CLOEXEC, NETWORK) != WORDS)
    return false;
  for (int fd = 0; fd < NETWORK; fd++)
    close(fd);
  descriptors_close_from(FIRST_UNUSED);
  return true;
}

/*
 * Is PID 1 of the program's namespace, so that the program and what it has forked end with this process, and
 * this with its parent: pasta enters another user namespace, which would make it forget such a wish of its
 * own.
 */
static void __attribute__((noreturn))
keep_way(const struct step *step, const char *pid, int network, int report) {
  struct pollfd other_end = {.fd = REPORT};
  if (!place(network, report)) _exit(1);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || poll(&other_end, 1, 0) != 0) _exit(1);
  /* The parent is about to leave the host's root, and with it all who share its mounts (pivot_root(2)). */
  if (unshare(CLONE_NEWNS) < 0) _exit(1);
  prctl(PR_SET_NAME, "mydocker-egress");
  pid_t program = fork();
  if (program == 0) run(step, pid);
  /* To see the way from the container's side. */
  if (program < 0 || setns(NETWORK, CLONE_NEWNET) < 0) _exit(1);
  close(NETWORK);
  if (!await_route(program)) {
    report_words();
    _exit(1);
  }
  if (write(REPORT, &OPEN, 1) < 0) _exit(1);
  close(REPORT);
  while (waitpid(program, NULL, 0) < 0 && errno == EINTR)
    continue;
  _exit(0);
}

/* A single line of what the program has said. */
static int refused(const char *program, char *words, ssize_t length, struct error *error) {
  words[length > 0 ? length : 0] = 0;
  for (char *at = words; *at; at++)
    if (*at == '\n') *at = at[1] ? ';' : 0;
  return error_plain(error, "egress", length > 0 ? words : program, "open a way out");
}

pid_t egress_open(const struct plan *plan, pid_t init, struct error *error) {
  const struct step *step = plan_find(plan, "egress", 0);
  if (!step) return 0;
  char path[64], pid[16], words[TAIL_BYTES + 1];
  int pair[2];
  snprintf(pid, sizeof pid, "%d", (int)init);
  snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
  cleanup_close int network = open(path, O_RDONLY | O_CLOEXEC);
  if (network < 0) return error_errno(error, "egress", path, "open");
  if (pipe2(pair, O_CLOEXEC) < 0) return error_errno(error, "egress", "", "make a pipe");
  pid_t keeper = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
  if (keeper == 0) {
    close(pair[0]);
    keep_way(step, pid, network, pair[1]);
  }
  close(pair[1]);
  ssize_t n = keeper < 0 ? 0 : read(pair[0], words, TAIL_BYTES);
  close(pair[0]);
  if (keeper < 0) return error_errno(error, "egress", "", "clone into a new namespace");
  if (n == 1 && words[0] == OPEN) return keeper;
  egress_close(keeper);
  return refused(step_argument(step, 1), words, n, error);
}

void egress_close(pid_t keeper) {
  if (keeper <= 0) return;
  kill(keeper, SIGKILL);
  waitpid(keeper, NULL, 0);
}
