#define _GNU_SOURCE
#include "reaper.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "record.h"
#include "seccomp.h"

/* A child that was told to end by the command may still be ending: what is gone by then was not left behind.
 * nextest's leak-timeout is 100 ms too. */
#define LEFT_BEHIND_GRACE_MILLISECONDS 100
/* A command line longer than this is cut. */
#define COMMAND_BYTES 1024
/* So many processes are named one by one, the others counted. */
#define LEFT_BEHIND_NAMED 32
#define NEVER (-1)

void reaper_block_signals(sigset_t *signals) {
  sigfillset(signals);
  /* These are raised by a fault of our own and must end us. */
  static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    sigdelset(signals, faults[i]);
  pthread_sigmask(SIG_SETMASK, signals, NULL);
}

static void report_exit(int status, const struct rusage *usage) {
  char code[16], signal_number[16], peak[24], user[24], system[24], faults[24];
  snprintf(code, sizeof code, "%d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  snprintf(signal_number, sizeof signal_number, "%d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  snprintf(peak, sizeof peak, "%ld", usage->ru_maxrss);
  snprintf(user, sizeof user, "%lld", (long long)usage->ru_utime.tv_sec * 1000000 + usage->ru_utime.tv_usec);
  snprintf(system, sizeof system, "%lld",
           (long long)usage->ru_stime.tv_sec * 1000000 + usage->ru_stime.tv_usec);
  snprintf(faults, sizeof faults, "%ld", usage->ru_minflt);
  record_send("exit", code, signal_number, peak, user, system, faults, NULL);
}

/* Reaps everything that has ended. Sets *command_ended when the command is among it; false when no child is
 * left. */
static bool reap(pid_t command, bool *command_ended) {
  for (;;) {
    int status;
    struct rusage usage;
    pid_t pid = wait4(-1, &status, WNOHANG, &usage);
    if (pid == 0) return true;
    if (pid < 0) return errno == EINTR;
    if (pid == command) {
      report_exit(status, &usage);
      *command_ended = true;
    } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
      /* Perhaps a victim of the OOM killer: its size is wanted then. */
      char number[16], peak[24];
      snprintf(number, sizeof number, "%d", (int)pid);
      snprintf(peak, sizeof peak, "%ld", usage.ru_maxrss);
      record_send("killed", number, peak, NULL);
    }
  }
}

static long long now_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What PID 1 waits for. */
struct watch {
  int signals; /* signalfd(2) */
  int listener;
};

/* Denies calls while it waits. Of a listener without callers nothing more will come. */
static void attend(struct watch *watch, short events) {
  if (events & POLLIN) {
    seccomp_deny(watch->listener);
  } else if (events) {
    close(watch->listener);
    watch->listener = -1;
  }
}

/* Waits for a signal until `deadline`, for ever when that is NEVER; 0 when the time is over. */
static int next_signal(struct watch *watch, long long deadline) {
  struct signalfd_siginfo signal;
  for (;;) {
    long long left = deadline == NEVER ? -1 : deadline - now_milliseconds();
    if (deadline != NEVER && left <= 0) return 0;
    struct pollfd polled[] = {{.fd = watch->signals, .events = POLLIN},
                              {.fd = watch->listener, .events = POLLIN}};
    if (poll(polled, 2, (int)left) < 0) continue;
    attend(watch, polled[1].revents);
    if (polled[0].revents && read(watch->signals, &signal, sizeof signal) == sizeof signal)
      return (int)signal.ssi_signo;
  }
}

/* Makes text of arguments that each end with a NUL byte; there is room for one more. */
static void join_arguments(char *arguments, size_t length) {
  while (length > 0 && arguments[length - 1] == 0)
    length--;
  for (size_t i = 0; i < length; i++)
    if (arguments[i] == 0) arguments[i] = ' ';
  arguments[length] = 0;
}

/* Reads /proc/PID/cmdline, arguments joined by spaces; falls back to comm, as a kernel thread or zombie has
 * none. */
static void read_command(const char *pid, char *command, size_t size) {
  char path[300];
  snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
  cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? 0 : read(fd, command, size - 1);
  join_arguments(command, n > 0 ? (size_t)n : 0);
}

/* Of /proc/PID/stat: the state is behind the name, in which everything may be, `) Z` too. */
static bool has_zombie_state(const char *stat) {
  const char *state = strrchr(stat, ')');
  return !state || state[1] == 0 || state[2] == 'Z' || state[2] == 'X';
}

static bool is_zombie(const char *pid) {
  char path[300], text[512];
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (n <= 0) return true;
  text[n] = 0;
  return has_zombie_state(text);
}

/* Sends a record for each process of the pod but ourselves; the others of a crowd are counted. */
static void report_left_behind(void) {
  cleanup_closedir DIR *directory = opendir("/proc");
  unsigned int count = 0;
  for (struct dirent *entry; directory && (entry = readdir(directory));) {
    char command[COMMAND_BYTES] = "";
    if (!isdigit((unsigned char)*entry->d_name) || !strcmp(entry->d_name, "1") || is_zombie(entry->d_name))
      continue;
    if (++count > LEFT_BEHIND_NAMED) continue;
    read_command(entry->d_name, command, sizeof command);
    record_send("left-behind", entry->d_name, command, NULL);
  }
  if (count > LEFT_BEHIND_NAMED) {
    char rest[64];
    snprintf(rest, sizeof rest, "(and %u more)", count - LEFT_BEHIND_NAMED);
    record_send("left-behind", "0", rest, NULL);
  }
}

int reaper_run(pid_t command, const sigset_t *signals, int listener, struct error *error) {
  bool ended = false;
  struct watch watch = {.signals = signalfd(-1, signals, SFD_CLOEXEC), .listener = listener};
  if (watch.signals < 0) return error_errno(error, "command", "", "make a descriptor for signals");
  record_send("started", NULL);
  while (!ended) {
    int number = next_signal(&watch, NEVER);
    if (number == SIGCHLD)
      reap(command, &ended);
    else
      kill(command, number);
  }
  long long deadline = now_milliseconds() + LEFT_BEHIND_GRACE_MILLISECONDS;
  while (reap(command, &ended)) {
    if (next_signal(&watch, deadline)) continue;
    report_left_behind();
    /* Until no child is left: a process may be forking while the others are being killed. */
    do
      kill(-1, SIGKILL);
    while (next_signal(&watch, now_milliseconds() + 10) >= 0 && reap(command, &ended));
    break;
  }
  return 0;
}

int reaper_await(pid_t command, const sigset_t *child, int listener, struct error *error) {
  int status, owner = STATUS_FD;
  struct rusage usage;
  struct signalfd_siginfo signal;
  struct watch watch = {.signals = signalfd(-1, child, SFD_CLOEXEC), .listener = listener};
  if (watch.signals < 0) return error_errno(error, "command", "", "make a descriptor for signals");
  while (wait4(command, &status, WNOHANG, &usage) != command) {
    struct pollfd polled[] = {{.fd = watch.signals, .events = POLLIN},
                              {.fd = watch.listener, .events = POLLIN},
                              {.fd = owner, .events = POLLIN}};
    if (poll(polled, 3, -1) < 0) continue;
    attend(&watch, polled[1].revents);
    if (polled[0].revents && read(watch.signals, &signal, sizeof signal) < 0)
      return error_errno(error, "command", "", "read a signal");
    if (!polled[2].revents) continue;
    kill(command, SIGKILL);
    owner = -1;
  }
  report_exit(status, &usage);
  return 0;
}
