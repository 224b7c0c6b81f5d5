#include "plan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint32_t little_endian(const char *bytes) {
  const unsigned char *b = (const unsigned char *)bytes;
  return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Decodes the step at *cursor, or only measures it when `step` has no room for strings yet. */
static bool decode_step(char **cursor, const char *end, struct step *step) {
  if (end - *cursor < 4) return false;
  step->count = little_endian(*cursor);
  *cursor += 4;
  /* Every string takes at least its NUL byte: bounds the allocation by the size of the message. */
  if (step->count == 0 || step->count > (size_t)(end - *cursor)) return false;
  step->strings = calloc((size_t)step->count + 1, sizeof *step->strings);
  if (!step->strings) return false;
  for (uint32_t i = 0; i < step->count; i++) {
    char *nul = memchr(*cursor, 0, (size_t)(end - *cursor));
    if (!nul) return false;
    step->strings[i] = *cursor;
    *cursor = nul + 1;
  }
  return true;
}

int plan_decode(const char *body, size_t length, struct plan *plan, struct error *error) {
  *plan = (struct plan){0};
  plan->text = malloc(length + 1);
  if (!plan->text) return error_errno(error, "plan", "", "allocate");
  memcpy(plan->text, body, length);
  char *cursor = plan->text;
  size_t capacity = 0;
  while (cursor < plan->text + length) {
    if (plan->count == capacity) {
      capacity = capacity ? capacity * 2 : 64;
      struct step *grown = realloc(plan->steps, capacity * sizeof *grown);
      if (!grown) goto bad;
      plan->steps = grown;
    }
    plan->steps[plan->count] = (struct step){0};
    if (!decode_step(&cursor, plan->text + length, &plan->steps[plan->count++])) goto bad;
  }
  return 0;
bad:
  plan_free(plan);
  return error_plain(error, "plan", "", "decode: the message is malformed");
}

static bool read_fully(int fd, char *buffer, size_t length) {
  while (length > 0) {
    ssize_t n = read(fd, buffer, length);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    buffer += n;
    length -= (size_t)n;
  }
  return true;
}

int plan_read(int fd, struct plan *plan, struct error *error) {
  char head[4];
  if (!read_fully(fd, head, sizeof head)) return error_plain(error, "plan", "", "read: the channel closed");
  uint32_t length = little_endian(head);
  if (length > PLAN_MAX_BYTES) return error_plain(error, "plan", "", "read: the message is too large");
  char *body = malloc((size_t)length + 1);
  if (!body) return error_errno(error, "plan", "", "allocate");
  int result = read_fully(fd, body, length) ? plan_decode(body, length, plan, error)
                                            : error_plain(error, "plan", "", "read: the channel closed");
  free(body);
  return result;
}

const struct step *plan_find(const struct plan *plan, const char *name, size_t n) {
  for (size_t i = 0; i < plan->count; i++)
    if (strcmp(plan->steps[i].strings[0], name) == 0 && n-- == 0) return &plan->steps[i];
  return NULL;
}

const char *step_argument(const struct step *step, uint32_t index) {
  return index < step->count ? step->strings[index] : "";
}

void plan_free(struct plan *plan) {
  for (size_t i = 0; i < plan->count; i++)
    free(plan->steps[i].strings);
  free(plan->steps);
  free(plan->text);
  *plan = (struct plan){0};
}
