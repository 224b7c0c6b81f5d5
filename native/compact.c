/*
 * libmydocker-compact.so, preloaded into a zygote that has no preloads of its user: keeps V8's heap together.
 *
 * V8 asks for each 256 KiB of its heap at a random address (GetRandomMmapAddr), so that each has page tables
 * of its own on all levels, and those are what a fork has to copy and an exit to free. Without the hint the
 * kernel puts them side by side.
 */
#define _GNU_SOURCE
/* With it, the header calls mmap64 by the name of mmap; both are defined here. */
#undef _FILE_OFFSET_BITS
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* Programs that the zygote starts are to be as they are anywhere else. */
static void __attribute__((constructor)) forget_preload(void) {
  unsetenv("LD_PRELOAD");
}

EXPORT void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  if ((flags & MAP_ANONYMOUS) && !(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))) address = NULL;
  return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset); /* NOLINT: an address */
}

EXPORT void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset)
    __attribute__((alias("mmap")));
