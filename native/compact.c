/*
 * libmydocker-compact.so, preloaded into a zygote that has no preloads of its user: decides where V8's heap
 * lies.
 *
 * V8 asks for each 256 KiB of its heap at a random address (GetRandomMmapAddr), so that each has page tables
 * of its own on all levels, and those are what a fork has to copy and an exit to free. Without the hint the
 * kernel puts them side by side.
 *
 * What the heap of a fork grows by comes in huge pages: to find a page at its first touch takes longer than
 * to fill it, above all in a virtual machine whose page tables the host shadows.
 */
#define _GNU_SOURCE
/* With it, the header calls mmap64 by the name of mmap; both are defined here. */
#undef _FILE_OFFSET_BITS
#include "compact.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pagemap.h"

#define EXPORT __attribute__((visibility("default")))

/* A page of V8's heap (kRegularPageSize), which lies at a multiple of that. */
#define CHUNK_BYTES ((uintptr_t)256 << 10)
/* What V8 asks for, as it may get any address, */
#define ROOM_BYTES (2 * CHUNK_BYTES - 4096)
/* and what it gives back when the address was such a multiple. */
#define REST_BYTES (ROOM_BYTES - CHUNK_BYTES)
/* Of a fork that needs no more, most of a huge page would be unused. */
#define SMALL_CHUNKS 4

/* Where the next chunks are. `end` is a multiple of HUGE_BYTES. */
static struct {
  pthread_mutex_t mutex;
  bool is_open;
  unsigned int small_chunks;
  uintptr_t next, end;
} arena = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* The chunk that this thread was given last. */
static _Thread_local uintptr_t given;

/* Programs that the zygote starts are to be as they are anywhere else. */
static void __attribute__((constructor)) forget_preload(void) {
  unsetenv("LD_PRELOAD"); /* NOLINT(concurrency-mt-unsafe): nothing has begun yet */
}

static void *map(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset); /* NOLINT: an address */
}

static void unmap(uintptr_t address, size_t length) {
  if (length > 0) syscall(SYS_munmap, address, length);
}

/* Room for one huge page, empty. */
static bool extend_arena(void) {
  void *room = map(NULL, 2 * HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return false;
  uintptr_t start = (uintptr_t)room, page = (start + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
  unmap(start, page - start);
  unmap(page + HUGE_BYTES, start + HUGE_BYTES - page);
  syscall(SYS_madvise, page, HUGE_BYTES, MADV_HUGEPAGE);
  arena.next = page;
  arena.end = page + HUGE_BYTES;
  return true;
}

/* A chunk of the arena, readable and writable as V8 will want it; NULL while there is none. */
static void *take_chunk(void) {
  void *chunk = NULL;
  pthread_mutex_lock(&arena.mutex);
  if (arena.small_chunks < SMALL_CHUNKS) {
    arena.small_chunks++;
  } else if (arena.next < arena.end || extend_arena()) {
    chunk = (void *)arena.next; /* NOLINT: an address */
    given = arena.next;
    arena.next += CHUNK_BYTES;
  }
  pthread_mutex_unlock(&arena.mutex);
  return chunk;
}

EXPORT void compact_open_arena(void) {
  arena.is_open = true;
}

EXPORT void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  if ((flags & MAP_ANONYMOUS) && !(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))) {
    void *chunk = arena.is_open && length == ROOM_BYTES ? take_chunk() : NULL;
    if (chunk) return chunk;
    address = NULL;
  }
  return map(address, length, protection, flags, fd, offset);
}

EXPORT void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset)
    __attribute__((alias("mmap")));

/* What V8 says of a chunk and the room behind it, of which there is none, must not divide a huge page. */
EXPORT int munmap(void *address, size_t length) {
  if (given && (uintptr_t)address == given + CHUNK_BYTES && length == REST_BYTES) return given = 0, 0;
  return (int)syscall(SYS_munmap, address, length);
}

EXPORT int madvise(void *address, size_t length, int advice) {
  if (given && (uintptr_t)address == given && length == ROOM_BYTES && advice == MADV_DONTFORK) return 0;
  return (int)syscall(SYS_madvise, address, length, advice);
}
