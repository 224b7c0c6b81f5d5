#include "record.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "descriptors.h"
#include "text.h"

#define RECORD_MAX_BYTES 4096

static int destination = STATUS_FD;

void record_to(int socket) {
  destination = socket;
}

static void put_u32(char *at, uint32_t value) {
  for (int i = 0; i < 4; i++)
    at[i] = (char)(value >> (8 * i));
}

void record_send(const char *name, ...) {
  char buffer[RECORD_MAX_BYTES];
  size_t used = 8;
  uint32_t count = 0;
  va_list arguments;
  va_start(arguments, name);
  for (const char *text = name; text; text = va_arg(arguments, const char *)) {
    /* Cut rather than lost: a record is for people. */
    size_t room = sizeof buffer - used - 1, length = strnlen(text, room);
    memcpy(buffer + used, text, length);
    buffer[used + length] = 0;
    used += length + 1;
    count++;
    if (used >= sizeof buffer - 1) break;
  }
  va_end(arguments);
  put_u32(buffer, (uint32_t)(used - 4));
  put_u32(buffer + 4, count);
  for (size_t sent = 0; sent < used;) {
    ssize_t n = send(destination, buffer + sent, used - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    sent += (size_t)n;
  }
}

void record_error(const char *name, const struct error *error) {
  char code[NUMBER_BYTES];
  record_send(name, error->stage, number_text(error->code, code), error->path, error->message, NULL);
}

static int64_t last_time = -1;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void record_begin_times(void) {
  last_time = now();
}

void record_time(const char *step) {
  if (last_time < 0) return;
  char took[NUMBER_BYTES];
  record_send("time", step, number_text(now() - last_time, took), NULL);
  last_time = now();
}

int record_descriptor(int fd, const char *tag, struct error *error) {
  if (descriptors_send(DESCRIPTORS_FD, tag, strlen(tag), &fd, 1) < 0)
    return error_errno(error, "descriptors", tag, "pass out");
  return 0;
}
