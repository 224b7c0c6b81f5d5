#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

int file_write(const char *path, const char *text, const char *stage, struct error *error) {
  cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return error_errno(error, stage, path, "open");
  if (write(fd, text, strlen(text)) < 0) return error_errno(error, stage, path, "write");
  return 0;
}

/* Opens one component below `parent`, making it when it is missing. */
static int open_component(int parent, const char *name, bool directory) {
  int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    if (directory) {
      if (mkdirat(parent, name, 0755) < 0) return -1;
    } else {
      int made = openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
      if (made < 0) return -1;
      close(made);
    }
    fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  }
  struct stat status;
  if (fd >= 0 && fstat(fd, &status) == 0) {
    if (!S_ISLNK(status.st_mode) && S_ISDIR(status.st_mode) == directory) return fd;
    close(fd);
    errno = S_ISLNK(status.st_mode) ? ELOOP : directory ? ENOTDIR : EISDIR;
  }
  return -1;
}

int file_open_target(const char *path, bool directory, struct error *error) {
  char copy[PATH_MAX];
  if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy) {
    errno = ENAMETOOLONG;
    return error_errno(error, "mount point", path, "open");
  }
  int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  char *rest = NULL;
  for (char *name = strtok_r(copy, "/", &rest), *next; fd >= 0 && name; name = next) {
    next = strtok_r(NULL, "/", &rest);
    int parent = fd;
    fd = open_component(parent, name, next ? true : directory);
    int saved = errno;
    close(parent);
    errno = saved;
  }
  if (fd < 0) return error_errno(error, "mount point", path, "open without following links");
  return fd;
}

int file_copy(const char *source, int target, struct error *error) {
  cleanup_close int from = open(source, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (from < 0 || fstat(from, &status) < 0) return error_errno(error, "copy", source, "open");
  for (off_t left = status.st_size; left > 0;) {
    ssize_t n = sendfile(target, from, NULL, (size_t)left);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error_errno(error, "copy", source, "copy");
    if (n == 0) break;
    left -= n;
  }
  struct timespec times[2] = {status.st_atim, status.st_mtim};
  fchmod(target, status.st_mode & 07777);
  futimens(target, times);
  return 0;
}
