#pragma once

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The mount API of Linux 5.2 and mount_setattr(2) of 5.12, called by number: glibc has wrappers from 2.36
 * only, and before it <linux/mount.h> cannot be included beside <sys/mount.h>. The numbers are the same on
 * every architecture.
 */
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

#define OPEN_TREE_CLONE_ 1
#define OPEN_TREE_CLOEXEC_ 02000000
#define AT_RECURSIVE_ 0x8000
#define AT_EMPTY_PATH_ 0x1000
#define MOVE_MOUNT_F_EMPTY_PATH_ 0x04
#define MOVE_MOUNT_T_EMPTY_PATH_ 0x40
#define FSCONFIG_SET_FLAG_ 0
#define FSCONFIG_SET_STRING_ 1
#define FSCONFIG_CMD_CREATE_ 6
#define MOUNT_ATTR_RDONLY_ 0x1
#define MOUNT_ATTR_NOSUID_ 0x2
#define MOUNT_ATTR_NODEV_ 0x4
#define MOUNT_ATTR_NOEXEC_ 0x8
#define MOUNT_ATTR_IDMAP_ 0x100000

struct mount_attributes {
  uint64_t attr_set, attr_clr, propagation, userns_fd;
};

static inline int sys_open_tree(int directory, const char *path, unsigned int flags) {
  return (int)syscall(SYS_open_tree, directory, path, flags);
}
static inline int sys_move_mount(int mount, int target) {
  return (int)syscall(SYS_move_mount, mount, "", target, "",
                      MOVE_MOUNT_F_EMPTY_PATH_ | MOVE_MOUNT_T_EMPTY_PATH_);
}
static inline int sys_fsopen(const char *type) {
  return (int)syscall(SYS_fsopen, type, 1 /* FSOPEN_CLOEXEC */);
}
static inline int sys_fsconfig(int fs, unsigned int command, const char *key, const char *value) {
  return (int)syscall(SYS_fsconfig, fs, command, key, value, 0);
}
static inline int sys_fsmount(int fs, unsigned int attributes) {
  return (int)syscall(SYS_fsmount, fs, 1 /* FSMOUNT_CLOEXEC */, attributes);
}
static inline int sys_mount_setattr(int mount, unsigned int flags, struct mount_attributes *attributes) {
  return (int)syscall(SYS_mount_setattr, mount, "", flags | AT_EMPTY_PATH_, attributes, sizeof *attributes);
}
