#define _GNU_SOURCE
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "files.h"
#include "overlay.h"
#include "record.h"
#include "syscalls.h"

/* Where /proc is while the root is being built: the host's, whose `self` knows us too. */
#define TARGET_LINK "/old/proc/self/fd/%d"

/* What file systems of containers' own are mounted from, as mount(8) shows it: by this a container of ours is
 * known from inside (runtime/doctor/facts.ts). */
#define SOURCE "mydocker"

/* Flags of a mount, as words of the plan: `ro,nosuid,nodev,noexec,rec`. */
struct flags {
  bool ro, nosuid, nodev, noexec, rec;
};

static bool has_word(const char *list, const char *word) {
  size_t length = strlen(word);
  for (const char *at = list; (at = strstr(at, word)); at += length)
    if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == 0)) return true;
  return false;
}

static struct flags parse_flags(const char *list) {
  return (struct flags){has_word(list, "ro"), has_word(list, "nosuid"), has_word(list, "nodev"),
                        has_word(list, "noexec"), has_word(list, "rec")};
}

static unsigned int attribute_flags(struct flags f) {
  return (f.ro ? MOUNT_ATTR_RDONLY_ : 0) | (f.nosuid ? MOUNT_ATTR_NOSUID_ : 0) |
         (f.nodev ? MOUNT_ATTR_NODEV_ : 0) | (f.noexec ? MOUNT_ATTR_NOEXEC_ : 0);
}

static unsigned long classic_flags(struct flags f) {
  return (f.ro ? MS_RDONLY : 0) | (f.nosuid ? MS_NOSUID : 0) | (f.nodev ? MS_NODEV : 0) |
         (f.noexec ? MS_NOEXEC : 0);
}

static int attach(int mount, int target, const char *stage, const char *path, struct error *error) {
  if (sys_move_mount(mount, target) < 0) return error_errno(error, stage, path, "attach the mount");
  return 0;
}

/* Sets `key=value` or `key` on a file system that is being configured. */
static int configure(int fs, const char *option) {
  char key[64];
  const char *equals = strchr(option, '=');
  if (!equals) return sys_fsconfig(fs, FSCONFIG_SET_FLAG_, option, NULL);
  snprintf(key, sizeof key, "%.*s", (int)(equals - option), option);
  return sys_fsconfig(fs, FSCONFIG_SET_STRING_, key, equals + 1);
}

/* Mounts a new file system of `type` on `target`; `options` comma-separated. The classic call where fsopen(2)
 * is missing (ENOSYS, Linux < 5.2); any other errno is fatal. */
static int mount_new(const char *type, int target, struct flags flags, const char *options, const char *path,
                     struct error *error) {
  cleanup_close int fs = sys_fsopen(type);
  if (fs < 0 && errno == ENOSYS) {
    char at[64];
    snprintf(at, sizeof at, TARGET_LINK, target);
    if (mount(SOURCE, at, type, classic_flags(flags), options) < 0)
      return error_errno(error, type, path, "mount");
    return 0;
  }
  if (fs < 0) return error_errno(error, type, path, "open the file system");
  if (sys_fsconfig(fs, FSCONFIG_SET_STRING_, "source", SOURCE) < 0)
    return error_errno(error, type, SOURCE, "set the source");
  char copy[512], *rest = NULL;
  if (snprintf(copy, sizeof copy, "%s", options) >= (int)sizeof copy)
    return error_plain(error, type, path, "set options: they are too long");
  for (char *option = strtok_r(copy, ",", &rest); option; option = strtok_r(NULL, ",", &rest))
    if (configure(fs, option) < 0) return error_errno(error, type, option, "set an option");
  if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE_, NULL, NULL) < 0) return error_errno(error, type, path, "create");
  cleanup_close int mount = sys_fsmount(fs, attribute_flags(flags));
  if (mount < 0) return error_errno(error, type, path, "mount");
  return attach(mount, target, type, path, error);
}

/* The flags that a mount already has and that a remount must repeat: they are locked in a user namespace. */
static unsigned long present_flags(const char *path) {
  struct statvfs status;
  if (statvfs(path, &status) < 0) return 0;
  return (status.f_flag & ST_RDONLY ? MS_RDONLY : 0) | (status.f_flag & ST_NOSUID ? MS_NOSUID : 0) |
         (status.f_flag & ST_NODEV ? MS_NODEV : 0) | (status.f_flag & ST_NOEXEC ? MS_NOEXEC : 0) |
         (status.f_flag & ST_NOATIME ? MS_NOATIME : 0) | (status.f_flag & ST_RELATIME ? MS_RELATIME : 0);
}

static int bind_classic(const char *source, int target, struct flags flags, struct error *error) {
  char at[64];
  snprintf(at, sizeof at, TARGET_LINK, target);
  if (mount(source, at, NULL, MS_BIND | (flags.rec ? MS_REC : 0), NULL) < 0)
    return error_errno(error, "bind", source, "mount");
  /* The descriptor still names what is below the new mount: the remount goes by the path that it had. */
  char path[PATH_MAX];
  ssize_t n = readlink(at, path, sizeof path - 1);
  if (n < 0) return error_errno(error, "bind", source, "find the mount point");
  path[n] = 0;
  if (mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | classic_flags(flags) | present_flags(path), NULL) < 0)
    return error_errno(error, "bind", source, "remount with its flags");
  return 0;
}

static int bind_new(int tree, int target, struct flags flags, const char *source, struct error *error) {
  struct mount_attributes attributes = {.attr_set = attribute_flags(flags)};
  if (attributes.attr_set && sys_mount_setattr(tree, flags.rec ? AT_RECURSIVE_ : 0, &attributes) < 0)
    return error_errno(error, "bind", source, "set mount flags");
  return attach(tree, target, "bind", source, error);
}

/* Binds `source` (file or directory) at `target`. mount_setattr(2) is younger (5.12) than open_tree(2) (5.2).
 */
static int bind_path(const char *source, const char *target, struct flags flags, struct error *error) {
  struct stat status;
  if (stat(source, &status) < 0) return error_errno(error, "bind", source, "find the source");
  cleanup_close int at = file_open_target(target, S_ISDIR(status.st_mode), error);
  if (at < 0) return -1;
  struct mount_attributes nothing = {0};
  if (sys_mount_setattr(-1, 0, &nothing) < 0 && errno == ENOSYS)
    return bind_classic(source, at, flags, error);
  cleanup_close int tree = sys_open_tree(
      AT_FDCWD, source, OPEN_TREE_CLONE_ | OPEN_TREE_CLOEXEC_ | (flags.rec ? AT_RECURSIVE_ : 0));
  if (tree < 0) return error_errno(error, "bind", source, "clone the mount");
  return bind_new(tree, at, flags, source, error);
}

/* A lower layer for a container of real root: the mount at `source` alone, its owners shifted into the
 * container's user namespace (mount_setattr(2), MOUNT_ATTR_IDMAP). A file system that cannot be idmapped
 * (EINVAL; ENOSYS before 5.12) is used as it is and reported: its files then belong to nobody inside. */
static int make_layer(const char *id, const char *source, int userns, struct error *error) {
  char path[64];
  struct stat status;
  snprintf(path, sizeof path, "/layers/%s", id);
  if (stat(source, &status) < 0) return error_errno(error, "layer", source, "find the source");
  cleanup_close int target = file_open_target(path, S_ISDIR(status.st_mode), error);
  if (target < 0) return -1;
  cleanup_close int tree = sys_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE_ | OPEN_TREE_CLOEXEC_);
  if (tree < 0) return error_errno(error, "layer", source, "clone the mount");
  struct mount_attributes attributes = {.attr_set = MOUNT_ATTR_IDMAP_, .userns_fd = (uint64_t)userns};
  if (userns >= 0 && sys_mount_setattr(tree, 0, &attributes) < 0) {
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
      return error_errno(error, "layer", source, "idmap");
    record_send("plain-layer", source, NULL);
  }
  return attach(tree, target, "layer", source, error);
}

static int make_symlink(const char *target, const char *path, struct error *error) {
  if (symlink(target, path) < 0) return error_errno(error, "symlink", path, "make");
  return 0;
}

/* A directory of that mode (octal) and owner; what is not given stays as it is. */
static int make_directory(const char *path, const char *mode, const char *uid, const char *gid,
                          struct error *error) {
  cleanup_close int fd = file_open_target(path, true, error);
  if (fd < 0) return -1;
  char at[64];
  snprintf(at, sizeof at, TARGET_LINK, fd);
  if (*uid && chown(at, (uid_t)strtoul(uid, NULL, 10), (gid_t)strtoul(gid, NULL, 10)) < 0)
    return error_errno(error, "directory", path, "chown");
  if (*mode && chmod(at, (mode_t)strtoul(mode, NULL, 8)) < 0)
    return error_errno(error, "directory", path, "chmod");
  return 0;
}

static int copy_file(const char *source, const char *path, struct error *error) {
  cleanup_close int placed = file_open_target(path, false, error);
  if (placed < 0) return -1;
  cleanup_close int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return error_errno(error, "copy", path, "open");
  return file_copy(source, fd, error);
}

/* Hides a path: /dev/null over a file, an empty read-only tmpfs over a directory (runc's maskedPaths). */
static int mask(const char *path, struct error *error) {
  struct stat status;
  if (lstat(path, &status) < 0) return errno == ENOENT ? 0 : error_errno(error, "mask", path, "find");
  if (!S_ISDIR(status.st_mode)) return bind_path("/new/dev/null", path, (struct flags){.ro = true}, error);
  cleanup_close int target = file_open_target(path, true, error);
  if (target < 0) return -1;
  return mount_new("tmpfs", target, (struct flags){.ro = true, .nosuid = true, .nodev = true},
                   "size=0,mode=555", path, error);
}

/* Makes a path (and what is mounted below it) read-only by a bind mount of itself. */
static int make_read_only(const char *path, struct error *error) {
  struct stat status;
  if (lstat(path, &status) < 0) return errno == ENOENT ? 0 : error_errno(error, "read-only", path, "find");
  return bind_path(path, path, (struct flags){.ro = true, .rec = true}, error);
}

static int mount_type(const struct step *step, struct error *error) {
  const char *type = step_argument(step, 2), *path = step_argument(step, 3);
  cleanup_close int target = file_open_target(path, true, error);
  if (target < 0) return -1;
  return mount_new(type, target, parse_flags(step_argument(step, 4)), step_argument(step, 5), path, error);
}

/* Whether the last argument of a step is `optional`: its source was seen in a directory of the host and may
 * be gone by now. */
static bool is_optional(const struct step *step) {
  return !strcmp(step->strings[step->count - 1], "optional");
}

/* One mount step; argument 1 is where it runs. */
static int execute(const struct step *step, int userns, struct error *error) {
  const char *name = step->strings[0], *a = step_argument(step, 2), *b = step_argument(step, 3);
  if (!strcmp(name, "base")) return mount_base(a, error);
  if (!strcmp(name, "layer")) return make_layer(a, b, userns, error);
  if (!strcmp(name, "mount")) return mount_type(step, error);
  if (!strcmp(name, "overlay"))
    return overlay_mount(a, b, step_argument(step, 4), has_word(step_argument(step, 5), "ro"),
                         has_word(step_argument(step, 5), "trusted"), error);
  if (!strcmp(name, "bind")) return bind_path(a, b, parse_flags(step_argument(step, 4)), error);
  if (!strcmp(name, "directory"))
    return make_directory(a, b, step_argument(step, 4), step_argument(step, 5), error);
  if (!strcmp(name, "symlink")) return make_symlink(a, b, error);
  if (!strcmp(name, "copy")) return copy_file(a, b, error);
  if (!strcmp(name, "mask")) return mask(a, error);
  if (!strcmp(name, "read-only")) return make_read_only(a, error);
  return error_plain(error, "plan", name, "find the mount step");
}

/* Other steps may have any first argument: a host name, a command. */
static bool is_mount_step(const char *name) {
  static const char *const names[] = {"base",      "layer",   "mount", "overlay", "bind",
                                      "directory", "symlink", "copy",  "mask",    "read-only"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(name, names[i])) return true;
  return false;
}

int mounts_execute(const struct plan *plan, const char *where, int userns, struct error *error) {
  for (size_t i = 0; i < plan->count; i++) {
    if (!is_mount_step(plan->steps[i].strings[0])) continue;
    if (strcmp(step_argument(&plan->steps[i], 1), where) != 0) continue;
    if (execute(&plan->steps[i], userns, error) == 0) continue;
    if (error->code != ENOENT || !is_optional(&plan->steps[i])) return -1;
  }
  return 0;
}

/* The scratch root is a tmpfs, so nothing of it is ever on a disk (bubblewrap's way). pivot_root(2) moves the
 * host's root to /old, where what the scratch mount covered is visible again. */
int mount_base(const char *directory, struct error *error) {
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    return error_errno(error, "mount namespace", "/", "make mounts private");
  if (mount(SOURCE, directory, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m") < 0)
    return error_errno(error, "mount namespace", directory, "mount a scratch root");
  if (chdir(directory) < 0) return error_errno(error, "mount namespace", directory, "enter the scratch root");
  static const char *const directories[] = {"old", "new", "data", "layers", "merged"};
  for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
    if (mkdir(directories[i], 0755) < 0)
      return error_errno(error, "mount namespace", directories[i], "make directory");
  if (syscall(SYS_pivot_root, ".", "old") < 0)
    return error_errno(error, "pivot_root", directory, "enter the scratch root");
  if (chdir("/") < 0) return error_errno(error, "pivot_root", "/", "enter the scratch root");
  return 0;
}

/* pivot_root(".", ".") puts the old root on top of the new one, where it is detached at once (pivot_root(2),
 * NOTES). */
int mount_pivot(struct error *error) {
  if (chdir("/new") < 0) return error_errno(error, "pivot_root", "/new", "enter the new root");
  if (syscall(SYS_pivot_root, ".", ".") < 0)
    return error_errno(error, "pivot_root", "/new", "change the root");
  if (umount2(".", MNT_DETACH) < 0) return error_errno(error, "pivot_root", "/", "detach the old root");
  if (chdir("/") < 0) return error_errno(error, "pivot_root", "/", "enter the new root");
  return 0;
}
