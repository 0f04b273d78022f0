#!/bin/sh
# Runs a test under AddressSanitizer and UndefinedBehaviorSanitizer.
#
# SPDX-License-Identifier: LGPL-2.1-or-later

here=$(dirname "$0")

# Plugins are not unloaded, or the reports of leaks in them would have no names.
export ASAN_OPTIONS=detect_leaks=1:exitcode=99:intercept_tls_get_addr=0:fast_unwind_on_malloc=0
export LSAN_OPTIONS="suppressions=$here/leaks.supp:print_suppressions=0"
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export G_SLICE=always-malloc
exec "$@"
