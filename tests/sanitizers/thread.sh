#!/bin/sh
# Runs a test under ThreadSanitizer: thread.sh BUILD-DIRECTORY COMMAND…
#
# GLib is not built for the sanitizer and its locks are made of system calls, so
# the sanitizer cannot see them: glib-sync.c tells it.
#
# SPDX-License-Identifier: LGPL-2.1-or-later

here=$(dirname "$0")
build=$1
shift

export TSAN_OPTIONS="suppressions=$here/threads.supp:\
ignore_noninstrumented_modules=1:exitcode=99:history_size=4"
# GLib's slices go from thread to thread unseen; malloc() is known.
export G_SLICE=always-malloc
runtime=$(gcc -print-file-name=libtsan.so)
export LD_PRELOAD="$(readlink -f "$runtime") $build/tests/sanitizers/libglib-sync.so"
exec "$@"
