#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bridge.h"
#include "descriptors.h"
#include "record.h"

/* The last one only when the container is to be on a bridge. */
#define SUPERVISOR_FDS (NETWORK_FD + 1)

/* Puts the received descriptors to their places. They are moved out of the way first: one may be at the place
 * of another. */
static int place(const int *fds, int count) {
  int moved[SUPERVISOR_FDS];
  for (int i = 0; i < count; i++)
    if ((moved[i] = fcntl(fds[i], F_DUPFD, SUPERVISOR_FDS)) < 0) return -1;
  for (int i = 0; i < count; i++)
    if (dup2(moved[i], i) < 0) return -1;
  descriptors_close_from((unsigned int)count);
  return 0;
}

static int refuse(int status, const char *what) {
  struct error error = {0};
  error_errno(&error, "supervisor", "", what);
  record_to(status);
  record_error("error", &error);
  record_to(STATUS_FD);
  return 0;
}

/* A session of its own: the terminal's Ctrl-C is for Vitest, not for what runs inside. */
static int become_supervisor(pid_t launcher, const int *fds, int count) {
  signal(SIGCHLD, SIG_DFL);
  if (place(fds, count) < 0) return refuse(fds[STATUS_FD], "place its descriptors");
  if (setsid() < 0) return refuse(STATUS_FD, "start a session");
  /* The signal first, then the look at the parent: there is no moment in which its death would go unseen. */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != launcher) return 0;
  prctl(PR_SET_NAME, "mydocker-super");
  return 1;
}

int launcher_main(void) {
  pid_t self = getpid();
  /* Nobody waits for a supervisor: the end of its status socket tells. */
  signal(SIGCHLD, SIG_IGN);
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NAME, "mydocker-launch");
  for (;;) {
    char byte;
    int fds[DESCRIPTORS_MAX];
    size_t count;
    ssize_t n = descriptors_receive(LAUNCHER_FD, &byte, 1, fds, &count, 0);
    if (n <= 0) return 0;
    bool is_complete = count == SUPERVISOR_FDS || count == SUPERVISOR_FDS - 1;
    pid_t child = is_complete ? fork() : -1;
    if (child == 0) return become_supervisor(self, fds, (int)count);
    if (child < 0 && is_complete) refuse(fds[STATUS_FD], "fork");
    for (size_t i = 0; i < count; i++)
      close(fds[i]);
  }
}
