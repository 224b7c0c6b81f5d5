#define _GNU_SOURCE
#include "visit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "reaper.h"
#include "record.h"
#include "text.h"

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* Returns the size of the address, 0 when the step has none. */
static socklen_t decode_address(const struct step *step, union address *address) {
  long long port = number_of(step_argument(step, 3), UINT16_MAX);
  *address = (union address){0};
  if (port < 0) return 0;
  if (!strcmp(step_argument(step, 1), "IPv6")) {
    address->v6.sin6_family = AF_INET6;
    address->v6.sin6_port = htons((uint16_t)port);
    return inet_pton(AF_INET6, step_argument(step, 2), &address->v6.sin6_addr) == 1 ? sizeof address->v6 : 0;
  }
  address->v4.sin_family = AF_INET;
  address->v4.sin_port = htons((uint16_t)port);
  return inet_pton(AF_INET, step_argument(step, 2), &address->v4.sin_addr) == 1 ? sizeof address->v4 : 0;
}

/* Until the connection is made or refused, or nobody wants it any more. 0 or -1 and errno. */
static int await_connection(int fd) {
  struct pollfd polled[] = {{.fd = fd, .events = POLLOUT}, {.fd = STATUS_FD, .events = POLLIN}};
  while (poll(polled, 2, -1) < 0)
    if (errno != EINTR) return -1;
  if (polled[1].revents) _exit(0);
  int code = 0;
  socklen_t size = sizeof code;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0) return -1;
  errno = code;
  return code == 0 ? 0 : -1;
}

static int connect_to(const struct step *step, struct error *error) {
  union address address;
  const char *host = step_argument(step, 2);
  socklen_t size = decode_address(step, &address);
  if (size == 0) return error_plain(error, "plan", "connect", "decode");
  cleanup_close int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return error_errno(error, "connect", host, "open a socket");
  if (connect(fd, &address.any, size) < 0 && (errno != EINPROGRESS || await_connection(fd) < 0))
    return error_errno(error, "connect", host, "connect");
  if (record_descriptor(fd, "connected", error) < 0) return -1;
  record_send("started", NULL);
  return 0;
}

static int connect_any(const struct plan *plan, struct error *error) {
  const struct step *step;
  for (size_t n = 0; (step = plan_find(plan, "connect", n)); n++)
    if (connect_to(step, error) == 0) return 0;
  return -1;
}

static int run_command(const struct plan *plan, struct cgroups *cgroups, struct error *error) {
  int listener;
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &child, NULL);
  pid_t command = payload_start(plan, cgroups, -1, &listener, error);
  if (command < 0) return -1;
  for (int fd = 0; fd <= CHANNEL_FD; fd++)
    close(fd);
  record_send("started", NULL);
  return reaper_await(command, &child, listener, error);
}

int visit_container(const struct plan *plan, struct cgroups *cgroups, struct entrance *entrance,
                    struct error *error) {
  /* Processes of the container are not to reach the host's copy of this program through /proc/PID/exe
   * (runc CVE-2019-5736), before execve(2) or instead of it. */
  if (prctl(PR_SET_DUMPABLE, 0) < 0) return error_errno(error, "privileges", "", "make undumpable");
  if (enter_namespaces(entrance, error) < 0) return -1;
  return plan_find(plan, "command", 0) ? run_command(plan, cgroups, error) : connect_any(plan, error);
}
