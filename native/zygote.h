#pragma once

#include <sys/types.h>

/*
 * Serves forks of the calling process, which must have one thread that runs: the zygote. Requests come over
 * CONTROL_FD, each a plan with the descriptors of the new process (stdout, stderr, channel). Returns in the
 * children only, each in the namespaces of its pod; what it returns is the child's pid there. The zygote
 * itself ends when its control socket does.
 *
 * Records, over STATUS_FD: `refused` stage errno path message, when it cannot serve at all; `serving`; for
 * each request `joined` id pid, or `failed` id stage errno path message.
 */
pid_t zygote_serve(void);
