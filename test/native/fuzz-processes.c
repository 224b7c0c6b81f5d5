/* A libFuzzer target: what PID 1 reads of the processes of its pod, which name themselves as they like. */
#include "../../native/reaper.c"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *copy = malloc(size + 1);
  if (!copy) abort();
  memcpy(copy, data, size);
  copy[size] = 0;
  has_zombie_state(copy);
  join_arguments(copy, size);
  if (strlen(copy) > size || (size > 0 && data[size - 1] && strlen(copy) != size)) abort();
  free(copy);
  return 0;
}
