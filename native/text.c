#include "text.h"

#include <string.h>

const char *number_text(long long number, char text[NUMBER_BYTES]) {
  char digits[NUMBER_BYTES];
  size_t count = 0, at = 0;
  unsigned long long rest = number < 0 ? -(unsigned long long)number : (unsigned long long)number;
  do
    digits[count++] = (char)('0' + rest % 10);
  while (rest /= 10);
  if (number < 0) text[at++] = '-';
  while (count > 0)
    text[at++] = digits[--count];
  text[at] = 0;
  return text;
}

long long number_of(const char *text, long long max) {
  long long number = 0;
  if (!*text) return -1;
  for (; *text; text++) {
    int digit = *text - '0';
    if (digit < 0 || digit > 9 || number > (max - digit) / 10) return -1;
    number = number * 10 + digit;
  }
  return number;
}

bool text_append(char *text, size_t size, const char *more) {
  size_t used = strnlen(text, size - 1), length = strlen(more), room = size - 1 - used;
  bool fits = length <= room;
  if (!fits) length = room;
  memcpy(text + used, more, length);
  text[used + length] = 0;
  return fits;
}
