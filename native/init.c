#define _GNU_SOURCE
/*
 * mydocker-init: makes containers. Its `launcher` forks a supervisor for each of them, which reads a plan
 * from the status socket at STATUS_FD, and then:
 *
 *   supervisor (outside)                       PID 1 (its clone, inside)
 *   opens the cgroups
 *   enters the owner of the run's bridge
 *   clones PID 1 into new namespaces           waits
 *   writes its id maps
 *   opens a way out
 *   prepares idmapped layers (real root)
 *   connects it to the bridge
 *   lets it go                                 builds the root, pivots into it
 *   waits for its end                          brings up the network, starts the command, reaps
 *   reports, waits to be released
 *
 * A side container has the step `enter`: its supervisor prepares the layers first, enters those namespaces of
 * the pod, whose ids are mapped already, and clones PID 1 out of there. A plan with the step `visit` makes no
 * container: see visit.h.
 *
 * A plan may be a part of that: without `base` the root stays the host's, without `command` PID 1 ends when
 * all is set up. So a host is asked for one ability at a time.
 *
 * Nothing of a failed set-up reaches the command: every step either succeeds or ends the container with an
 * `error` record.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge.h"
#include "cleanup.h"
#include "descriptors.h"
#include "egress.h"
#include "enter.h"
#include "janitor.h"
#include "launcher.h"
#include "mounts.h"
#include "namespaces.h"
#include "network.h"
#include "payload.h"
#include "plan.h"
#include "privileges.h"
#include "reaper.h"
#include "record.h"
#include "text.h"
#include "visit.h"
#include "zygote.h"

struct container {
  struct plan plan;
  struct cgroups cgroups;
  struct entrance pod; /* namespaces of another container that it shares */
  pid_t egress;        /* who keeps its way out */
};

/* PID 1 becomes root of its user namespace when that has one, so that what it makes belongs to root. */
static int become_root(const struct plan *plan, struct error *error) {
  if (!plan_find(plan, "root-mapped", 0)) return 0;
  if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
    return error_errno(error, "user namespace", "", "become its root");
  return 0;
}

/* The data tmpfs is passed out: what the container wrote is read there when it has ended. */
static int pass_out_data(struct error *error) {
  cleanup_close int fd = open("/data", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return error_errno(error, "descriptors", "/data", "open");
  return record_descriptor(fd, "data", error);
}

static int build_root(const struct plan *plan, struct error *error) {
  if (unshare(CLONE_NEWNS) < 0) return error_errno(error, "mount namespace", "", "unshare");
  if (mounts_execute(plan, "pod", -1, error) < 0) return -1;
  if (pass_out_data(error) < 0) return -1;
  if (mount_pivot(error) < 0) return -1;
  return enter_pass_out(plan, error);
}

/* Dies with the supervisor, whose end of the `go` pipe stays open as long as it lives. Inside, getppid(2) is
 * 0 in any case, so that the pipe is what tells of a death before the signal was asked for. */
static int die_with_supervisor(int go, struct error *error) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return error_errno(error, "parent death", "", "ask for a signal");
  struct pollfd pipe_end = {.fd = go};
  if (poll(&pipe_end, 1, 0) != 0) _exit(1);
  close(go);
  return 0;
}

/* What PID 1 keeps of all this when the pod is made: the status socket and no power. */
static int finish_init(struct container *container, struct error *error) {
  if (privileges_for_init(error) < 0) return -1;
  payload_close_cgroups(&container->cgroups);
  for (int fd = 0; fd <= CHANNEL_FD; fd++)
    close(fd);
  close(DESCRIPTORS_FD);
  return 0;
}

/* The plan's own command. */
static int start_command(struct container *container, pid_t *command, int *listener, struct error *error) {
  int terminal;
  if (payload_open_terminal(&container->plan, &terminal, error) < 0) return -1;
  *command = payload_start(&container->plan, &container->cgroups, terminal, listener, error);
  if (terminal >= 0) close(terminal);
  return *command < 0 ? -1 : finish_init(container, error);
}

/* Waits until something is said over the socket. An error when a child ends before: the process that was to
 * be the command has been killed, perhaps for memory. SIGCHLD is blocked. */
static int await_word(int socket, struct error *error) {
  sigset_t child;
  struct signalfd_siginfo signal;
  siginfo_t info = {0};
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  cleanup_close int ends = signalfd(-1, &child, SFD_CLOEXEC);
  if (ends < 0) return error_errno(error, "join", "", "make a descriptor for signals");
  struct pollfd polled[] = {{.fd = socket, .events = POLLIN}, {.fd = ends, .events = POLLIN}};
  do {
    if (poll(polled, 2, -1) < 0) continue;
    if (polled[0].revents) return 0;
    if (read(ends, &signal, sizeof signal) < 0) return error_errno(error, "join", "", "read a signal");
  } while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0);
  return error_plain(error, "join", "", "wait: the process that was forked into the container has ended");
}

/* The first thing that is said, when the process that was forked filters its calls (zygote.c). */
static int receive_listener(const struct container *container, int socket, int *listener,
                            struct error *error) {
  char byte;
  int fds[DESCRIPTORS_MAX];
  size_t count;
  if (!plan_find(&container->plan, "seccomp", 0)) return 0;
  if (await_word(socket, error) < 0) return -1;
  if (descriptors_receive(socket, &byte, 1, fds, &count, 0) != 1 || count != 1)
    return error_plain(error, "seccomp", "", "receive the listener");
  *listener = fds[0];
  return 0;
}

/*
 * A process that a zygote forks into the pod. What is missing for that is said over a socket that is passed
 * out (tag `join`): the pid of the process, and the name of the host, which a pod that was made ahead learns
 * last. Until then PID 1 stays dumpable, as its namespaces can be entered only then.
 */
static int await_command(struct container *container, pid_t *command, int *listener, struct error *error) {
  int pair[2];
  struct plan plan;
  if (prctl(PR_SET_DUMPABLE, 1) < 0) return error_errno(error, "join", "", "make PID 1 dumpable");
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
    return error_errno(error, "join", "", "make a socket");
  if (record_descriptor(pair[1], "join", error) < 0) return -1;
  close(pair[1]);
  record_send("ready", NULL);
  int result = receive_listener(container, pair[0], listener, error);
  if (result == 0) result = await_word(pair[0], error);
  if (result == 0) result = plan_read(pair[0], &plan, error);
  close(pair[0]);
  if (result < 0 || namespaces_name(&plan, error) < 0) return -1;
  const struct step *joined = plan_find(&plan, "joined", 0);
  *command = joined ? (pid_t)number_of(step_argument(joined, 1), INT_MAX) : -1;
  plan_free(&plan);
  if (*command <= 0) return error_plain(error, "plan", "joined", "decode");
  return finish_init(container, error);
}

/* What PID 1 does. */
static int run_init(struct container *container, pid_t *command, int go, struct error *error) {
  char byte;
  sigset_t signals;
  int listener = -1;
  const struct plan *plan = &container->plan;
  /* End of file instead of a byte: the supervisor died or gave up. */
  if (read(go, &byte, 1) != 1) _exit(1);
  prctl(PR_SET_NAME, "mydocker-init");
  if (plan_find(plan, "timings", 0)) record_begin_times();
  if (become_root(plan, error) < 0) return -1;
  /* Only now: a change of user takes the signal back (prctl(2), PR_SET_PDEATHSIG). */
  if (die_with_supervisor(go, error) < 0) return -1;
  if (namespaces_name(plan, error) < 0) return -1;
  if (plan_find(plan, "base", 0) && build_root(plan, error) < 0) return -1;
  record_time("mounts");
  if (network_set_up(plan, error) < 0) return -1;
  record_time("network");
  bool is_awaited = plan_find(plan, "await-command", 0);
  if (!is_awaited && !plan_find(plan, "command", 0)) return record_send("started", NULL), 0;
  reaper_block_signals(&signals);
  if ((is_awaited ? await_command : start_command)(container, command, &listener, error) < 0) return -1;
  return reaper_run(*command, &signals, listener, error);
}

static void init_main(struct container *container, int go) {
  struct error error = {0};
  pid_t command = -1;
  int result = run_init(container, &command, go, &error);
  if (result < 0 && error.stage) record_error("error", &error);
  _exit(result < 0);
}

/* What only real root does, in a mount namespace that PID 1 will get a copy of. */
static int prepare_layers(const struct plan *plan, int userns, struct error *error) {
  if (!plan_find(plan, "base", 0) || strcmp(step_argument(plan_find(plan, "base", 0), 1), "host") != 0)
    return 0;
  return mounts_execute(plan, "host", userns, error);
}

/* The ids of a user namespace that was just made, and what rests on them. */
static int prepare_ids(struct container *container, pid_t child, struct error *error) {
  char path[64];
  const struct plan *plan = &container->plan;
  if (namespaces_map_ids(plan, child, error) < 0) return -1;
  record_time("id maps");
  /* While this process has the host's root and network. */
  container->egress = egress_open(plan, child, error);
  if (container->egress < 0) return -1;
  snprintf(path, sizeof path, "/proc/%d/ns/user", (int)child);
  cleanup_close int userns = plan_find(plan, "idmap", 0) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (prepare_layers(plan, userns, error) < 0) return -1;
  if (bridge_attach(plan, child, error) < 0) return -1;
  record_time("layers");
  return 0;
}

/* Before the clone, for a container that shares namespaces of a pod. */
static int enter_pod(struct container *container, struct error *error) {
  const struct plan *plan = &container->plan;
  pid_t launcher = getppid();
  if (container->pod.count == 0) return 0;
  if (prepare_layers(plan, plan_find(plan, "idmap", 0) ? container->pod.fds[0] : -1, error) < 0) return -1;
  if (enter_namespaces(&container->pod, error) < 0) return -1;
  /* A change of credentials may take the signal back (prctl(2), PR_SET_PDEATHSIG). */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return error_errno(error, "parent death", "", "ask for a signal");
  if (getppid() != launcher) _exit(1);
  return 0;
}

/* From the clone to the moment PID 1 is let go. */
static int prepare_container(struct container *container, pid_t child, int go, struct error *error) {
  char pid[16], own[16];
  bool has_own_ids = !plan_find(&container->plan, "enter", 0);
  if (has_own_ids && prepare_ids(container, child, error) < 0) return -1;
  snprintf(pid, sizeof pid, "%d", (int)child);
  snprintf(own, sizeof own, "%d", (int)getpid());
  record_send("init", pid, own, NULL);
  if (write(go, "g", 1) != 1) return error_errno(error, "user namespace", "", "let PID 1 go");
  return 0;
}

/* Waits for PID 1 and reports its end, then keeps its pid from being used again until the other side has seen
 * that. */
static void await_end(pid_t child, pid_t egress) {
  siginfo_t info = {0};
  char code[16], byte;
  while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
    continue;
  egress_close(egress);
  snprintf(code, sizeof code, "%d", info.si_status);
  record_send("ended", info.si_code == CLD_EXITED ? "exit" : "signal", code, NULL);
  while (read(STATUS_FD, &byte, 1) > 0)
    continue;
  waitpid(child, NULL, 0);
}

static int make_container(struct container *container, struct error *error) {
  int go[2];
  if (bridge_enter_owner(&container->plan, error) < 0) return -1;
  if (pipe2(go, O_CLOEXEC) < 0) return error_errno(error, "user namespace", "", "make a pipe");
  const struct step *base = plan_find(&container->plan, "base", 0);
  if (base && !strcmp(step_argument(base, 1), "host") && unshare(CLONE_NEWNS) < 0)
    return error_errno(error, "mount namespace", "", "unshare");
  if (enter_pod(container, error) < 0) return -1;
  pid_t child = namespaces_clone(&container->plan, error);
  if (child < 0) return -1;
  if (child == 0) {
    close(go[1]);
    bridge_let_go(&container->plan);
    init_main(container, go[0]);
  }
  record_time("namespaces");
  close(go[0]);
  for (int fd = 0; fd <= CHANNEL_FD; fd++)
    close(fd);
  int result = prepare_container(container, child, go[1], error);
  if (result < 0) {
    record_error("error", error);
    kill(child, SIGKILL);
    error->stage = NULL;
  }
  close(DESCRIPTORS_FD);
  await_end(child, container->egress);
  return result;
}

/* What a supervisor does. */
static int supervise(struct container *container, struct error *error) {
  const struct plan *plan = &container->plan;
  if (plan_read(STATUS_FD, &container->plan, error) < 0) return -1;
  if (plan_find(plan, "timings", 0)) record_begin_times();
  if (payload_open_cgroups(plan, &container->cgroups, error) < 0) return -1;
  if (payload_adjust_oom_score(plan, error) < 0) return -1;
  if (enter_receive(plan, &container->pod, error) < 0) return -1;
  if (!plan_find(plan, "visit", 0)) return make_container(container, error);
  return visit_container(plan, &container->cgroups, &container->pod, error);
}

/* Executes a zygote with the descriptors and the mask that are meant for pods: what else this process
 * inherited would be in every one of them. */
static int start_zygote(char **command) {
  descriptors_close_from(REHEARSAL_FD + 1);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return 1;
  umask(022);
  execv(command[0], command);
  return 127;
}

int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "janitor")) return janitor_main();
  if (argc == 2 && !strcmp(argv[1], "nothing")) return 0; /* the command of a rehearsal */
  if (argc > 2 && !strcmp(argv[1], "zygote")) return start_zygote(argv + 2);
  if (argc != 2 || strcmp(argv[1], "launcher") != 0) return 2;
  if (!launcher_main()) return 0;
  struct container container = {0};
  struct error error = {0};
  umask(022);
  if (supervise(&container, &error) == 0) return 0;
  if (error.stage) record_error("error", &error);
  return 1;
}
