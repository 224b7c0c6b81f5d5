#pragma once

#include "netlink.h"
#include "plan.h"

/*
 * Has the kernel delay, lose and slow down what the container sends over an interface (step `conditions`:
 * name of the interface, microseconds of delay and of jitter, millionths that are lost, bytes a second; 0 is
 * none) by tc-netem(8).
 */
int conditions_set(const struct plan *plan, struct error *error);

/* The request that does it. */
int conditions_encode(const struct step *step, unsigned int interface, struct netlink *request,
                      struct error *error);
