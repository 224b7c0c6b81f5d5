#!/usr/bin/env bash
# npm run test:native [SECONDS]: what only a machine can see in native/. All parts run; any failure fails it.
#   sanitizers     the tests of test/inside with a mydocker-init that has AddressSanitizer and UndefinedBehaviorSanitizer
#   fuzzing        plan_decode, by libFuzzer, for so many seconds (default 30)
set -uo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-30}
status=0
room=$(mktemp -d /var/tmp/vitest-pool-mydocker-native.XXXXXX)
trap 'rm -rf "$room"' EXIT
part() {
  echo "── $1"
  shift
  "$@" || { status=1; echo "failed: $*" >&2; }
}

# Sources of a target of binding.gyp.
sources() {
  python3 - "$1" <<'PYTHON'
import ast, sys
gyp = ast.literal_eval(open('native/binding.gyp').read())
print(*('native/' + source for target in gyp['targets'] if target['target_name'] == sys.argv[1] for source in target['sources']))
PYTHON
}
flags=(-std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined)

# A copy of the checkout, with the helper in place of the built one.
sanitized_tests_pass() {
  tar -c --exclude=./.git --exclude=./coverage . | tar -x -C "$room"
  # shellcheck disable=SC2046
  gcc "${flags[@]}" -fno-omit-frame-pointer -DLOG="\"$room/sanitizer\"" -o "$room/native/build/Release/mydocker-init" $(sources mydocker-init) \
    test/native/sanitizer-options.c || return
  (
    cd "$room" || exit
    MYDOCKER_MUST_WORK=1 node node_modules/vitest/vitest.mjs run --root . --config test/vitest.config.ts --project unit test/inside
  ) || return
  ! cat "$room"/sanitizer.* 2>/dev/null
}

fuzzes() {
  clang "${flags[@]}" -fsanitize=fuzzer -o "$room/fuzz-plan" test/native/fuzz-plan.c native/plan.c native/error.c || return
  mkdir -p "$room/corpus"
  # A plan of two steps to begin with.
  printf '\2\0\0\0command\0true\0\1\0\0\0timings\0' >"$room/corpus/plan"
  (cd "$room" && ./fuzz-plan -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 corpus)
}

part 'fuzzing of plan_decode' fuzzes
part 'test/inside with sanitizers' sanitized_tests_pass
exit "$status"
