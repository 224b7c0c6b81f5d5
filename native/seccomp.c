#define _GNU_SOURCE
#include "seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "descriptors.h"
#include "record.h"

#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

/* Of the instructions, two digits a byte. */
#define DIGITS (2 * sizeof(struct sock_filter))
/* Numbers of system calls are below. */
#define NUMBERS 1024

static int digit(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  return -1;
}

/* Returns the number of instructions. */
static int decode(const char *text, struct sock_filter program[BPF_MAXINSNS], struct error *error) {
  uint8_t *bytes = (uint8_t *)program;
  size_t length = strlen(text), count = length / DIGITS;
  if (count == 0 || length % DIGITS || count > BPF_MAXINSNS)
    return error_plain(error, "plan", "seccomp", "decode: its length is wrong");
  for (size_t i = 0; i < count * sizeof *program; i++) {
    int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return error_plain(error, "plan", "seccomp", "decode");
    bytes[i] = (uint8_t)(high << 4 | low);
  }
  return (int)count;
}

int seccomp_install(const struct plan *plan, int socket, struct error *error) {
  struct sock_filter program[BPF_MAXINSNS];
  const struct step *step = plan_find(plan, "seccomp", 0);
  if (!step) return 0;
  int count = decode(step_argument(step, 1), program, error);
  if (count < 0) return -1;
  struct sock_fprog filter = {.len = (unsigned short)count, .filter = program};
  /* As runc does: what a filter is for is not speculation, whose mitigation would slow down everything. */
  unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  cleanup_close int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
  if (listener < 0) return error_errno(error, "seccomp", "", "install the filter");
  if (descriptors_send(socket, "s", 1, &listener, 1) < 0)
    return error_errno(error, "seccomp", "", "pass the listener on");
  return 0;
}

static void read_name(uint32_t pid, char *name, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%u/comm", pid);
  cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? 0 : read(fd, name, size - 1);
  name[n > 0 ? n : 0] = 0;
  name[strcspn(name, "\n")] = 0;
}

static void report(const struct seccomp_notif *call) {
  static bool is_known[NUMBERS];
  char number[16], pid[16], name[64];
  int index = call->data.nr;
  if (index < 0 || index >= NUMBERS || is_known[index]) return;
  is_known[index] = true;
  read_name(call->pid, name, sizeof name);
  snprintf(number, sizeof number, "%d", index);
  snprintf(pid, sizeof pid, "%u", call->pid);
  record_send("denied", number, pid, name, NULL);
}

void seccomp_deny(int listener) {
  /* A kernel whose structures are larger wants to have them in full (seccomp_unotify(2)). */
  union {
    struct seccomp_notif call;
    char room[512];
  } received = {0};
  union {
    struct seccomp_notif_resp answer;
    char room[512];
  } sent = {0};
  /* ENOENT: the caller has been killed meanwhile. */
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &received) < 0) return;
  report(&received.call);
  sent.answer.id = received.call.id;
  sent.answer.error = -EPERM;
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &sent);
}
