#pragma once

#include "plan.h"

/* Becomes the user of the plan (step `user UID GID`), supplementary groups emptied where the namespace allows
 * it, with the capabilities that the plan names (steps `keep-capability NUMBER`) in the permitted, effective
 * and bounding sets; all others are dropped for good, and the inheritable and ambient sets are emptied. */
int privileges_become_user(const struct plan *plan, struct error *error);

/* Leaves this process the one capability that PID 1 needs, CAP_KILL, and makes it unreadable to the pod. */
int privileges_for_init(struct error *error);

/* execve(2) grants nothing from here on (prctl(2), PR_SET_NO_NEW_PRIVS). */
int privileges_no_new(struct error *error);
