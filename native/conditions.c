#define _GNU_SOURCE
#include "conditions.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>

#include "text.h"

/* The kernel counts time in ticks of 64 ns here, in 32 bits (PSCHED_SHIFT, include/net/pkt_sched.h). */
#define TICK_NANOSECONDS 64
#define MOST_MICROSECONDS ((long long)UINT32_MAX * TICK_NANOSECONDS / 1000)
#define MILLION 1000000
/* Packets that wait at once, as tc(8) has it. */
#define QUEUE_PACKETS 1000

static uint32_t ticks(long long microseconds) {
  return (uint32_t)(microseconds * 1000 / TICK_NANOSECONDS);
}

int conditions_encode(const struct step *step, unsigned int interface, struct netlink *request,
                      struct error *error) {
  long long delay = number_of(step_argument(step, 2), MOST_MICROSECONDS);
  long long jitter = number_of(step_argument(step, 3), MOST_MICROSECONDS);
  long long loss = number_of(step_argument(step, 4), MILLION);
  long long rate = number_of(step_argument(step, 5), UINT32_MAX);
  if (delay < 0 || jitter < 0 || loss < 0 || rate < 0)
    return error_plain(error, "plan", "conditions", "decode");
  struct tcmsg root = {.tcm_ifindex = (int)interface, .tcm_parent = TC_H_ROOT};
  struct tc_netem_qopt queue = {.latency = ticks(delay),
                                .limit = QUEUE_PACKETS,
                                .loss = (uint32_t)((loss * UINT32_MAX + MILLION / 2) / MILLION),
                                .jitter = ticks(jitter)};
  struct tc_netem_rate bandwidth = {.rate = (uint32_t)rate};
  netlink_begin(request, RTM_NEWQDISC, &root, sizeof root);
  netlink_put_text(request, TCA_KIND, "netem");
  size_t options = netlink_open(request, TCA_OPTIONS);
  netlink_put_body(request, &queue, sizeof queue);
  if (rate > 0) netlink_put(request, TCA_NETEM_RATE, &bandwidth, sizeof bandwidth);
  netlink_close(request, options);
  return 0;
}

int conditions_set(const struct plan *plan, struct error *error) {
  const struct step *step = plan_find(plan, "conditions", 0);
  if (!step) return 0;
  const char *name = step_argument(step, 1);
  unsigned int interface = if_nametoindex(name);
  struct netlink request;
  if (interface == 0) return error_errno(error, "network conditions", name, "find the interface");
  if (conditions_encode(step, interface, &request, error) < 0) return -1;
  return netlink_ask(&request, "network conditions", name, "set", error);
}
