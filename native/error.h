#pragma once

/*
 * One error, filled once where the cause is known (after crun's libcrun_error_t): the functions of this
 * program return 0 or a descriptor when good, -1 when bad, and then `error` says what failed, on what and
 * why.
 */
struct error {
  const char *stage;   /* a noun: "user namespace", "overlay", ...; the key of the hint table */
  int code;            /* errno, 0 when no system call failed */
  char path[512];      /* what it failed on */
  const char *message; /* what was tried */
};

/* Fills `error` from errno and returns -1, so that callers can write `return error_errno(...)`. */
int error_errno(struct error *error, const char *stage, const char *path, const char *message);

/* The same for a failure that is no system call's. */
int error_plain(struct error *error, const char *stage, const char *path, const char *message);
