#pragma once

#include <stddef.h>

/* Sends one descriptor and a tag as one SOCK_SEQPACKET message (unix(7), SCM_RIGHTS). -1 and errno on
 * failure. */
int descriptor_send(int socket, int fd, const char *tag);

/* Receives what descriptor_send sent, without waiting: the descriptor (close-on-exec), or -1 and errno
 * (EAGAIN: none). */
int descriptor_receive(int socket, char *tag, size_t size);

/* Closes every descriptor from `first` on. */
void descriptors_close_from(unsigned int first);
