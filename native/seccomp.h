#pragma once

#include "plan.h"

/*
 * Filters the system calls of the calling process and of all that it starts, by the step `seccomp PROGRAM`
 * (an array of struct sock_filter in hexadecimal digits); nothing without it. Sends a descriptor over
 * `socket`, with one byte, at which those calls are to be denied that the program leaves to user space
 * (SECCOMP_RET_USER_NOTIF). After it a set-up makes no such call: it would wait for PID 1, and PID 1 for it.
 * Needs no_new_privs.
 */
int seccomp_install(const struct plan *plan, int socket, struct error *error);

/* Denies the call that waits at `listener` with EPERM. The first call of each number is reported: record
 * `denied` number pid command. */
void seccomp_deny(int listener);
