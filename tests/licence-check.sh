#!/bin/sh
# Does every file that can hold a comment say which licence it has?
#
# SPDX-License-Identifier: LGPL-2.1-or-later

set -eu

cd "$(dirname "$0")/.."
missing=$(find .ci gst tests ./*.sh meson* docs/examples \
  docs/internals/debian/rules -type f \
  ! -path '*/corpus/*' ! -name '*.json' ! -name '*.pyc' ! -name '*.pot' \
  -exec grep -L SPDX-License-Identifier {} +)
[ -z "$missing" ] || {
  echo "No SPDX-License-Identifier in:"
  echo "$missing"
  exit 1
}
