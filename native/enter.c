#define _GNU_SOURCE
#include "enter.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "cleanup.h"
#include "record.h"
#include "text.h"

static int pass_out(const char *kind, struct error *error) {
  char path[32] = "/proc/self/ns/", tag[32] = "namespace ";
  text_append(path, sizeof path, kind);
  text_append(tag, sizeof tag, kind);
  /* Of oneself it may be opened, dumpable or not (ptrace_may_access of Linux). */
  cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return error_errno(error, "descriptors", path, "open");
  return record_descriptor(fd, tag, error);
}

int enter_pass_out(const struct plan *plan, struct error *error) {
  static const char *const kinds[] = {"user", "mnt", "pid", "uts", "ipc", "net"};
  if (!plan_find(plan, "share", 0)) return 0;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (pass_out(kinds[i], error) < 0) return -1;
  return 0;
}

int enter_receive(const struct plan *plan, struct entrance *entrance, struct error *error) {
  char byte;
  const struct step *step = plan_find(plan, "enter", 0);
  if (!step) return 0;
  ssize_t n = descriptors_receive(DESCRIPTORS_FD, &byte, 1, entrance->fds, &entrance->count, 0);
  if (n != 1 || entrance->count != step->count - 1)
    return error_plain(error, "enter", "", "receive the namespaces");
  return 0;
}

int enter_namespaces(struct entrance *entrance, struct error *error) {
  for (size_t i = 0; i < entrance->count; i++) {
    if (setns(entrance->fds[i], 0) < 0) return error_errno(error, "enter", "", "enter a namespace");
    close(entrance->fds[i]);
  }
  entrance->count = 0;
  return 0;
}
