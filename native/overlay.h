#pragma once

#include "error.h"

/* Overlays `lower` at `target` with an upper and work directory `id` of its own on the /data tmpfs. */
int overlay_mount(const char *lower, const char *target, const char *id, int read_only, struct error *error);
