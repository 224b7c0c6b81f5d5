# Sourced by run.sh: gives an ordinary user memory and pids cgroups of its own, as a systemd login session with Delegate=
# does. Makes new cgroups only; where the hierarchy does not offer those controllers it makes none.

delegated=() # the cgroups made, parents first
entered=()   # the cgroup.procs files by which a process joins them

# delegate UID
delegate() {
  local uid=$1 controller mount own parent
  mount=$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
  own=$(sed -n 's/^0:://p' /proc/self/cgroup)
  if [ -n "$mount" ] && grep -qw memory "$mount/cgroup.controllers"; then
    for parent in "$mount$own" "$(dirname "$mount$own")" "$mount"; do
      delegate_v2 "$uid" "$parent/vitest-pool-mydocker-user.$$" && return
    done
    return
  fi
  for controller in memory pids; do
    mount=$(awk -v c="$controller" '$0 ~ / - cgroup / && $NF ~ "(^|,)" c "(,|$)" { print $5; exit }' /proc/self/mountinfo)
    own=$(sed -n "s/^[0-9]*:[^:]*\b$controller\b[^:]*://p" /proc/self/cgroup)
    [ -n "$mount" ] && make_delegated "$uid" "$mount$own/vitest-pool-mydocker-user.$$"
  done
}

# delegate_v2 UID DIRECTORY: a cgroup with the controllers, and one in it for the processes (cgroups(7), no internal processes).
delegate_v2() {
  mkdir "$2" 2>/dev/null || return
  if ! [ -e "$2/memory.max" ]; then
    rmdir "$2"
    return 1
  fi
  delegated+=("$2")
  grep -qw pids "$2/cgroup.controllers" && echo +pids >"$2/cgroup.subtree_control"
  echo +memory >"$2/cgroup.subtree_control"
  chown "$1" "$2" "$2/cgroup.procs" "$2/cgroup.threads" "$2/cgroup.subtree_control"
  make_delegated "$1" "$2/main"
}

make_delegated() {
  mkdir "$2" || return
  delegated+=("$2")
  entered+=("$2/cgroup.procs")
  chown -R "$1" "$2"
}

enter_delegated() {
  local procs
  for procs in ${entered[@]+"${entered[@]}"}; do echo "$BASHPID" >"$procs"; done
}

# Removes them with whatever the user left below; a cgroup that still has processes stays, with rmdir's message.
undelegate() {
  local index
  for ((index = ${#delegated[@]} - 1; index >= 0; index--)); do
    find "${delegated[index]}" -depth -type d -exec rmdir {} +
  done
}
