#pragma once

#include <stddef.h>
#include <sys/types.h>

/* More than any message of ours carries: the seven descriptors of a supervisor. */
#define DESCRIPTORS_MAX 8

/* Sends bytes and descriptors as one SOCK_SEQPACKET message (unix(7), SCM_RIGHTS). -1 and errno on failure.
 */
int descriptors_send(int socket, const char *bytes, size_t length, const int *fds, size_t count);

/*
 * Receives what descriptors_send sent: the number of bytes, with the descriptors (close-on-exec) in `fds`,
 * which has room for DESCRIPTORS_MAX. -1 and errno on failure; 0 at the end of the stream. `flags` as of
 * recvmsg(2).
 */
ssize_t descriptors_receive(int socket, char *bytes, size_t size, int *fds, size_t *count, int flags);

/* Closes every descriptor from `first` on. */
void descriptors_close_from(unsigned int first);
