/*
 * Of what is built with sanitizers: settings, which an environment would not bring everywhere, and a place
 * for reports. A pod's processes have closed their streams, are not in the file system that a log would be
 * in, and what they die of late is nobody's affair; so reports go to shared memory, a file that was mapped
 * when the program started.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPORTS_BYTES (1 << 20)

/* For the runtime, also where libmydocker.so hides what is not its interface. */
#pragma GCC visibility push(default)

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
void __ubsan_on_report(void);
/* Of the runtimes. */
void __attribute__((weak)) __asan_set_error_report_callback(void (*callback)(const char *));
void __ubsan_get_current_report_data(const char **kind, const char **message, const char **file,
                                     unsigned int *line, unsigned int *column, char **address);

#pragma GCC visibility pop

static struct reports {
  atomic_size_t used;
  char text[];
} * reports;

/* LeakSanitizer would have to trace PID 1, and nothing that allocates lives long; a zygote is started with
 * another library preloaded. */
const char *__asan_default_options(void) {
  return "detect_leaks=0:verify_asan_link_order=0:abort_on_error=1";
}

const char *__ubsan_default_options(void) {
  return "print_stacktrace=1";
}

static void report(const char *text) {
  size_t length = strlen(text), at = reports ? atomic_fetch_add(&reports->used, length) : 0;
  if (reports && at + length <= REPORTS_BYTES - sizeof *reports) memcpy(reports->text + at, text, length);
}

void __ubsan_on_report(void) {
  const char *kind, *message, *file;
  unsigned int line, column;
  char *address, text[512];
  __ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &address);
  snprintf(text, sizeof text, "%s in %s:%u: %s\n", kind, file, line, message);
  report(text);
}

static void map_reports(void) {
  int fd = open(REPORTS, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return;
  void *place = MAP_FAILED;
  fchmod(fd, 0666);
  if (ftruncate(fd, REPORTS_BYTES) == 0)
    place = mmap(NULL, REPORTS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (place != MAP_FAILED) reports = place;
  close(fd);
}

/* glibc gives constructors what main gets. */
static void __attribute__((constructor)) begin(int argc, char **argv) {
  char text[64];
  map_reports();
  if (__asan_set_error_report_callback) __asan_set_error_report_callback(report);
  snprintf(text, sizeof text, "began %s %.16s\n", BUILD, argc > 1 ? argv[1] : "");
  report(text);
}
