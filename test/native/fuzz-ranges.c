/* A libFuzzer target: what a zygote keeps of the pages that the fork which rehearsed says to have written to.
 */
#include "../../native/dirty.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int pair[2];
  if (pipe(pair) < 0 || write(pair[1], data, size) != (ssize_t)size) abort();
  close(pair[1]);
  dirty_learn(pair[0]);
  close(pair[0]);
  if (count > size / sizeof *ranges) abort();
  for (size_t i = 0; i < count; i++) {
    uintptr_t start = (uintptr_t)ranges[i].iov_base;
    if (ranges[i].iov_len == 0 || start + ranges[i].iov_len < start || start % 4096 != 0) abort();
  }
  return 0;
}
