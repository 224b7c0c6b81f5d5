/* A libFuzzer target: messages with any number of descriptors, received in any amount of room. The first
 * bytes tell both. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../native/descriptors.h"

#define SENT_MAX 16
#define ROOM 64
#define NUMBERS 128

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count_open(void) {
  struct stat status;
  int open = 0;
  for (int fd = 0; fd < NUMBERS; fd++)
    open += fstat(fd, &status) == 0;
  return open;
}

/* As descriptors_send, which refuses so many. */
static void send_any(int to, const uint8_t *bytes, size_t length, size_t count) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(SENT_MAX * sizeof(int))];
  } control = {0};
  struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes};
  int fds[SENT_MAX] = {0};
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(count * sizeof *fds);
  memcpy(CMSG_DATA(&control.header), fds, count * sizeof *fds);
  message.msg_controllen = count > 0 ? CMSG_SPACE(count * sizeof *fds) : 0;
  if (sendmsg(to, &message, MSG_NOSIGNAL) < 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int pair[2], fds[DESCRIPTORS_MAX];
  char bytes[ROOM];
  size_t count = SIZE_MAX;
  if (size < 2 || size > NUMBERS || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0) return 0;
  int open = count_open();
  size_t sent = data[0] % (SENT_MAX + 1), room = data[1] % (ROOM + 1), length = size - 2;
  send_any(pair[0], data + 2, length, sent);
  ssize_t n = descriptors_receive(pair[1], bytes, room, fds, &count, 0);
  /* All of it, or nothing. */
  if (length <= room && sent <= DESCRIPTORS_MAX) {
    if (n != (ssize_t)length || count != sent || memcmp(bytes, data + 2, length) != 0) abort();
  } else if (n != -1 || count != 0) {
    abort();
  }
  if (count_open() != open + (int)count) abort();
  for (size_t i = 0; i < count; i++)
    close(fds[i]);
  close(pair[0]);
  close(pair[1]);
  return 0;
}
