#pragma once

#include "error.h"

/*
 * The descriptors that forks of a zygote share with it. libuv makes those of the main event loop anew, but
 * others must stay open at their numbers, because something in Node may still write to them: the event loop
 * of the thread that schedules V8's delayed tasks. Such a one is replaced by one of its kind that nobody else
 * has.
 */

/* To be called once in the zygote: remembers which descriptors are open. */
int inheritance_note(struct error *error);

/* To be called in a fork, before libuv renews the main loop. */
int inheritance_sever(struct error *error);
