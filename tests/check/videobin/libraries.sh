#!/bin/sh
# Does each plugin load what it needs, and nothing that only the other one does?
#
# usage: libraries.sh SOURCE-PLUGIN BIN-PLUGIN
#
# SPDX-License-Identifier: LGPL-2.1-or-later

set -eu

needed() {
  readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

# refuse PLUGIN SOMETHING-THAT-IT-NEEDS PATTERN
refuse() {
  # Without what is there for sure the check would pass for nothing.
  needed "$1" | grep -q "$2"
  if needed "$1" | grep -E "$3"; then
    echo "$1 loads the libraries above."
    exit 1
  fi
}

refuse "$1" libsoup-3 'libgstvideo|libgstapp|liborc|libpng'
refuse "$2" libgstvideo 'libsoup|libjson-glib'
