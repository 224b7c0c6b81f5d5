#!/usr/bin/env bash
# npm test: as root, the tests of root and then those of an ordinary user; as an ordinary user, the latter. End-to-end tests have
# their containers forked from zygotes; root runs them once more with containers that start cold.
# Arguments go to Vitest: npm test -- test/e2e/death.test.ts
# --trust (npm run test:trust): only what shows that containers hold, with a summary by category.
# MYDOCKER_TRUST_RESULTS: with --trust, a directory that receives the summary of each run (npm run reliability).
# MYDOCKER_TEST_REPORTS: a directory that receives one Vitest JSON report per run.
set -uo pipefail
cd "$(dirname "$0")/.."

uid=1000
reports=${MYDOCKER_TEST_REPORTS:-}
results=${MYDOCKER_TRUST_RESULTS:-}
status=0
trust=no
if [ "${1:-}" = --trust ]; then
  trust=yes
  shift
  set -- --project 'trust*' --reporter=./test/trust/summary.ts "$@"
fi
asked=("$@")

# vitest_run NAME START [ARGUMENT…]: the tests of this checkout, START being how containers get their Node where a test does not say.
vitest_run() {
  local name=$1 start=$2
  shift 2
  local reporters=(--reporter=default)
  [ -n "$reports" ] && reporters+=(--reporter=json "--outputFile.json=$reports/$name.json")
  # Tests that were asked for by name may be the other user's, or have no part in a run.
  [ ${#asked[@]} = 0 ] || reporters+=(--passWithNoTests)
  MYDOCKER_TRUST_RESULTS=${results:+$results/$name.json} MYDOCKER_TEST_START=$start node node_modules/vitest/vitest.mjs run --root . --config test/vitest.config.ts "${reporters[@]}" "$@"
}

if [ "${1:-}" = --as-ordinary-user ]; then # how the script calls itself, see below
  shift
  asked=("$@")
  vitest_run user zygote "$@"
  exit
fi

if [ "$(id -u)" != 0 ]; then
  vitest_run user zygote "$@"
  exit
fi

vitest_run root zygote "$@" || status=$?
if [ "$trust" = no ]; then
  echo
  echo "── end to end, with containers that start cold ──"
  # Those of our command and of zygotes do not depend on it.
  cold=("$@")
  [ $# != 0 ] || mapfile -t cold < <(printf '%s\n' test/e2e/*.test.ts | grep -vE '/(cli|zygote)[.-]')
  vitest_run root-exec exec --project e2e "${cold[@]}" || status=$?
fi

# The ordinary user has a copy of the checkout and of what the tests have downloaded, and the memory cgroup that a login
# session would delegate to it. /var/tmp: containers cover /tmp, and people do not work there.
room=$(mktemp -d /var/tmp/vitest-pool-mydocker-user.XXXXXX)
source test/support/delegate.sh
cleanup() {
  undelegate
  rm -rf "$room"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

chmod 755 "$room"
mkdir -p "$room/home/.cache" "$room/bin" "$room/checkout"
tar -c --exclude=./.git --exclude=./coverage . | tar -x -C "$room/checkout"
# What was used last: of other states of the sources there may be gigabytes.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vitest-pool-mydocker-test
mkdir "$room/home/.cache/vitest-pool-mydocker-test"
for kind in node-linux base-4.1 base-5.1 vitest-4.1 vitest-5.1 package; do
  count=1
  [ $kind = node-linux ] && count=9
  find "$cache" -mindepth 1 -maxdepth 1 -name "$kind*" -printf '%T@ %p\n' 2>/dev/null | sort -rn | head -n $count | cut -d' ' -f2- |
    while read -r directory; do cp -a --reflink=auto "$directory" "$room/home/.cache/vitest-pool-mydocker-test/"; done
done
for place in $reports $results; do chmod a+rwx "$place"; done
# Elsewhere everybody may make network devices in namespaces of his own.
alone=()
if [ -c /dev/net/tun ] && ! setpriv --reuid=$uid --regid=$uid --clear-groups test -w /dev/net/tun; then
  mknod --mode=666 "$room/tun" c 10 200
  alone=(unshare --mount sh -c 'mount --bind "$0" /dev/net/tun && exec "$@"' "$room/tun")
fi
# A node below root's home directory is out of reach for others.
setpriv --reuid=$uid --regid=$uid --clear-groups test -x "$(command -v node)" || cp "$(command -v node)" "$room/bin/"
chown -R $uid:$uid "$room/home" "$room/checkout"

delegate $uid
echo
echo "── the same as an ordinary user (uid $uid) ──"
(
  enter_delegated
  cd "$room/checkout" || exit
  # What npm and a login session have set is root's.
  for name in $(compgen -e | grep -E '^(npm_|XDG_|INIT_CWD$)'); do unset "$name"; done
  HOME="$room/home" PATH="$room/bin:$PATH" USER=ordinary LOGNAME=ordinary exec \
    "${alone[@]}" setpriv --reuid=$uid --regid=$uid --clear-groups --inh-caps=-all \
    bash test/run.sh --as-ordinary-user "$@"
) || status=$?
exit "$status"
