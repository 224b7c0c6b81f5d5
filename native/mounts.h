#pragma once

#include "plan.h"

/*
 * The mount steps of a plan. While they run, `/old` is the host's root, `/new` the root being built, `/data`
 * the container's own tmpfs (upper layers, /tmp, empty volumes), `/layers` the idmapped lower layers and
 * `/merged` the overlays that real root made of them outside the user namespace, if any.
 */

/* Runs, in order, the steps that are mount steps and have `where` ("host" or "pod") as their first argument.
 */
int mounts_execute(const struct plan *plan, const char *where, int userns, struct error *error);

/* `base`: mounts a tmpfs on the directory, makes those directories in it, and makes it the root. */
int mount_base(const char *directory, struct error *error);

/* Makes /new the root and detaches everything else. After it only what was mounted below /new is reachable.
 */
int mount_pivot(struct error *error);
