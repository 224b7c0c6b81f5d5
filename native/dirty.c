#define _GNU_SOURCE
#include "dirty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_EXCLUSIVE (UINT64_C(1) << 56)
/* Entries that are read at once. */
#define PAGES_AT_ONCE 4096
/* About 400 were seen for Vitest, about 1,500 with jsdom. */
#define RANGES_MAX 16384
/* A page between two others costs less to copy than a system call. */
#define GAP_PAGES 1

static struct range { uintptr_t start, end; } ranges[RANGES_MAX];
static size_t count;

static void note(uintptr_t start, uintptr_t end, uintptr_t page) {
  if (count > 0 && start >= ranges[count - 1].end && start - ranges[count - 1].end <= GAP_PAGES * page)
    ranges[count - 1].end = end;
  else if (count < RANGES_MAX)
    ranges[count++] = (struct range){start, end};
}

static void note_mapping(int pagemap, uintptr_t start, uintptr_t end, uintptr_t page) {
  static uint64_t entries[PAGES_AT_ONCE];
  while (start < end) {
    size_t wanted = (end - start) / page;
    if (wanted > PAGES_AT_ONCE) wanted = PAGES_AT_ONCE;
    ssize_t n = pread(pagemap, entries, wanted * sizeof *entries, (off_t)(start / page * sizeof *entries));
    if (n <= 0) return;
    for (size_t i = 0; i < (size_t)n / sizeof *entries; i++, start += page)
      if ((entries[i] & PAGE_PRESENT) && (entries[i] & PAGE_EXCLUSIVE)) note(start, start + page, page);
  }
}

void dirty_report(int fd) {
  cleanup_close int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  FILE *maps = fopen("/proc/self/maps", "re");
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  char line[1024], permissions[5];
  count = 0;
  while (pagemap >= 0 && maps && fgets(line, sizeof line, maps)) {
    unsigned long start, end;
    if (sscanf(line, "%lx-%lx %4s", &start, &end, permissions) != 3) continue;
    if (permissions[1] == 'w' && permissions[3] == 'p' && !strstr(line, "[stack]"))
      note_mapping(pagemap, start, end, page);
  }
  if (maps) fclose(maps);
  const char *bytes = (const char *)ranges;
  for (size_t sent = 0; sent < count * sizeof *ranges;) {
    ssize_t n = write(fd, bytes + sent, count * sizeof *ranges - sent);
    if (n <= 0) return;
    sent += (size_t)n;
  }
}

void dirty_learn(int fd) {
  size_t received = 0;
  while (received < sizeof ranges) {
    ssize_t n = read(fd, (char *)ranges + received, sizeof ranges - received);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    received += (size_t)n;
  }
  count = received / sizeof *ranges;
}

void dirty_populate(void) {
  /* What was mapped later, or cannot be written to, is an error that does not matter. */
  for (size_t i = 0; i < count; i++)
    madvise((void *)ranges[i].start, ranges[i].end - ranges[i].start,
            MADV_POPULATE_WRITE); /* NOLINT: an address */
}
