#define _GNU_SOURCE
#include "descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "text.h"

union control {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
};

int descriptors_send(int socket, const char *bytes, size_t length, const int *fds, size_t count) {
  union control control = {0};
  struct iovec part = {.iov_base = (void *)(unsigned long)bytes, .iov_len = length};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = CMSG_SPACE(count * sizeof *fds)};
  if (count > DESCRIPTORS_MAX) return errno = EINVAL, -1;
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(count * sizeof *fds);
  memcpy(CMSG_DATA(&control.header), fds, count * sizeof *fds);
  ssize_t n;
  do
    n = sendmsg(socket, &message, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n < 0 ? -1 : 0;
}

ssize_t descriptors_receive(int socket, char *bytes, size_t size, int *fds, size_t *count, int flags) {
  union control control = {0};
  struct iovec part = {.iov_base = bytes, .iov_len = size};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  ssize_t n;
  *count = 0;
  do
    n = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  struct cmsghdr *header = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_type == SCM_RIGHTS) {
    *count = (header->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
    memcpy(fds, CMSG_DATA(header), *count * sizeof *fds);
  }
  if (n >= 0 && message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
    for (size_t i = 0; i < *count; i++)
      close(fds[i]);
    *count = 0;
    return errno = EMSGSIZE, -1;
  }
  return n;
}

/* Closes what is listed of the directory. Read by the system call: opendir(3) allocates, and this runs
 * between vfork and execve. Its entries do not move when descriptors are closed. */
static void close_listed(int directory, unsigned int first) {
  char buffer[4096] __attribute__((aligned(8)));
  for (long n; (n = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0;)
    for (const char *at = buffer; at < buffer + n; at += ((const struct dirent64 *)at)->d_reclen) {
      long long fd = number_of(((const struct dirent64 *)at)->d_name, INT_MAX);
      if (fd >= first && fd != directory) close((int)fd);
    }
}

/* close_range(2) is Linux 5.9; before it, what /proc/self/fd lists; without /proc, every number up to the
 * limit. */
void descriptors_close_from(unsigned int first) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, first, ~0u, 0) == 0) return;
#endif
  int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    close_listed(directory, first);
    close(directory);
    return;
  }
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  for (rlim_t fd = first; fd < limit.rlim_cur; fd++)
    close((int)fd);
}
