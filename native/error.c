#include "error.h"

#include <errno.h>

#include "text.h"

static int fill(struct error *error, const char *stage, int code, const char *path, const char *message) {
  error->stage = stage;
  error->code = code;
  *error->path = 0;
  text_append(error->path, sizeof error->path, path ? path : "");
  error->message = message;
  return -1;
}

int error_errno(struct error *error, const char *stage, const char *path, const char *message) {
  return fill(error, stage, errno, path, message);
}

int error_plain(struct error *error, const char *stage, const char *path, const char *message) {
  return fill(error, stage, 0, path, message);
}
