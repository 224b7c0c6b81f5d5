#pragma once

#include <stdbool.h>

#include "error.h"

/*
 * Overlays `lower` at `target` with an upper and work directory `id` of its own on the /data tmpfs.
 *
 * `trusted`: the caller is real root, so overlayfs keeps its marks in trusted.* attributes: directories can
 * then be renamed, and on kernels before 6.6 (whose tmpfs has no user.* attributes) removed. In a user
 * namespace only user.* attributes are possible.
 */
int overlay_mount(const char *lower, const char *target, const char *id, bool read_only, bool trusted,
                  struct error *error);
