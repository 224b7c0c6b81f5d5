#define _GNU_SOURCE
#include "bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cleanup.h"
#include "netlink.h"
#include "record.h"

#define HARDWARE_BYTES 6

static const struct ifinfomsg goes_up = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};

int bridge_make(const struct plan *plan, struct error *error) {
  const struct step *step = plan_find(plan, "bridge", 0);
  if (!step) return 0;
  const char *name = step_argument(step, 1);
  struct netlink request;
  netlink_begin(&request, RTM_NEWLINK, &goes_up, sizeof goes_up);
  netlink_put_text(&request, IFLA_IFNAME, name);
  size_t info = netlink_open(&request, IFLA_LINKINFO);
  netlink_put_text(&request, IFLA_INFO_KIND, "bridge");
  netlink_close(&request, info);
  if (netlink_ask(&request, "bridge", name, "make", error) < 0) return -1;
  cleanup_close int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return error_errno(error, "bridge", "/proc/self/ns/net", "open");
  return record_descriptor(fd, "network", error);
}

int bridge_enter_owner(const struct plan *plan, struct error *error) {
  if (!plan_find(plan, "nested", 0)) return 0;
  pid_t parent = getppid();
  cleanup_close int owner = ioctl(NETWORK_FD, NS_GET_USERNS);
  if (owner < 0) return error_errno(error, "bridge", "", "find the user namespace of the run's network");
  if (setns(owner, CLONE_NEWUSER) < 0)
    return error_errno(error, "bridge", "", "enter the user namespace of the run's network");
  /* New capabilities take both away (setns(2), prctl(2)): dumpable again, this process may write the id maps
   * of its children. */
  if (prctl(PR_SET_DUMPABLE, 1) < 0) return error_errno(error, "bridge", "", "make dumpable");
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return error_errno(error, "bridge", "", "ask for a signal");
  if (getppid() != parent) _exit(1);
  return 0;
}

/* Bytes in hexadecimal, a colon between them. */
static bool parse_hardware(const char *text, unsigned char address[HARDWARE_BYTES]) {
  char *end = NULL;
  for (int i = 0; i < HARDWARE_BYTES; i++, text = *end ? end + 1 : end) {
    address[i] = (unsigned char)strtoul(text, &end, 16);
    if (end == text) return false;
  }
  return !*end;
}

int bridge_attach(const struct plan *plan, pid_t init, struct error *error) {
  const struct step *step = plan_find(plan, "port", 0);
  if (!step) return 0;
  const char *bridge = step_argument(step, 1), *name = step_argument(step, 2);
  unsigned char hardware[HARDWARE_BYTES];
  if (!parse_hardware(step_argument(step, 3), hardware)) return error_plain(error, "plan", "port", "decode");
  if (setns(NETWORK_FD, CLONE_NEWNET) < 0)
    return error_errno(error, "bridge", bridge, "enter the network of the run");
  unsigned int index = if_nametoindex(bridge);
  if (index == 0) return error_errno(error, "bridge", bridge, "find");
  /* veth(4): one end is a port of the bridge, the other one the container's. */
  struct netlink request;
  netlink_begin(&request, RTM_NEWLINK, &goes_up, sizeof goes_up);
  netlink_put_number(&request, IFLA_MASTER, index);
  size_t info = netlink_open(&request, IFLA_LINKINFO);
  netlink_put_text(&request, IFLA_INFO_KIND, "veth");
  size_t data = netlink_open(&request, IFLA_INFO_DATA), peer = netlink_open(&request, VETH_INFO_PEER);
  netlink_put_body(&request, &(struct ifinfomsg){0}, sizeof(struct ifinfomsg));
  netlink_put_text(&request, IFLA_IFNAME, name);
  netlink_put(&request, IFLA_ADDRESS, hardware, sizeof hardware);
  netlink_put_number(&request, IFLA_NET_NS_PID, (uint32_t)init);
  netlink_close(&request, peer);
  netlink_close(&request, data);
  netlink_close(&request, info);
  return netlink_ask(&request, "bridge", bridge, "connect the container", error);
}

void bridge_let_go(const struct plan *plan) {
  if (plan_find(plan, "port", 0)) close(NETWORK_FD);
}
