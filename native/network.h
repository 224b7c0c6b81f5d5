#pragma once

#include "plan.h"

/*
 * With the step `network`, in a network namespace of one's own: brings the loopback device up, makes a bridge
 * (bridge.h) or takes an address on one (step `interface`: name, address, netmask), sets the conditions of
 * the network (conditions.h), and opens the listening sockets that are served outside (steps `listen FAMILY
 * PORT`), passing each out with the tag `listen FAMILY PORT`.
 */
int network_set_up(const struct plan *plan, struct error *error);
