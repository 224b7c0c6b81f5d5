/* A libFuzzer target: what plan_decode makes of any bytes, as a plan or a request of a zygote would bring
 * them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../native/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct plan plan;
  struct error error = {0};
  if (plan_decode((const char *)data, size, &plan, &error) < 0) {
    /* What could not be decoded leaves nothing, and says what was wrong. */
    if (plan.count != 0 || plan.steps || plan.text || !error.stage) abort();
    return 0;
  }
  size_t bytes = 0;
  for (size_t i = 0; i < plan.count; i++) {
    const struct step *step = &plan.steps[i];
    for (uint32_t n = 0; n <= step->count; n++)
      bytes += strlen(step_argument(step, n));
    if (step->strings[step->count] || !plan_find(&plan, step->strings[0], 0)) abort();
  }
  if (bytes > size) abort();
  plan_free(&plan);
  return 0;
}
