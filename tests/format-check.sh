#!/bin/sh
# Is every C source laid out as GNU indent, with the options of .indent.pro, would
# lay it out? With --fix, lays them out. Headers are not looked at, as in GStreamer:
# indent takes G_BEGIN_DECLS for the start of a declaration.
#
# SPDX-License-Identifier: LGPL-2.1-or-later

set -eu

# Later versions lay out pointers in another way.
case "$(indent --version)" in
  *2.2.12) ;;
  *)
    echo "Skipped: this takes indent 2.2.12, not $(indent --version)"
    exit 77
    ;;
esac

cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# indent settles after two passes at most.
lay_out () {
  indent "$1" -o "$scratch/once.c" 2> /dev/null
  indent "$scratch/once.c" -o "$scratch/twice.c" 2> /dev/null
}

status=0
for file in $(find docs gst tests -name '*.c' | sort); do
  lay_out "$file"
  if ! cmp -s "$file" "$scratch/twice.c"; then
    if [ "${1-}" = --fix ]; then
      cp "$scratch/twice.c" "$file"
    else
      diff -u "$file" "$scratch/twice.c" || true
      status=1
    fi
  fi
done

if [ "$status" -ne 0 ]; then
  echo "Not laid out as .indent.pro says; tests/format-check.sh --fix does it."
fi
exit "$status"
