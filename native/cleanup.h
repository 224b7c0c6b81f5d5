#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Cleanup attributes (after crun and bubblewrap): the resource goes when its variable leaves the scope. */

static inline void close_descriptor(int *fd) {
  if (*fd >= 0) close(*fd);
}
static inline void close_directory(DIR **directory) {
  if (*directory) closedir(*directory);
}
static inline void free_pointer(void *pointer) {
  free(*(void **)pointer);
}

#define cleanup_close __attribute__((cleanup(close_descriptor)))
#define cleanup_closedir __attribute__((cleanup(close_directory)))
#define cleanup_free __attribute__((cleanup(free_pointer)))
