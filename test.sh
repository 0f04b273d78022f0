#!/bin/sh
# Sets up, builds, and runs all tests. The last line is "N passed, N failed".
#
#   ./test.sh                      as users have it
#   ./test.sh address              under AddressSanitizer and
#                                  UndefinedBehaviorSanitizer
#   ./test.sh thread               under ThreadSanitizer
#   ./test.sh plain --suite docs   what follows the kind is given to meson test
#
# SPDX-License-Identifier: LGPL-2.1-or-later

set -eu

cd "$(dirname "$0")"
kind=${1-plain}
[ $# -eq 0 ] || shift
build=build-$kind
wrapper=
# The campaign kills and times its clients, which sanitizers make too slow. The
# documentation runs GStreamer's own programs, which cannot load what has one.
suites="--no-suite campaign --no-suite style --no-suite docs"
options="-Dwerror=true -Dwarning_level=3"

case "$kind" in
  plain) ;;
  address)
    options="$options -Db_sanitize=address,undefined -Db_lundef=false"
    wrapper="$PWD/tests/sanitizers/address.sh"
    ;;
  thread)
    options="$options -Db_sanitize=thread -Db_lundef=false"
    wrapper="$PWD/tests/sanitizers/thread.sh $PWD/$build"
    ;;
  *)
    echo "Not known: $kind. One of: plain, address, thread" >&2
    exit 2
    ;;
esac

./setup.sh test
# shellcheck disable=SC2086
if [ -f "$build/build.ninja" ]; then
  meson setup --reconfigure "$build" $options > /dev/null
else
  meson setup "$build" $options
fi
ninja -C "$build"

# meson names the log after the wrapper.
rm -rf "$build"/meson-logs/testlog*.json "$build"/tests/tmp/*
status=0
if [ -n "$wrapper" ]; then
  # shellcheck disable=SC2086
  meson test -C "$build" --no-rebuild --print-errorlogs $suites \
    --wrapper "$wrapper" "$@" || status=$?
else
  meson test -C "$build" --no-rebuild --print-errorlogs "$@" || status=$?
fi
python3 tests/summary.py "$build"/meson-logs/testlog*.json || status=1
exit "$status"
