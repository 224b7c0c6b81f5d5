/* A libFuzzer target: what a zygote makes of any request. The first byte tells how many descriptors came with
 * it. */
#include "../../native/zygote.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct request *request) {
  size_t variables = 0;
  if (request->init <= 0 || !request->id || request->fd_count != NEW_COUNT) abort();
  while (request->environment[variables])
    if (strlen(request->environment[variables++]) > REQUEST_MAX_BYTES) abort();
  if (variables > request->plan.count) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct error error = {0};
  struct request request = {.fds = {-1, -1, -1, -1, -1, -1, -1, -1}};
  if (size == 0) return 0;
  request.fd_count = data[0] % (DESCRIPTORS_MAX + 1);
  if (decode_request((const char *)data + 1, size - 1, &request, &error) == 0)
    check(&request);
  else if (!error.stage)
    abort();
  discard(&request);
  return 0;
}
