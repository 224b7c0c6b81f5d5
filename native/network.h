#pragma once

#include "plan.h"

/* Brings the loopback device up (step `network`) and opens the listening sockets that are served outside
 * (steps `listen FAMILY PORT`), passing each out with the tag `listen FAMILY PORT`. */
int network_set_up(const struct plan *plan, struct error *error);
