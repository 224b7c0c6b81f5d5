#define _GNU_SOURCE
#include "namespaces.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "files.h"
#include "text.h"

/* Linux allows 340 lines in a map (user_namespaces(7)); the plan's few fit easily. */
#define MAP_TEXT_BYTES 4096
#define HELPER_MAX_ARGUMENTS 64

static const struct {
  const char *name;
  unsigned long flag;
} KINDS[] = {{"user", CLONE_NEWUSER},
             {"pid", CLONE_NEWPID},
             {"uts", CLONE_NEWUTS},
             {"ipc", CLONE_NEWIPC},
             {"net", CLONE_NEWNET}};

/* Every step `namespace KIND` is one of the new namespaces. */
static unsigned long clone_flags(const struct plan *plan) {
  unsigned long flags = 0;
  const struct step *step;
  for (size_t n = 0; (step = plan_find(plan, "namespace", n)); n++)
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
      if (!strcmp(step_argument(step, 1), KINDS[i].name)) flags |= KINDS[i].flag;
  return flags;
}

pid_t namespaces_clone(const struct plan *plan, struct error *error) {
  /* Raw clone: this program has one thread and no atfork handlers. */
  pid_t child = (pid_t)syscall(SYS_clone, clone_flags(plan) | SIGCHLD, 0, 0, 0, 0);
  if (child < 0) error_errno(error, "user namespace", "", "clone into new namespaces");
  return child;
}

int namespaces_join(const struct plan *plan, pid_t init, struct error *error) {
  char path[32] = "/proc/", number[NUMBER_BYTES];
  text_append(path, sizeof path, number_text(init, number));
  cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, init, 0);
  if (pidfd < 0) return error_errno(error, "join", path, "find PID 1");
  /* All at once, Linux 5.8: the rights that the user namespace gives count for the others. */
  if (setns(pidfd, (int)clone_flags(plan) | CLONE_NEWNS) < 0)
    return error_errno(error, "join", path, "enter the namespaces");
  return 0;
}

static int write_map(const struct plan *plan, const char *name, pid_t child, struct error *error) {
  char text[MAP_TEXT_BYTES] = "", path[64], file[16];
  size_t used = 0;
  const struct step *step;
  for (size_t n = 0; (step = plan_find(plan, name, n)); n++) {
    int printed = snprintf(text + used, sizeof text - used, "%s %s %s\n", step_argument(step, 1),
                           step_argument(step, 2), step_argument(step, 3));
    if (printed < 0 || (used += (size_t)printed) >= sizeof text)
      return error_plain(error, "id map", name, "write: too many lines");
  }
  if (!used) return 0;
  snprintf(file, sizeof file, "%.3s_map", name);
  snprintf(path, sizeof path, "/proc/%d/%s", (int)child, file);
  return file_write(path, text, "id map", error);
}

/* newuidmap PID inside outside count ... */
static int run_helper(const struct plan *plan, const char *helper, const char *name, pid_t child,
                      struct error *error) {
  char pid[16];
  const char *arguments[HELPER_MAX_ARGUMENTS] = {helper, pid};
  size_t count = 2;
  const struct step *step;
  snprintf(pid, sizeof pid, "%d", (int)child);
  for (size_t n = 0; (step = plan_find(plan, name, n)) && count + 4 < HELPER_MAX_ARGUMENTS; n++)
    for (uint32_t i = 1; i <= 3; i++)
      arguments[count++] = step_argument(step, i);
  pid_t process = fork();
  if (process == 0) {
    execv(helper, (char **)(unsigned long)arguments);
    _exit(127);
  }
  int status = 0;
  if (process < 0 || waitpid(process, &status, 0) < 0) return error_errno(error, "id map", helper, "run");
  if (status != 0) return error_plain(error, "id map", helper, "run: it refused the ranges");
  return 0;
}

int namespaces_map_ids(const struct plan *plan, pid_t child, struct error *error) {
  const struct step *helpers = plan_find(plan, "map-helpers", 0);
  if (helpers) {
    if (run_helper(plan, step_argument(helpers, 1), "uid-map", child, error) < 0) return -1;
    return run_helper(plan, step_argument(helpers, 2), "gid-map", child, error);
  }
  if (plan_find(plan, "deny-setgroups", 0)) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/setgroups", (int)child);
    if (file_write(path, "deny", "id map", error) < 0) return -1;
  }
  if (write_map(plan, "uid-map", child, error) < 0) return -1;
  return write_map(plan, "gid-map", child, error);
}

int namespaces_name(const struct plan *plan, struct error *error) {
  const struct step *step = plan_find(plan, "hostname", 0);
  if (!step) return 0;
  const char *name = step_argument(step, 1);
  if (sethostname(name, strlen(name)) < 0) return error_errno(error, "hostname", name, "set");
  return 0;
}
