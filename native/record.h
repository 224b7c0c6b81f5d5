#pragma once

#include <sys/types.h>

#include "error.h"

/* The status socket: where the plan comes from and where records go. */
#define STATUS_FD 4
/* A SOCK_SEQPACKET socket over which descriptors made inside are passed out, each with a tag. */
#define DESCRIPTORS_FD 5
/* The command's channel, when it has one. */
#define CHANNEL_FD 3

/* Where records go; STATUS_FD where nothing else was said. */
void record_to(int socket);

/* Sends one record (a step of the plan encoding), NULL-terminated list of strings, in one write. Never blocks
 * the pod: a record that cannot be sent means that the other end is gone. */
void record_send(const char *name, ...) __attribute__((sentinel));

/* Sends the record `name` stage errno path message; a name is `error` or what else the reader knows. */
void record_error(const char *name, const struct error *error);

/* For a plan that asks for `timings`: the time begins that record_time tells. Each process has its own. */
void record_begin_times(void);

/* Sends the record `time` step nanoseconds: how long it took, since the one before it. Nothing unless times
 * have been begun. */
void record_time(const char *step);

/* Sends `fd` with a tag over DESCRIPTORS_FD. */
int record_descriptor(int fd, const char *tag, struct error *error);
