#pragma once

#include <sys/types.h>

#include "plan.h"

/*
 * A way out of the container of that PID 1 (step `egress`: a program and its arguments, of which `PID` stands
 * for that pid): the program makes an interface in the container's network namespace, and carries what is
 * sent there to where the caller's network namespace leads. It is there when this returns. Returns the
 * process that keeps it, 0 when the plan has no such step, -1 on failure.
 */
pid_t egress_open(const struct plan *plan, pid_t init, struct error *error);

void egress_close(pid_t keeper);
