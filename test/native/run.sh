#!/usr/bin/env bash
# npm run test:native [SECONDS]: what only a machine can see in native/. All parts run; any failure fails it.
#   fuzzing        each decoder of bytes that others have written, by libFuzzer, for so many seconds (default 10)
#   sanitizers     test/inside and the tests of faults, with a mydocker-init that has AddressSanitizer and UndefinedBehaviorSanitizer, and
#                  a libmydocker.so that has the latter (the former wants to be everywhere in Node, whose forks it breaks)
#   hardening      what the compiler and linker have made of the flags of binding.gyp
# MYDOCKER_NATIVE_RESULTS: a file that gets a line of JSON for each part, with the runs of a fuzzer or the tests that passed.
set -uo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-10}
status=0
room=$(mktemp -d /var/tmp/vitest-pool-mydocker-native.XXXXXX)
trap 'rm -rf "$room"' EXIT
chmod 755 "$room"
results=${MYDOCKER_NATIVE_RESULTS:-/dev/null}
: >"$results"
part() {
  local passed=true count
  echo "── $*"
  "$@" 2>&1 | tee "$room/part.log" || passed=false
  count=$(sed -n 's/^stat::number_of_executed_units: *//p; s/.*Tests .* \([0-9]\+\) passed.*/\1/p' "$room/part.log" | tail -n 1)
  printf '{ "part": "%s", "passed": %s, "count": %s }\n' "${*:1:$(($# > 1 ? 2 : 1))}" $passed "${count:-null}" >>"$results"
  [ $passed = true ] && return
  status=1
  echo "failed: $*" >&2
  return 1
}

# Sources of a target of binding.gyp.
sources() {
  python3 - "$1" <<'PYTHON'
import ast, sys
gyp = ast.literal_eval(open('native/binding.gyp').read())
print(*('native/' + source for target in gyp['targets'] if target['target_name'] == sys.argv[1] for source in target['sources']))
PYTHON
}
warnings=(-Wall -Wextra -Wconversion -Wshadow -Werror)
undefined=(-std=gnu11 -g -O1 -fno-omit-frame-pointer -fsanitize=undefined -fno-sanitize-recover=undefined "${warnings[@]}")
both=("${undefined[@]}" -fsanitize=address)

# reporting NAME: flags of a build whose reports go to the file.
reporting() { printf '%s\n' "-DBUILD=\"$1\"" "-DREPORTS=\"$room/reports\"" test/native/sanitizer.c; }
# Behind the count of their bytes.
reports() { tail -c +9 "$room/reports" | tr -d '\0' | grep -av '^began ' | strings; }

notices_errors() {
  local -a build
  mapfile -t build < <(reporting works)
  gcc "${both[@]}" "${build[@]}" -o "$room/works" test/native/sanitizer-works.c || return
  "$room/works" memory
  "$room/works" arithmetic
  for error in heap-use-after-free signed-integer-overflow; do
    reports | grep $error >/dev/null || { echo "not noticed: $error"; return 1; }
  done
  rm "$room/reports"
}

# A copy of the checkout, with what was built here in place of the other.
builds_sanitized() {
  local release="$room/native/build/Release"
  local -a build
  tar -c --exclude=./.git --exclude=./coverage . | tar -x -C "$room" || return
  mapfile -t build < <(reporting mydocker-init)
  # shellcheck disable=SC2046
  gcc "${both[@]}" "${build[@]}" -o "$release/mydocker-init" $(sources mydocker-init) || return
  mapfile -t build < <(reporting libmydocker)
  # shellcheck disable=SC2046
  gcc "${undefined[@]}" "${build[@]}" -shared -fPIC -fvisibility=hidden -o "$release/libmydocker.so" $(sources mydocker)
}

passes_sanitized() {
  (
    cd "$room" || exit
    NO_COLOR=1 MYDOCKER_MUST_WORK=1 node node_modules/vitest/vitest.mjs run --root . --config test/vitest.config.ts --project unit --project trust \
      test/inside test/trust/faults test/trust/injection
  )
}

# Each way to begin has been gone, and nothing was reported.
reports_nothing() {
  for began in 'mydocker-init launcher' 'mydocker-init janitor' 'mydocker-init zygote' libmydocker; do
    grep -aq "began $began" "$room/reports" || { echo "never began: $began"; return 1; }
  done
  ! reports | grep .
}

# fuzzes NAME SOURCE…: test/native/fuzz-NAME.c with the sources that it needs, from a corpus of its seeds.
fuzzes() {
  local name=$1 sources=("${@:2}")
  clang "${both[@]}" -fsanitize=fuzzer -o "$room/fuzz-$name" "test/native/fuzz-$name.c" "${sources[@]/#/native/}" || return
  mkdir -p "$room/corpus-$name"
  cp test/native/corpus/"$name"/* "$room/corpus-$name" || return
  (cd "$room" && "./fuzz-$name" -max_total_time="$seconds" -max_len=8192 -print_final_stats=1 -verbosity=0 "corpus-$name")
}

is_hardened() {
  local init=native/build/Release/mydocker-init file
  readelf -hW "$init" | grep 'Position-Independent Executable' >/dev/null || { echo "$init is at a fixed place"; return 1; }
  ! readelf -lW "$init" | grep INTERP || { echo "$init needs libraries"; return 1; }
  for file in "$init" native/build/Release/libmydocker.so native/build/Release/libmydocker-compact.so; do
    readelf -lW "$file" | grep GNU_RELRO >/dev/null && readelf -dW "$file" | grep 'Flags: NOW' >/dev/null || { echo "$file: relocations stay writable"; return 1; }
    readelf -lW "$file" | grep 'GNU_STACK.* RW ' >/dev/null || { echo "$file has an executable stack"; return 1; }
  done
  for symbol in __stack_chk_fail __memcpy_chk; do
    nm "$init" | grep "$symbol" >/dev/null && nm -D native/build/Release/libmydocker.so | grep "$symbol" >/dev/null || { echo "$symbol is missing"; return 1; }
  done
}

part is_hardened
part fuzzes plan plan.c error.c text.c
part fuzzes request dirty.c huge.c inheritance.c descriptors.c plan.c record.c error.c text.c namespaces.c files.c privileges.c payload.c seccomp.c
part fuzzes message descriptors.c text.c
part fuzzes filter descriptors.c plan.c record.c error.c text.c
part fuzzes ranges
part fuzzes processes descriptors.c plan.c record.c error.c text.c seccomp.c
part fuzzes text error.c files.c text.c
part notices_errors
part builds_sanitized && part passes_sanitized && part reports_nothing
exit "$status"
