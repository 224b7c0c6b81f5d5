#!/usr/bin/env bash
# npm run check: formatting, lint and types of everything. All checks run; any failure fails it.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0
check() {
  echo "── $*"
  "$@" || status=1
}
check npx biome check --error-on-warnings .
check npx tsc --noEmit --project tsconfig.json
check clang-format --dry-run -Werror native/*.[ch]
exit "$status"
