/* A libFuzzer target: what is taken for a filter of system calls. */
#include "../../native/seccomp.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct sock_filter program[BPF_MAXINSNS];
  struct error error = {0};
  char *text = strndup((const char *)data, size), digits[3];
  if (!text) abort();
  int count = decode(text, program, &error);
  if (count < 0 && !error.stage) abort();
  if (count >= 0 && (size_t)count * DIGITS != strlen(text)) abort();
  for (size_t i = 0; count > 0 && i < strlen(text); i += 2) {
    snprintf(digits, sizeof digits, "%02x", ((const uint8_t *)program)[i / 2]);
    if (strncmp(digits, text + i, 2) != 0) abort();
  }
  free(text);
  return 0;
}
