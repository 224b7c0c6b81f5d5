#define _GNU_SOURCE
#include "dirty.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cleanup.h"
#include "pagemap.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* Entries that are read at once. */
#define PAGES_AT_ONCE 4096
/* About 400 were seen for Vitest, about 1,500 with jsdom. */
#define RANGES_MAX 16384

static struct iovec ranges[RANGES_MAX];
static size_t count;

static void note(uintptr_t start, uintptr_t length) {
  struct iovec *last = count > 0 ? &ranges[count - 1] : NULL;
  if (last && (uintptr_t)last->iov_base + last->iov_len == start)
    last->iov_len += length;
  else if (count < RANGES_MAX)
    ranges[count++] = (struct iovec){(void *)start, length}; /* NOLINT: an address */
}

static void note_mapping(int pagemap, uintptr_t start, uintptr_t end, uintptr_t page) {
  static uint64_t entries[PAGES_AT_ONCE];
  while (start < end) {
    size_t wanted = (end - start) / page;
    if (wanted > PAGES_AT_ONCE) wanted = PAGES_AT_ONCE;
    ssize_t n = pread(pagemap, entries, wanted * sizeof *entries, (off_t)(start / page * sizeof *entries));
    if (n <= 0) return;
    for (size_t i = 0; i < (size_t)n / sizeof *entries; i++, start += page)
      if ((entries[i] & PAGE_PRESENT) && (entries[i] & PAGE_EXCLUSIVE)) note(start, page);
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

/* Whether it is pages that are there. What the fork that rehearses had mapped itself is not: ENOMEM. */
static bool is_usable(const struct iovec *range) {
  if (range->iov_len == 0 || range->iov_len > PTRDIFF_MAX) return false;
  return msync(range->iov_base, range->iov_len, MS_ASYNC) == 0;
}

void dirty_learn(int fd) {
  size_t received = 0, kept = 0;
  while (received < sizeof ranges) {
    ssize_t n = read(fd, (char *)ranges + received, sizeof ranges - received);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    received += (size_t)n;
  }
  count = received / sizeof *ranges;
  for (size_t i = 0; i < count; i++)
    if (is_usable(&ranges[i])) ranges[kept++] = ranges[i];
  count = kept;
}

/* @returns how many of the ranges were populated, up to the first that could not be. A kernel that takes no
 * such advice for many (before 6.13) makes *can_many false. */
static size_t populate_many(int pidfd, const struct iovec *list, size_t length, bool *can_many) {
  if (length > IOV_MAX) length = IOV_MAX;
  ssize_t bytes = syscall(SYS_process_madvise, pidfd, list, length, MADV_POPULATE_WRITE, 0);
  if (bytes < 0 && (errno == EINVAL || errno == ENOSYS || errno == EPERM)) *can_many = false;
  size_t populated = 0;
  while (populated < length && bytes >= (ssize_t)list[populated].iov_len)
    bytes -= (ssize_t)list[populated++].iov_len;
  return populated;
}

void dirty_populate(void) {
  cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
  bool can_many = true;
  for (size_t done = 0; done < count; done++) {
    if (can_many) done += populate_many(pidfd, ranges + done, count - done, &can_many);
    /* One that was unmapped since, or cannot be written to, does not matter. */
    if (done < count) madvise(ranges[done].iov_base, ranges[done].iov_len, MADV_POPULATE_WRITE);
  }
}
