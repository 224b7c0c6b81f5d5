#pragma once

#include "enter.h"
#include "payload.h"

/*
 * A visit to a container that runs: the supervisor enters its namespaces and, by the plan,
 *
 *   runs one command in it (step `command`), as the container's own: cgroups, user, filter, environment; it
 * is killed when the other end of the status socket has gone; or connects from it (steps `connect FAMILY
 * ADDRESS PORT`, tried in order) and passes the socket out (tag `connected`).
 *
 * A record `started` tells that it has come to that, and of a command `exit` how it ended.
 */
int visit_container(const struct plan *plan, struct cgroups *cgroups, struct entrance *entrance,
                    struct error *error);
