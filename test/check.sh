#!/usr/bin/env bash
# npm run check: formatting, lint, types and warnings of everything. All checks run; any failure fails it.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0
check() {
  echo "── $*"
  "$@" || status=1
}
check npx biome check --error-on-warnings .
check npx tsc --noEmit --project tsconfig.json
check clang-format --dry-run -Werror native/*.[ch] test/native/*.c
# The warnings of binding.gyp are errors here only: users' compilers may know more of them. -O2: some come with optimization.
compiles() {
  local compiler file
  for compiler in gcc clang; do
    for file in native/*.c test/native/*.c; do
      "$compiler" -std=gnu11 -O2 -D_FORTIFY_SOURCE=2 -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Werror -DREPORTS='""' -DBUILD='""' -c -o /dev/null "$file" || return
    done
  done
}
check compiles
# One file each: taken together, it forgets what it knows of va_start.
tidies() { printf '%s\0' native/*.c | xargs -0 -n1 -P2 sh -c 'clang-tidy --quiet "$1" -- -std=gnu11 2>/dev/null' sh; }
check tidies
check npx tsx test/native/fork-safety.ts
# NULL is a pointer in C, so it may end a list of arguments.
check cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
  --suppress=missingIncludeSystem --suppress=varFuncNullUB native
check npx tsx test/schema/main.ts --check
check npx tsx test/trust/reliability.ts --check
exit "$status"
