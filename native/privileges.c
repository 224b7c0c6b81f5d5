#define _GNU_SOURCE
#include "privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "text.h"

/* Needs CAP_SETPCAP, so it comes before a change of user. */
static int bound_capabilities(uint64_t keep, struct error *error) {
  for (int capability = 0; capability < 64; capability++) {
    if (keep & (UINT64_C(1) << capability)) continue;
    /* EINVAL: beyond the kernel's last capability. */
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL)
      return error_errno(error, "capabilities", "", "drop from the bounding set");
  }
  return 0;
}

static int set_capabilities(uint64_t keep, struct error *error) {
  /* EINVAL: a kernel without ambient capabilities (before 4.3). */
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
    return error_errno(error, "capabilities", "", "clear the ambient set");
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {
      {.effective = (uint32_t)keep, .permitted = (uint32_t)keep},
      {.effective = (uint32_t)(keep >> 32), .permitted = (uint32_t)(keep >> 32)}};
  if (syscall(SYS_capset, &header, data) < 0) return error_errno(error, "capabilities", "", "set");
  return 0;
}

static uint64_t kept_capabilities(const struct plan *plan) {
  uint64_t keep = 0;
  long long number;
  const struct step *step;
  for (size_t n = 0; (step = plan_find(plan, "keep-capability", n)); n++)
    if ((number = number_of(step_argument(step, 1), 63)) >= 0) keep |= UINT64_C(1) << number;
  return keep;
}

int privileges_for_init(struct error *error) {
  if (bound_capabilities(UINT64_C(1) << CAP_KILL, error) < 0) return -1;
  if (set_capabilities(UINT64_C(1) << CAP_KILL, error) < 0) return -1;
  /* Not dumpable: /proc/1/{exe,fd,root,mem} are closed even to a process of the same user, so that no test
   * writes to the host's copy of this program through /proc/1/exe (the way of runc CVE-2019-5736). */
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
    return error_errno(error, "privileges", "", "make PID 1 undumpable");
  return privileges_no_new(error);
}

/* By system calls: libc would have other threads follow, for which it takes a lock, and a process that was
 * just forked has none. */
static int change_user(const struct plan *plan, struct error *error) {
  const struct step *step = plan_find(plan, "user", 0);
  if (!step) return 0;
  long long uid = number_of(step_argument(step, 1), UINT32_MAX - 1);
  long long gid = number_of(step_argument(step, 2), UINT32_MAX - 1);
  if (uid < 0 || gid < 0) return error_plain(error, "plan", "user", "decode");
  if (!plan_find(plan, "deny-setgroups", 0) && syscall(SYS_setgroups, 0, NULL) < 0)
    return error_errno(error, "user", "", "empty the supplementary groups");
  /* Capabilities survive the change of user: what becomes of them is decided after it. */
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return error_errno(error, "user", "", "keep capabilities");
  if (syscall(SYS_setresgid, gid, gid, gid) < 0)
    return error_errno(error, "user", step_argument(step, 2), "set the group");
  if (syscall(SYS_setresuid, uid, uid, uid) < 0)
    return error_errno(error, "user", step_argument(step, 1), "set the user");
  return 0;
}

int privileges_become_user(const struct plan *plan, struct error *error) {
  uint64_t keep = kept_capabilities(plan);
  if (bound_capabilities(keep, error) < 0) return -1;
  if (change_user(plan, error) < 0) return -1;
  return set_capabilities(keep, error);
}

int privileges_no_new(struct error *error) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return error_errno(error, "privileges", "", "set no_new_privs");
  return 0;
}
