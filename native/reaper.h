#pragma once

#include <signal.h>
#include <sys/types.h>

#include "error.h"

/* PID 1 of a pod (after tini and catatonit): reaps what ends, forwards signals to the command, and when the
 * command has ended names and kills what it left behind. Sends the records `started`, `exit` and
 * `left-behind`. Returns when nothing is left. System calls that wait at `listener` (or -1) are denied
 * meanwhile (seccomp.h). */
int reaper_run(pid_t command, const sigset_t *signals, int listener, struct error *error);

/* For one command that was put into a container from outside: waits for its end and sends the record `exit`.
 * Kills it when the other end of the status socket has gone. `child` is SIGCHLD, blocked since before its
 * start. */
int reaper_await(pid_t command, const sigset_t *child, int listener, struct error *error);

/* Blocks the signals that reaper_run forwards; to be called before the command is started. */
void reaper_block_signals(sigset_t *signals);
