#define _GNU_SOURCE
#include "janitor.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"

/* A killed process leaves its cgroup when it has been torn down, which takes a moment after SIGKILL. */
#define REMOVE_ROUNDS 200
#define REMOVE_PAUSE_NANOSECONDS 5000000

/* Writes into a file of a cgroup that may not be there. */
static bool set(const char *directory, const char *file, const char *value) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, file);
  cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);
  return fd >= 0 && write(fd, value, strlen(value)) > 0;
}

static void kill_members(const char *directory) {
  char path[4096];
  if (set(directory, "cgroup.kill", "1")) return;
  /* cgroup v1 has no kill at once: nobody may fork while the members are signalled one by one. */
  set(directory, "pids.max", "0");
  snprintf(path, sizeof path, "%s/cgroup.procs", directory);
  FILE *members = fopen(path, "re");
  for (int pid; members && fscanf(members, "%d", &pid) == 1;)
    if (pid > 0 && pid != getpid()) kill(pid, SIGKILL);
  if (members) fclose(members);
}

static int remove_cgroup_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)walk;
  if (type != FTW_DP) return 0;
  kill_members(path);
  rmdir(path);
  return 0;
}

/* Deepest first, again and again until the directory is gone. */
static void remove_cgroup(const char *path) {
  struct timespec pause = {.tv_nsec = REMOVE_PAUSE_NANOSECONDS};
  for (int round = 0; round < REMOVE_ROUNDS && access(path, F_OK) == 0; round++) {
    if (round) nanosleep(&pause, NULL);
    nftw(path, remove_cgroup_entry, 16, FTW_DEPTH | FTW_PHYS);
  }
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)type, (void)walk;
  remove(path);
  return 0;
}

static void remove_one(const char *line) {
  if (!strncmp(line, "cgroup ", 7)) remove_cgroup(line + 7);
  if (!strncmp(line, "directory ", 10)) nftw(line + 10, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Reads descriptor 0 to its end, which comes when the other side has died or closed it. */
static char *read_all(size_t *length) {
  char *text = NULL;
  size_t capacity = 0;
  *length = 0;
  for (;;) {
    if (*length + 1 >= capacity) {
      char *grown = realloc(text, capacity = capacity ? capacity * 2 : 4096);
      if (!grown) return text;
      text = grown;
    }
    ssize_t n = read(0, text + *length, capacity - *length - 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    *length += (size_t)n;
  }
}

int janitor_main(void) {
  setsid();
  prctl(PR_SET_NAME, "mydocker-janito");
  static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
    signal(ignored[i], SIG_IGN);
  if (chdir("/") < 0) return 1;
  size_t length;
  char *text = read_all(&length);
  for (size_t at = 0; text && at < length; at += strlen(text + at) + 1) {
    text[length] = 0;
    remove_one(text + at);
  }
  free(text);
  return 0;
}
