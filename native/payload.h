#pragma once

#include <sys/types.h>

#include "plan.h"

/* Starts the plan's command as a child: in its cgroups, as its user, without privileges. Returns its pid once
 * execve(2) has succeeded. `cgroups` are open cgroup.procs files; `terminal` is the pty master or -1. */
pid_t payload_start(const struct plan *plan, const int *cgroups, size_t cgroup_count, int terminal,
                    struct error *error);

/* Opens a pty of the pod's own devpts and passes its master out (tag `terminal`); -1 and no error without
 * `terminal`. */
int payload_open_terminal(const struct plan *plan, int *terminal, struct error *error);
