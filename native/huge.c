#define _GNU_SOURCE
#include "huge.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "pagemap.h"

#define SMALL_BYTES ((uintptr_t)4 << 10)
#define PAGES (HUGE_BYTES / SMALL_BYTES)
/* Of the pages of a huge one, so many have to be in use. */
#define WORTHWHILE 16

struct mapping {
  uintptr_t start, end;
  int protection;
  off_t offset;
};

/* Whether the kernel gives huge pages of that size to those who ask: where its pages are larger, so are they.
 */
static bool are_available(void) {
  if ((uintptr_t)sysconf(_SC_PAGESIZE) != SMALL_BYTES) return false;
  char text[64] = "";
  cleanup_close int fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) return false;
  return !strstr(text, "[never]");
}

/* Whether enough of a block is in use, and nothing of it differs from the file. */
static bool is_worthwhile(int pagemap, uintptr_t block) {
  uint64_t entries[PAGES];
  size_t used = 0;
  if (pread(pagemap, entries, sizeof entries, (off_t)(block / SMALL_BYTES * sizeof *entries)) !=
      (ssize_t)sizeof entries)
    return false;
  for (size_t i = 0; i < PAGES; i++) {
    if (!(entries[i] & PAGE_PRESENT)) continue;
    if (!(entries[i] & PAGE_OF_FILE)) return false;
    used++;
  }
  return used >= WORTHWHILE;
}

static bool read_all(int file, char *to, size_t length, off_t offset) {
  for (size_t done = 0; done < length;) {
    ssize_t n = pread(file, to + done, length - done, offset + (off_t)done);
    if (n <= 0) return false;
    done += (size_t)n;
  }
  return true;
}

/* Puts huge pages with the same content in the place of some blocks. */
static void take(int file, const struct mapping *mapping, uintptr_t start, uintptr_t end) {
  size_t length = end - start, room_length = length + HUGE_BYTES;
  char *room = mmap(NULL, room_length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return;
  char *copy = room + (HUGE_BYTES - (uintptr_t)room % HUGE_BYTES) % HUGE_BYTES;
  if (madvise(copy, length, MADV_HUGEPAGE) == 0 &&
      read_all(file, copy, length, mapping->offset + (off_t)(start - mapping->start)) &&
      mprotect(copy, length, mapping->protection) == 0)
    mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start); /* NOLINT: an address */
  /* What is left of the room. */
  munmap(room, room_length);
}

static void take_mapping(int pagemap, const struct mapping *mapping, int file) {
  uintptr_t start = (mapping->start + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES, end = start;
  for (; end + HUGE_BYTES <= mapping->end; end += HUGE_BYTES) {
    if (is_worthwhile(pagemap, end)) continue;
    if (end > start) take(file, mapping, start, end);
    start = end + HUGE_BYTES;
  }
  if (end > start) take(file, mapping, start, end);
}

/* The file at that path, if it is still the one that is mapped. Of the device the two may tell different
 * things (btrfs, overlayfs). */
static int open_same(const char *path, unsigned long inode) {
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  if (fstat(fd, &status) == 0 && status.st_ino == inode) return fd;
  close(fd);
  return -1;
}

/* A line of /proc/self/maps: a private mapping of a file that cannot be written to and has room for a huge
 * page. */
static int parse(const char *line, struct mapping *mapping) {
  unsigned long start, end, offset, inode;
  char permissions[5], path[PATH_MAX];
  if (sscanf(line, "%lx-%lx %4s %lx %*x:%*x %lu %4095[^\n]", &start, &end, permissions, &offset, &inode,
             path) != 6)
    return -1;
  if (permissions[0] != 'r' || permissions[1] == 'w' || permissions[3] != 'p') return -1;
  if (end - start < HUGE_BYTES) return -1;
  *mapping = (struct mapping){start, end, PROT_READ | (permissions[2] == 'x' ? PROT_EXEC : 0), (off_t)offset};
  return open_same(path, inode);
}

void huge_take_files(void) {
  if (!are_available()) return;
  cleanup_close int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  FILE *maps = fopen("/proc/self/maps", "re");
  char line[PATH_MAX + 256];
  struct mapping mapping;
  while (pagemap >= 0 && maps && fgets(line, sizeof line, maps)) {
    cleanup_close int file = parse(line, &mapping);
    if (file >= 0) take_mapping(pagemap, &mapping, file);
  }
  if (maps) fclose(maps);
}
