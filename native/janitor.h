#pragma once

/* `mydocker-init janitor`: outlives the process that started it just long enough to remove what that process
 * could not. Reads NUL-terminated lines `cgroup PATH` or `directory PATH` from descriptor 0; at its end kills
 * everything in the cgroups, removes them, and removes the directories. */
int janitor_main(void);
