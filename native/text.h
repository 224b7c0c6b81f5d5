#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Numbers and text by nothing but loops: a process between fork or vfork and execve must not call stdio or
 * allocate (signal-safety(7)), and may be of a program that has more threads, or share the memory of its
 * parent.
 */

/* Room for any number: a sign, 19 digits, NUL. */
#define NUMBER_BYTES 24

/* Decimal digits. Returns `text`. */
const char *number_text(long long number, char text[NUMBER_BYTES]);

/* The number from 0 to `max` that all of `text` is in decimal digits, or -1. */
long long number_of(const char *text, long long max);

/* Appends `more` to what stands in `text`, which has room for `size` bytes; cut, and false, when it is too
 * long. */
bool text_append(char *text, size_t size, const char *more);
