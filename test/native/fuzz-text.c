/* A libFuzzer target: numbers and text made by loops, against libc's; and paths that overlayfs is to read.
 * The first byte tells how much room there is. */
#include "../../native/overlay.c"

#include <stdint.h>
#include <stdlib.h>

#include "../../native/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_number(const char *text) {
  char *end, again[NUMBER_BYTES];
  long long number = number_of(text, INT64_MAX);
  errno = 0;
  long long expected = strtoll(text, &end, 10);
  bool is_number = *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
  if (number != (is_number ? expected : -1)) abort();
  if (strtoll(number_text(expected, again), NULL, 10) != expected || again[*again == '-'] == '+') abort();
}

static void check_append(const char *text, size_t room) {
  char own[256] = "begun ", libc[256];
  int length = snprintf(libc, room, "begun %s", text);
  if (text_append(own, room, text) != (length < (int)room) || strcmp(own, libc) != 0) abort();
}

static void check_escape(const char *path, size_t room) {
  char escaped[256];
  if (!escape(path, escaped, room)) return;
  for (const char *at = escaped; *at; at++, path++) {
    if (*at == '\\')
      at++;
    else if (strchr(":,", *at))
      abort();
    if (*at != *path) abort();
  }
  if (*path) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  size_t room = data[0] < 7 ? 7 : data[0];
  char *text = strndup((const char *)data + 1, size - 1);
  if (!text) abort();
  check_number(text);
  check_append(text, room);
  check_escape(text, room);
  free(text);
  return 0;
}
