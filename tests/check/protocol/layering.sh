#!/bin/sh
# Is the protocol library free of GStreamer, and does each of its files include only
# those of its own layer and of the layers below?
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

# The layers, the lowest first
layers='json resource intl digest
error poll
http proxies earlyanswer download task store clips part catalogue rules request uri localfile
client
run submission
upload references
generation
generationclips generationsubmit
generationrun
result'

get_layer () {
  echo "$layers" | grep -nw "$1" | cut -d: -f1
}

for file in "$2"/foxapi*.[ch]; do
  name=$(basename "${file%.*}")
  own=$(get_layer "${name#foxapi}")
  if [ -z "$own" ]; then
    echo "$name has no layer yet."
    exit 1
  fi
  for header in $(sed -n 's/^#include "foxapi\(.*\)\.h"/\1/p' "$file"); do
    if [ "$(get_layer "$header")" -gt "$own" ]; then
      echo "$file includes foxapi$header.h, which is of a layer above it."
      exit 1
    fi
  done
done
