#pragma once

/*
 * A fork begins without the pages of files that its parent had mapped: it finds them one by one, by a fault
 * for each 64 KiB, and in a virtual machine whose page tables the host shadows by another one for each 4 KiB.
 * What a zygote executes and reads of large files, Node's own program above all, is therefore moved into huge
 * pages, which forks share from the start (as Node's `--use-largepages` does when it starts, which costs a
 * quarter of a second).
 *
 * To be called by the only thread that runs; others may wait in system calls. What cannot be moved stays as
 * it is.
 */
void huge_take_files(void);
