#define _GNU_SOURCE
#include "payload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cleanup.h"
#include "descriptors.h"
#include "files.h"
#include "privileges.h"
#include "record.h"
#include "seccomp.h"
#include "text.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41) /* Linux 4.13 */
#endif

int payload_open_terminal(const struct plan *plan, int *terminal, struct error *error) {
  *terminal = -1;
  const struct step *step = plan_find(plan, "terminal", 0);
  if (!step) return 0;
  long long rows = number_of(step_argument(step, 1), USHRT_MAX);
  long long columns = number_of(step_argument(step, 2), USHRT_MAX);
  if (rows < 0 || columns < 0) return error_plain(error, "plan", "terminal", "decode");
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  int unlock = 0, master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return error_errno(error, "terminal", "/dev/ptmx", "open");
  *terminal = master;
  if (ioctl(master, TIOCSPTLCK, &unlock) < 0) return error_errno(error, "terminal", "/dev/ptmx", "unlock");
  if (ioctl(master, TIOCSWINSZ, &size) < 0)
    return error_errno(error, "terminal", "/dev/ptmx", "set the size");
  return record_descriptor(master, "terminal", error);
}

int payload_open_cgroups(const struct plan *plan, struct cgroups *cgroups, struct error *error) {
  const struct step *step;
  for (size_t n = 0; (step = plan_find(plan, "cgroup", n)); n++) {
    if (n == CGROUPS_MAX) return error_plain(error, "cgroup", step_argument(step, 1), "open: too many");
    int fd = open(step_argument(step, 1), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return error_errno(error, "cgroup", step_argument(step, 1), "open");
    cgroups->fds[cgroups->count++] = fd;
  }
  return 0;
}

void payload_close_cgroups(struct cgroups *cgroups) {
  for (size_t i = 0; i < cgroups->count; i++)
    close(cgroups->fds[i]);
  cgroups->count = 0;
}

/* A process that shares the memory of its parent (vfork(2)) has a score of its own. */
int payload_adjust_oom_score(const struct plan *plan, struct error *error) {
  const struct step *step = plan_find(plan, "oom-score-adjust", 0);
  return step ? file_write("/proc/self/oom_score_adj", step_argument(step, 1), "oom score", error) : 0;
}

/* Enters each cgroup: `0` is the writer itself, and the kernel checks the rights of who opened the file. */
int payload_join_cgroups(const struct cgroups *cgroups, struct error *error) {
  for (size_t i = 0; i < cgroups->count; i++)
    if (write(cgroups->fds[i], "0", 1) < 0) return error_errno(error, "cgroup", "", "enter");
  return 0;
}

static int take_terminal(int master, struct error *error) {
  if (master < 0) return 0;
  int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
  if (slave < 0) return error_errno(error, "terminal", "", "open the slave");
  if (ioctl(slave, TIOCSCTTY, 0) < 0)
    return error_errno(error, "terminal", "", "make it the controlling terminal");
  for (int fd = 0; fd <= 2; fd++)
    dup2(slave, fd);
  if (slave > 2) close(slave);
  return 0;
}

static void reset_signals(void) {
  for (int number = 1; number < NSIG; number++)
    signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, NULL);
}

char **payload_environment(const struct plan *plan) {
  size_t count = 0;
  char **environment = calloc(plan->count + 1, sizeof *environment);
  for (size_t i = 0; environment && i < plan->count; i++)
    if (!strcmp(plan->steps[i].strings[0], "environment"))
      environment[count++] = (char *)(unsigned long)step_argument(&plan->steps[i], 1);
  return environment;
}

int payload_become(const struct plan *plan, int terminal, struct error *error) {
  const char *directory = step_argument(plan_find(plan, "working-directory", 0), 1);
  if (setsid() < 0) return error_errno(error, "session", "", "start");
  if (take_terminal(terminal, error) < 0) return -1;
  /* After the cgroups were joined, so that /proc/self/cgroup shows `/` (cgroup_namespaces(7)). */
  if (unshare(CLONE_NEWCGROUP) < 0 && errno != EINVAL)
    return error_errno(error, "cgroup namespace", "", "unshare");
  if (privileges_become_user(plan, error) < 0) return -1;
  if (privileges_no_new(error) < 0) return -1;
  if (chdir(directory) < 0) return error_errno(error, "working directory", directory, "enter");
  return 0;
}

/* Whether a directory on PATH has the program. execvp(3) answers EACCES where one of them may only not be
 * searched. */
static bool is_on_path(const char *program) {
  const char *path = getenv("PATH");
  for (const char *end; path; path = *end ? end + 1 : NULL) {
    char candidate[PATH_MAX] = "";
    end = path + strcspn(path, ":");
    size_t length = (size_t)(end - path);
    if (length >= sizeof candidate) continue;
    memcpy(candidate, path, length);
    if (text_append(candidate, sizeof candidate, "/") && text_append(candidate, sizeof candidate, program) &&
        access(candidate, F_OK) == 0)
      return true;
  }
  return false;
}

/* Returns only when it has failed. */
static void execute(const struct step *command, struct error *error) {
  const char *program = step_argument(command, 1);
  /* It is not on POSIX's list, but glibc's has not allocated since 2.24 (and Node needs a newer one). */
  execvp(program, (char **)(unsigned long)(command->strings + 1));
  int code = errno;
  bool is_name = !strchr(program, '/');
  errno = code == EACCES && is_name && !is_on_path(program) ? ENOENT : code;
  error_errno(error, "command", program, "execute");
}

/* Never returns. Runs in the memory of PID 1, which stands still until execve or the end: it allocates
 * nothing and changes nothing that PID 1 goes on to use (vfork(2)). */
static void __attribute__((noreturn))
run(const struct plan *plan, const struct cgroups *cgroups, int terminal, int report) {
  struct error error = {0};
  const struct step *command = plan_find(plan, "command", 0);
  if (payload_join_cgroups(cgroups, &error) == 0 && payload_become(plan, terminal, &error) == 0) {
    reset_signals();
    /* The report socket is close-on-exec: its end without a byte tells that execve succeeded. */
    if (dup2(report, DESCRIPTORS_FD) >= 0 && fcntl(DESCRIPTORS_FD, F_SETFD, FD_CLOEXEC) == 0)
      report = DESCRIPTORS_FD;
    fcntl(STATUS_FD, F_SETFD, FD_CLOEXEC);
    if (!plan_find(plan, "channel", 0)) close(CHANNEL_FD);
    descriptors_close_from(DESCRIPTORS_FD + 1);
    if (seccomp_install(plan, report, &error) == 0) execute(command, &error);
  }
  record_error("error", &error);
  ssize_t written = write(report, "x", 1);
  _exit(written == 1 ? 126 : 127);
}

/* Takes what the child says before execve: the listener of its filter, or that it has failed. */
static bool has_started(int report, int *listener) {
  char byte;
  int fds[DESCRIPTORS_MAX];
  size_t count;
  *listener = -1;
  while (descriptors_receive(report, &byte, 1, fds, &count, 0) > 0) {
    if (count == 0) return false;
    *listener = fds[0];
  }
  return true;
}

/* To copy page tables that execve throws away would take a millisecond. No handler runs in the memory that is
 * shared: PID 1 has none. */
static pid_t vfork_command(const struct plan *plan, const struct cgroups *cgroups, int terminal, int report) {
  pid_t child = vfork();
  if (child == 0) run(plan, cgroups, terminal, report);
  return child;
}

static pid_t fork_command(const struct plan *plan, const struct cgroups *cgroups, int terminal, int report,
                          struct error *error) {
  char **own = environ;
  cleanup_free char **environment = payload_environment(plan);
  if (!environment) return error_errno(error, "environment", "", "allocate");
  environ = environment; /* what the command gets, and its PATH is the one to search */
  pid_t child = vfork_command(plan, cgroups, terminal, report);
  environ = own;
  if (child < 0) return error_errno(error, "command", "", "fork");
  return child;
}

pid_t payload_start(const struct plan *plan, const struct cgroups *cgroups, int terminal, int *listener,
                    struct error *error) {
  int report[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report) < 0)
    return error_errno(error, "command", "", "make a socket");
  pid_t child = fork_command(plan, cgroups, terminal, report[1], error);
  close(report[1]);
  if (child < 0) return close(report[0]), -1;
  bool is_started = has_started(report[0], listener);
  close(report[0]);
  if (is_started) return child;
  if (*listener >= 0) close(*listener);
  waitpid(child, NULL, 0);
  *error = (struct error){0}; /* already reported by the child, where it happened */
  return -1;
}
