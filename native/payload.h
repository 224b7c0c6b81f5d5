#pragma once

#include <sys/types.h>

#include "plan.h"

#define CGROUPS_MAX 8

/* Open cgroup.procs files. */
struct cgroups {
  int fds[CGROUPS_MAX];
  size_t count;
};

/* Opens what the steps `cgroup` name: before the namespaces are entered, because inside they are out of
 * reach. */
int payload_open_cgroups(const struct plan *plan, struct cgroups *cgroups, struct error *error);

/* Makes the kernel kill the calling process, and what it forks from here on, sooner than others when memory
 * runs out (step `oom-score-adjust NUMBER`). Outside, where /proc is the host's. */
int payload_adjust_oom_score(const struct plan *plan, struct error *error);

/* Moves the calling process into the cgroups. */
int payload_join_cgroups(const struct cgroups *cgroups, struct error *error);

void payload_close_cgroups(struct cgroups *cgroups);

/* Everything that must be true of a process of the pod before it runs code of others: session, terminal,
 * cgroup namespace, user, privileges, directory. A failure of any of it is fatal. */
int payload_become(const struct plan *plan, int terminal, struct error *error);

/* The environment of the plan: steps `environment KEY=VALUE`. NULL when there is no memory for it. */
char **payload_environment(const struct plan *plan);

/* Starts the plan's command as a child: in its cgroups, as its user, without privileges. Returns its pid once
 * execve(2) has succeeded. `terminal` is the pty master or -1; `listener` is set to where its
 * calls are to be denied (seccomp.h), or to -1. */
pid_t payload_start(const struct plan *plan, const struct cgroups *cgroups, int terminal, int *listener,
                    struct error *error);

/* Opens a pty of the pod's own devpts and passes its master out (tag `terminal`); -1 and no error without
 * `terminal`. */
int payload_open_terminal(const struct plan *plan, int *terminal, struct error *error);
