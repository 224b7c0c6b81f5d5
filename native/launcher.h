#pragma once

/* Where requests come from. */
#define LAUNCHER_FD 3

/*
 * A process that does nothing but fork. To start a program from a process as large as Vitest's costs 5 to 15
 * ms of its main thread, for the copy of its page tables; here it costs a tenth of a millisecond.
 *
 * Each request is one message with the six or, on a bridge, seven descriptors that a supervisor is to have
 * from 0 on. Returns in the supervisor (1), or at the end (0), when the other side has gone.
 */
int launcher_main(void);
