#define _GNU_SOURCE
#include "network.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "bridge.h"
#include "cleanup.h"
#include "conditions.h"
#include "record.h"
#include "text.h"

#define LISTEN_BACKLOG 128

/* The kernel gives lo its addresses when it goes up, so that the ioctl alone suffices. */
static int loopback_up(struct error *error) {
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return error_errno(error, "loopback", "lo", "open a socket");
  if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) return error_errno(error, "loopback", "lo", "bring it up");
  return 0;
}

static int set_address(int fd, const char *name, unsigned long call, const char *address,
                       struct error *error) {
  struct ifreq request = {0};
  struct sockaddr_in in = {.sin_family = AF_INET};
  if (inet_pton(AF_INET, address, &in.sin_addr) != 1)
    return error_plain(error, "plan", "interface", "decode");
  text_append(request.ifr_name, sizeof request.ifr_name, name);
  memcpy(&request.ifr_addr, &in, sizeof in);
  if (ioctl(fd, call, &request) < 0) return error_errno(error, "interface", name, "set its address");
  return 0;
}

/* Step `interface`: name, address, netmask (netdevice(7)). Up, it has a route to its own network. */
static int interface_up(const struct plan *plan, struct error *error) {
  const struct step *step = plan_find(plan, "interface", 0);
  if (!step) return 0;
  const char *name = step_argument(step, 1);
  cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return error_errno(error, "interface", name, "open a socket");
  if (set_address(fd, name, SIOCSIFADDR, step_argument(step, 2), error) < 0) return -1;
  if (set_address(fd, name, SIOCSIFNETMASK, step_argument(step, 3), error) < 0) return -1;
  struct ifreq request = {.ifr_flags = IFF_UP};
  text_append(request.ifr_name, sizeof request.ifr_name, name);
  if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) return error_errno(error, "interface", name, "bring it up");
  return 0;
}

static int open_listener(const char *family, const char *port, struct error *error) {
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  bool is_v6 = strcmp(family, "IPv6") == 0;
  long long number = number_of(port, UINT16_MAX);
  if (number < 0) return error_plain(error, "plan", "listen", "decode");
  v4.sin_port = v6.sin6_port = htons((uint16_t)number);
  const struct sockaddr *address = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
  cleanup_close int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return error_errno(error, "host port", port, "open a socket");
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, address, is_v6 ? sizeof v6 : sizeof v4) < 0)
    return error_errno(error, "host port", port, "bind");
  if (listen(fd, LISTEN_BACKLOG) < 0) return error_errno(error, "host port", port, "listen");
  char tag[32];
  snprintf(tag, sizeof tag, "listen %s %s", family, port);
  return record_descriptor(fd, tag, error);
}

int network_set_up(const struct plan *plan, struct error *error) {
  if (!plan_find(plan, "network", 0)) return 0;
  if (loopback_up(error) < 0 || bridge_make(plan, error) < 0 || interface_up(plan, error) < 0) return -1;
  if (conditions_set(plan, error) < 0) return -1;
  const struct step *step;
  for (size_t n = 0; (step = plan_find(plan, "listen", n)); n++)
    if (open_listener(step_argument(step, 1), step_argument(step, 2), error) < 0) return -1;
  return 0;
}
