/*
 * libmydocker.so: what the engine calls in its own process, through koffi. Every function returns -1 on
 * failure, and errno through `code`: errno itself may have changed before JavaScript sees it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/xattr.h>
#include <termios.h>

#include "descriptors.h"
#include "zygote.h"

#define EXPORT __attribute__((visibility("default")))

/* A connected pair of unix sockets of a type (SOCK_STREAM, SOCK_SEQPACKET), close-on-exec. */
EXPORT int mydocker_socketpair(int type, int pair[2], int *code) {
  int result = socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair);
  *code = errno;
  return result;
}

/* Sends bytes and descriptors as one message over a SOCK_SEQPACKET socket. */
EXPORT int mydocker_send(int socket, const char *bytes, size_t length, const int *fds, size_t count,
                         int *code) {
  int result = descriptors_send(socket, bytes, length, fds, count);
  *code = errno;
  return result;
}

/* The next descriptor that was passed over `socket`, and its tag. Does not wait: EAGAIN when there is none.
 */
EXPORT int mydocker_receive_descriptor(int socket, char *tag, size_t size, int *code) {
  int fds[DESCRIPTORS_MAX];
  size_t count;
  ssize_t n = descriptors_receive(socket, tag, size - 1, fds, &count, MSG_DONTWAIT);
  *code = errno;
  if (n >= 0) tag[n] = 0;
  return count == 1 ? fds[0] : -1;
}

/* Sets the size of a terminal (ioctl_tty(2), TIOCSWINSZ). */
EXPORT int mydocker_set_terminal_size(int fd, unsigned short rows, unsigned short columns, int *code) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  int result = ioctl(fd, TIOCSWINSZ, &size);
  *code = errno;
  return result;
}

/* Puts a terminal into raw mode (cfmakeraw, termios(3)), or back into the mode that it had before: one
 * terminal at a time. Node's setRawMode leaves ONLCR on, by which a full-screen program inside loses its
 * place. */
EXPORT int mydocker_set_raw(int fd, int raw, int *code) {
  static struct termios before;
  struct termios mode = before;
  int result = 0;
  if (raw) {
    result = tcgetattr(fd, &before);
    mode = before;
    cfmakeraw(&mode);
  }
  if (result == 0) result = tcsetattr(fd, TCSADRAIN, &mode);
  *code = errno;
  return result;
}

/* Reads an extended attribute of a path itself, never of what a link points to: its length, or a negated
 * errno. */
EXPORT int mydocker_read_attribute(const char *path, const char *name, char *value, size_t size) {
  ssize_t length = lgetxattr(path, name, value, size);
  return length < 0 ? -errno : (int)length;
}

/* Makes the calling process a zygote: see zygote.h. Returns in its children, with their pid. */
EXPORT int mydocker_zygote_serve(void) {
  return zygote_serve();
}

/* Forks the calling process once, for a trial: see zygote.h. */
EXPORT int mydocker_zygote_rehearse(void) {
  return zygote_rehearse();
}

/* _exit(2): a fork of a zygote lacks the threads that Node's own exit joins. */
EXPORT void mydocker_exit(int code) {
  zygote_exit(code);
}
