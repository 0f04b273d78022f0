#!/bin/sh
# Is the protocol library free of GStreamer? Neither do its objects need a
# symbol of it, nor do its sources include one of its headers.
#
# usage: layering.sh LIBRARY SOURCE-DIRECTORY
#
# SPDX-License-Identifier: LGPL-2.1-or-later

set -eu

# Without the symbols the check would pass for nothing.
symbols=$("${NM:-nm}" -A -u "$1")
echo "$symbols" | grep -q g_error_new

if echo "$symbols" | grep -E '[[:space:]]_?gst_'; then
  echo "The protocol library needs the symbols above."
  exit 1
fi
if grep -nE '#[[:space:]]*include[[:space:]]*[<"]gst(/|foxapi)' "$2"/*.[ch]; then
  echo "The protocol library includes the headers above."
  exit 1
fi
