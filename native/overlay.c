#define _GNU_SOURCE
#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "files.h"

/* Escapes what overlayfs' option parser gives a meaning to (Documentation/filesystems/overlayfs.rst;
 * bubblewrap does so too). */
static bool escape(const char *path, char *out, size_t size) {
  size_t used = 0;
  for (; *path; path++) {
    if (used + 3 > size) return false;
    if (strchr("\\:,", *path)) out[used++] = '\\';
    out[used++] = *path;
  }
  out[used] = 0;
  return true;
}

/* The merged directory shows the attributes of the upper one: give it those of the lower one. */
static int copy_attributes(const char *lower, const char *upper, struct error *error) {
  struct stat status;
  if (stat(lower, &status) < 0) return error_errno(error, "overlay", lower, "stat the lower layer");
  mode_t mode = status.st_mode & 07777;
  if (chown(upper, status.st_uid, status.st_gid) < 0) {
    /* An owner that has no id in this user namespace cannot be given. The directory stays ours, with the
     * rights that we have in the lower one: those of all others. */
    if (errno != EINVAL && errno != EPERM)
      return error_errno(error, "overlay", upper, "chown the upper layer");
    mode = (mode & ~0700u) | (mode & 7) << 6;
  }
  if (chmod(upper, mode) < 0) return error_errno(error, "overlay", upper, "chmod the upper layer");
  struct timespec times[2] = {status.st_atim, status.st_mtim};
  utimensat(AT_FDCWD, upper, times, 0);
  return 0;
}

int overlay_mount(const char *lower, const char *target, const char *id, bool read_only, bool trusted,
                  struct error *error) {
  char upper[64], work[64], lower_escaped[PATH_MAX * 2], options[PATH_MAX * 2 + 256], at[64];
  snprintf(upper, sizeof upper, "/data/upper/%s", id);
  snprintf(work, sizeof work, "/data/work/%s", id);
  if (access(lower, F_OK) < 0) return error_errno(error, "overlay", lower, "find the lower layer");
  if (mkdir(upper, 0755) < 0) return error_errno(error, "overlay", upper, "make the upper layer");
  if (mkdir(work, 0700) < 0) return error_errno(error, "overlay", work, "make the work directory");
  if (copy_attributes(lower, upper, error) < 0) return -1;
  if (!escape(lower, lower_escaped, sizeof lower_escaped)) {
    errno = ENAMETOOLONG;
    return error_errno(error, "overlay", lower, "escape the path");
  }
  cleanup_close int fd = file_open_target(target, true, error);
  if (fd < 0) return -1;
  /* userxattr: the only form that a user namespace may use (5.11). mount(2) even where fsconfig(2) exists:
   * before 6.5 the latter hands overlayfs the same one string but refuses commas in it. volatile: nothing of
   * the upper is to survive, so syncing it is waste (5.10). nodev: a device node of the host's own disk must
   * not open inside. */
  snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s,%s,volatile", lower_escaped, upper,
           work, trusted ? "redirect_dir=on" : "userxattr");
  snprintf(at, sizeof at, "/old/proc/self/fd/%d", fd);
  if (mount("overlay", at, "overlay", MS_NOSUID | MS_NODEV | (read_only ? MS_RDONLY : 0), options) < 0)
    return error_errno(error, "overlay", lower, "mount");
  return 0;
}
