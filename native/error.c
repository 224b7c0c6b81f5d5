#include "error.h"

#include <errno.h>
#include <stdio.h>

static int fill(struct error *error, const char *stage, int code, const char *path, const char *message) {
  error->stage = stage;
  error->code = code;
  snprintf(error->path, sizeof error->path, "%s", path ? path : "");
  error->message = message;
  return -1;
}

int error_errno(struct error *error, const char *stage, const char *path, const char *message) {
  return fill(error, stage, errno, path, message);
}

int error_plain(struct error *error, const char *stage, const char *path, const char *message) {
  return fill(error, stage, 0, path, message);
}
