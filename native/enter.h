#pragma once

#include <stddef.h>

#include "descriptors.h"
#include "plan.h"

/*
 * Namespaces of a container that is there already, entered from outside. PID 1 passes descriptors of its own
 * out while it is being made: later they could be had by real root alone, as it is not dumpable then.
 */
struct entrance {
  int fds[DESCRIPTORS_MAX]; /* the user namespace first: it gives the rights for the others */
  size_t count;
};

/* In PID 1: passes out each of its namespaces (tag `namespace KIND`) when the plan has the step `share`. */
int enter_pass_out(const struct plan *plan, struct error *error);

/* Outside: takes the descriptors of the namespaces that the step `enter KIND...` names, in its order, from
 * DESCRIPTORS_FD. Nothing without that step. */
int enter_receive(const struct plan *plan, struct entrance *entrance, struct error *error);

/* Moves the calling process, which has one thread, into them. Into a PID namespace only its next children go.
 */
int enter_namespaces(struct entrance *entrance, struct error *error);
