#pragma once

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * A plan is what TypeScript wrote and C executes: a list of steps, each a list of strings whose first is the
 * name.
 *
 * On the wire: u32 number of bytes that follow; then for each step u32 number of strings, and the strings,
 * each ended by a NUL byte. Numbers are little-endian. The same encoding carries the records that C sends
 * back.
 */
struct step {
  uint32_t count;
  const char **strings; /* strings[0] is the name; strings[count] is NULL, so the rest can be an argv */
};

struct plan {
  size_t count;
  struct step *steps;
  char *text; /* owns all the strings */
};

/* A plan larger than this is refused: 2,000 mounts of long paths and a large environment take less. */
#define PLAN_MAX_BYTES (16u << 20)

/* Decodes a plan's body (without the leading length). Takes a copy of `body`. */
int plan_decode(const char *body, size_t length, struct plan *plan, struct error *error);

/* Reads one plan from a blocking descriptor. */
int plan_read(int fd, struct plan *plan, struct error *error);

/* The n-th (from 0) step of that name, or NULL. */
const struct step *plan_find(const struct plan *plan, const char *name, size_t n);

/* Argument `index` (from 1) of a step; "" when the step has fewer. */
const char *step_argument(const struct step *step, uint32_t index);

void plan_free(struct plan *plan);
