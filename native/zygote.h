#pragma once

#include <sys/types.h>

/* The channel of the fork that rehearses. */
#define REHEARSAL_FD 6

/*
 * Makes the calling process, which must have one thread that runs, one that can be forked, and forks it once
 * to try it: the fork has REHEARSAL_FD as its channel and is in no pod. Returns 0 in the fork, in the zygote
 * its pid when it has ended well, which it must do by zygote_exit. -1 when it has not. The process ends with
 * the record `refused` stage errno path message where it cannot be forked at all.
 */
pid_t zygote_rehearse(void);

/*
 * Serves forks of the calling process, once it has rehearsed: the zygote. Requests come over
 * CONTROL_FD, each a plan with the descriptors of the new process (stdout, stderr, channel). Returns in the
 * children only, each in the namespaces of its pod; what it returns is the child's pid there. The zygote
 * itself ends when its control socket does.
 *
 * Records, over STATUS_FD: `serving`; for each request `joined` id pid, or `failed` id stage errno path
 * message.
 */
pid_t zygote_serve(void);

/* _exit(2), after what the process has to report. */
void zygote_exit(int code) __attribute__((noreturn));
