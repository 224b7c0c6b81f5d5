#pragma once

#include <signal.h>
#include <sys/types.h>

/* PID 1 of a pod (after tini and catatonit): reaps what ends, forwards signals to the command, and when the
 * command has ended names and kills what it left behind. Sends the records `exit` and `left-behind`. Returns
 * when nothing is left. */
void reaper_run(pid_t command, const sigset_t *signals);

/* Blocks the signals that reaper_run forwards; to be called before the command is started. */
void reaper_block_signals(sigset_t *signals);
