#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each C file of the tests stands in a meson.build: one that was renamed or left out
# would never run again, and nobody would hear of it.

cd "$(dirname "$0")" || exit 1
status=0
for file in $(find . -name '*.c' | sort); do
  name=$(basename "$file" .c)
  folder=$(dirname "$file")
  lists=$folder/meson.build
  [ -f "$lists" ] || lists=$folder/../meson.build
  if ! grep -qE "['/]$name(\.c)?'" "$lists"; then
    echo "$file is not in $lists"
    status=1
  fi
done
exit $status
