#!/bin/sh
# supported.sh CHOICE...: what binding.gyp can have of its choices from this machine's compiler. A choice is flags, or several of which
# the first that work are taken, between them `|`.
works() {
  # With a call that _FORTIFY_SOURCE concerns. -Werror: some compilers only warn of what they do not know.
  # shellcheck disable=SC2086
  printf '#include <string.h>\nint main(int n, char **a) { char b[9] = ""; memcpy(b, *a, n); return *b; }\n' |
    ${CC:-cc} -x c -O2 -Werror $1 -o /dev/null - 2>/dev/null
}
for choice; do
  IFS='|'
  for flags in $choice; do
    unset IFS
    works "$flags" && echo "$flags" && break
  done
done
