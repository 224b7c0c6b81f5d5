#pragma once

#include <sys/types.h>

#include "plan.h"

/* clone(2) into new namespaces: user, pid, uts, ipc always, net when the plan has the step `network`. As
 * fork(2). */
pid_t namespaces_clone(const struct plan *plan, struct error *error);

/* Writes the id maps of `child` (steps `uid-map`, `gid-map`: inside outside count), by newuidmap(1) and
 * newgidmap(1) when the plan has the step `map-helpers`. */
int namespaces_map_ids(const struct plan *plan, pid_t child, struct error *error);

/* The host name of the plan (step `hostname`). */
int namespaces_name(const struct plan *plan, struct error *error);

/* Moves the calling process, which must be no thread of others, into the namespaces of a pod by the pid of
 * its PID 1: those of the steps `namespace`, and the mount namespace. Into the PID namespace only its next
 * children go (pid_namespaces(7)). */
int namespaces_join(const struct plan *plan, pid_t init, struct error *error);
