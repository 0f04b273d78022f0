#!/bin/sh
# Runs a test under AddressSanitizer and UndefinedBehaviorSanitizer.
#
# Its leak checker looks at the protocol's suites and the fuzz corpora. The
# others load GStreamer's plugins, which keep what they like until the process
# ends; there GStreamer's own tracer counts (tests/check/elements/leaks.c).
#
# SPDX-License-Identifier: LGPL-2.1-or-later

here=$(dirname "$0")

# Whole stacks cost time, but without them nothing says who an allocation of
# GLib's was for.
case "$1" in
  *check-protocol-* | *fuzz-replay-*)
    leaks=detect_leaks=1:fast_unwind_on_malloc=0:malloc_context_size=15 ;;
  *) leaks=detect_leaks=0 ;;
esac
# GnuTLS and the leak checker do not get along with __tls_get_addr() intercepted.
export ASAN_OPTIONS="$leaks:exitcode=99:intercept_tls_get_addr=0"
export LSAN_OPTIONS="suppressions=$here/leaks.supp:print_suppressions=0"
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
exec "$@"
