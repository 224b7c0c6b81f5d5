#pragma once

/*
 * A fork shares its pages with the zygote until it writes to them, and each first write is a fault: a
 * thousand for a small test file, most of them on the same pages in every fork. Where a fault costs tens of
 * microseconds (virtual machines) that is most of a file's time. So a fork that rehearses tells at its end
 * which pages it has written to, and others have them copied all at once before they run.
 */

/* In the fork that rehearses, at its end: writes its list of page ranges to `fd`. */
void dirty_report(int fd);

/* In the zygote: reads the list to its end. What cannot be had is not used. */
void dirty_learn(int fd);

/* In every other fork: has the pages copied (MADV_POPULATE_WRITE, Linux 5.14). */
void dirty_populate(void);
