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
# The warnings of binding.gyp, for users' compilers too, which may know more of them.
check gcc -std=gnu11 -Wall -Wextra -Wconversion -Wshadow -Werror -fsyntax-only -DLOG='""' native/*.c test/native/*.c
check npx tsx test/native/fork-safety.ts
# NULL is a pointer in C, so it may end a list of arguments.
check cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
  --suppress=missingIncludeSystem --suppress=varFuncNullUB native
exit "$status"
