#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

/* Writes `text` into an existing file in one write(2), as the files of /proc and cgroupfs want it. */
int file_write(const char *path, const char *text, const char *stage, struct error *error);

/*
 * Opens `path` (absolute) component by component as O_PATH, never through a symbolic link, and creates what
 * is missing: directories, and for the last component a directory or an empty file. A link in the way is an
 * error (ELOOP): the content of a root is not ours, and a mount point must not be led elsewhere (crun
 * CVE-2026-47766, runc CVE-2026-41579).
 */
int file_open_target(const char *path, bool directory, struct error *error);

/* Copies a regular file's bytes, mode and times. */
int file_copy(const char *source, int target, struct error *error);
