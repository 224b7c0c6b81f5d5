#define _GNU_SOURCE
#include "netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"

/* Room for the answer: an error repeats the request (netlink(7)). */
#define ANSWER_MAX_BYTES 4096

static void append(struct netlink *request, const void *data, size_t size) {
  char *place = request->bytes + request->length;
  /* Requests are written here and not made of what others send: one that does not fit is a mistake. */
  if (NLMSG_ALIGN(size) > sizeof request->bytes - request->length) __builtin_trap();
  memset(place, 0, NLMSG_ALIGN(size));
  if (data) memcpy(place, data, size);
  request->length += NLMSG_ALIGN(size);
  uint32_t length = (uint32_t)request->length;
  memcpy(request->bytes + offsetof(struct nlmsghdr, nlmsg_len), &length, sizeof length);
}

void netlink_begin(struct netlink *request, uint16_t type, const void *body, size_t size) {
  struct nlmsghdr header = {.nlmsg_type = type,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_EXCL | NLM_F_CREATE,
                            .nlmsg_seq = 1};
  request->length = 0;
  append(request, &header, sizeof header);
  append(request, body, size);
}

void netlink_put(struct netlink *request, uint16_t type, const void *data, size_t size) {
  struct rtattr attribute = {.rta_len = (unsigned short)RTA_LENGTH(size), .rta_type = type};
  append(request, &attribute, sizeof attribute);
  append(request, data, size);
}

void netlink_put_text(struct netlink *request, uint16_t type, const char *text) {
  netlink_put(request, type, text, strlen(text) + 1);
}

void netlink_put_number(struct netlink *request, uint16_t type, uint32_t number) {
  netlink_put(request, type, &number, sizeof number);
}

void netlink_put_body(struct netlink *request, const void *data, size_t size) {
  append(request, data, size);
}

size_t netlink_open(struct netlink *request, uint16_t type) {
  size_t opened = request->length;
  netlink_put(request, type, NULL, 0);
  return opened;
}

void netlink_close(struct netlink *request, size_t opened) {
  unsigned short length = (unsigned short)(request->length - opened);
  memcpy(request->bytes + opened + offsetof(struct rtattr, rta_len), &length, sizeof length);
}

/* 0, or the errno of the kernel's answer. */
static int exchange(int socket, const struct netlink *request) {
  _Alignas(8) char answer[ANSWER_MAX_BYTES];
  if (send(socket, request->bytes, request->length, 0) < 0) return errno;
  ssize_t n = recv(socket, answer, sizeof answer, 0);
  if (n < 0) return errno;
  struct nlmsghdr header;
  struct nlmsgerr result;
  if ((size_t)n < NLMSG_LENGTH(sizeof result)) return EBADMSG;
  memcpy(&header, answer, sizeof header);
  memcpy(&result, answer + NLMSG_HDRLEN, sizeof result);
  return header.nlmsg_type == NLMSG_ERROR ? -result.error : EBADMSG;
}

int netlink_ask(struct netlink *request, const char *stage, const char *path, const char *message,
                struct error *error) {
  cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return error_errno(error, stage, path, "open a socket for the kernel's networking");
  errno = exchange(fd, request);
  return errno ? error_errno(error, stage, path, message) : 0;
}
