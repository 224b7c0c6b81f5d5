#pragma once

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* More than any request of ours has. */
#define NETLINK_MAX_BYTES 512

/* A request to the kernel's networking (rtnetlink(7)) while it is written: a header, a body, attributes. */
struct netlink {
  size_t length;
  _Alignas(8) char bytes[NETLINK_MAX_BYTES];
};

/* Begins a request of that type (RTM_…); what is named must be new. */
void netlink_begin(struct netlink *request, uint16_t type, const void *body, size_t size);

void netlink_put(struct netlink *request, uint16_t type, const void *data, size_t size);
void netlink_put_text(struct netlink *request, uint16_t type, const char *text);
void netlink_put_number(struct netlink *request, uint16_t type, uint32_t number);

/* Bytes without a header of their own: the body of what has been opened. */
void netlink_put_body(struct netlink *request, const void *data, size_t size);

/* An attribute of attributes. Returns what closes it. */
size_t netlink_open(struct netlink *request, uint16_t type);
void netlink_close(struct netlink *request, size_t opened);

/* Sends it to the network namespace of the caller and waits for the answer. `stage`, `path` and `message` are
 * of the error. */
int netlink_ask(struct netlink *request, const char *stage, const char *path, const char *message,
                struct error *error);
