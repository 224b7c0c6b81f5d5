#pragma once

#include <sys/types.h>

#include "plan.h"

/* Where a supervisor gets the network namespace of a run's bridge, when its container is to be on it. */
#define NETWORK_FD 6

/* Makes the bridge of a run in the network namespace of the caller (step `bridge`: name), and passes that
 * namespace out (tag `network`), which lives as long as somebody holds it. */
int bridge_make(const struct plan *plan, struct error *error);

/*
 * Enters the user namespace that the run's network belongs to (step `nested`), of which this process must be
 * the owner: a user namespace that is made afterwards is a child of it, and so is within its power. Real root
 * has that power without.
 */
int bridge_enter_owner(const struct plan *plan, struct error *error);

/* Puts the container of that PID 1 on the bridge (step `port`: name of the bridge, of the container's
 * interface, and its hardware address). The caller is in the run's network namespace afterwards. */
int bridge_attach(const struct plan *plan, pid_t init, struct error *error);

/* What the container must not have of all that. */
void bridge_let_go(const struct plan *plan);
