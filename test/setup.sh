#!/usr/bin/env bash
# npm run setup: everything that working on this package needs, on a fresh Debian or Ubuntu that has Node.
set -euo pipefail
cd "$(dirname "$0")/.."

# Compiler of native/ (and its formatter, analyzer, fuzzer), what the tests run inside and outside of containers, newuidmap for
# ordinary users, servers for services, ways out of a bridge.
packages=(gcc g++ make python3 libc6-dev clang-format clang-tidy cppcheck clang libclang-rt-dev git perl procps util-linux iproute2 stress-ng uidmap podman crun faketime redis-server postgresql passt slirp4netns)

installed() { [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else
    echo "setup: this needs root: $*" >&2
    return 1
  fi
}

install_packages() {
  local missing=()
  for package in "${packages[@]}"; do installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} = 0 ] && return
  as_root apt-get update --quiet
  without_daemons env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends "${missing[@]}"
}

# Runs a command as root while packages may start no daemon (invoke-rc.d(8)): the servers are for containers.
without_daemons() {
  local policy=/usr/sbin/policy-rc.d status=0
  [ -e "$policy" ] && { as_root "$@"; return; }
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  as_root "$@" || status=$?
  as_root rm -f "$policy"
  return $status
}

if command -v apt-get >/dev/null; then
  install_packages
else
  echo "setup: not Debian or Ubuntu; please install the equivalents of: ${packages[*]}" >&2
fi

# As locked. Not `npm ci`: it refuses where a registry mirror lacks the packages of some other operating system.
# The package's own scripts build native/ and dist/.
npm install --no-save --no-audit --no-fund
