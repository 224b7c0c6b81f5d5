#define _GNU_SOURCE
#include "inheritance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "text.h"
#include "zygote.h"

/* Node has about fifteen. */
#define INHERITED_MAX 256
/* The streams, channels, status and control sockets have their own rules (zygote.c). */
#define FIRST_FD (REHEARSAL_FD + 1)

enum kind { KIND_PIPE, KIND_EVENTFD, KIND_EPOLL, KIND_OTHER };

static struct inherited {
  int fd;
  enum kind kind;
  ino_t inode;
} inherited[INHERITED_MAX];
static size_t count;

static enum kind kind_of(const char *target) {
  if (!strncmp(target, "pipe:", 5)) return KIND_PIPE;
  if (!strcmp(target, "anon_inode:[eventfd]")) return KIND_EVENTFD;
  if (!strcmp(target, "anon_inode:[eventpoll]")) return KIND_EPOLL;
  return KIND_OTHER;
}

static int note_one(int fd, struct error *error) {
  char path[64], target[256];
  struct stat status;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(path, target, sizeof target - 1);
  if (n < 0 || fstat(fd, &status) < 0) return error_errno(error, "descriptors", path, "look at");
  target[n] = 0;
  if (count == INHERITED_MAX) return error_plain(error, "descriptors", path, "note: too many are open");
  inherited[count++] = (struct inherited){fd, kind_of(target), status.st_ino};
  return 0;
}

int inheritance_note(struct error *error) {
  cleanup_closedir DIR *directory = opendir("/proc/self/fd");
  if (!directory) return error_errno(error, "descriptors", "/proc/self/fd", "open");
  for (struct dirent *entry; (entry = readdir(directory));) {
    int fd = (int)number_of(entry->d_name, INT_MAX);
    if (fd < FIRST_FD || fd == dirfd(directory)) continue;
    if (note_one(fd, error) < 0) return -1;
  }
  return 0;
}

/* A fresh descriptor of the kind; of a pipe the end that it was. */
static int fresh(const struct inherited *old, int *other_end) {
  int pair[2];
  *other_end = -1;
  if (old->kind == KIND_EVENTFD) return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (old->kind == KIND_EPOLL) return epoll_create1(EPOLL_CLOEXEC);
  if (old->kind != KIND_PIPE) return open("/dev/null", O_RDWR | O_CLOEXEC);
  if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0) return -1;
  bool reads = (fcntl(old->fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
  *other_end = pair[reads ? 1 : 0];
  return pair[reads ? 0 : 1];
}

/* The handlers of fork(3) have already renewed the pipe of libuv's signal lock, whose byte is the lock. */
static bool is_still(const struct inherited *old) {
  struct stat status;
  return fstat(old->fd, &status) == 0 && (old->kind != KIND_PIPE || status.st_ino == old->inode);
}

int inheritance_sever(struct error *error) {
  for (size_t i = 0; i < count; i++) {
    if (!is_still(&inherited[i])) continue;
    int other_end;
    cleanup_close int fd = fresh(&inherited[i], &other_end);
    if (fd < 0 || dup3(fd, inherited[i].fd, O_CLOEXEC) < 0)
      return error_errno(error, "descriptors", "", "replace an inherited one");
    if (other_end >= 0) close(other_end);
  }
  return 0;
}
