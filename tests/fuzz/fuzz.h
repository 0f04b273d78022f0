/* What the fuzz targets share
 *
 * A target is one function in a file of its own. libFuzzer calls it with what
 * it makes up, replay.c with the files of a folder.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

G_BEGIN_DECLS
/* The key that must not come out again */
#define FUZZ_KEY "sk-fuzz-0123456789"
int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);

/* A rule that a target holds an answer to. libFuzzer keeps the input of what
 * aborts, which neither g_assert() (it can be compiled out) nor g_error() (it
 * traps) always does. */
#define FUZZ_REQUIRE(condition) \
    G_STMT_START { \
      if (G_UNLIKELY (!(condition))) { \
        g_printerr ("%s: not so: %s\n", G_STRLOC, #condition); \
        abort (); \
      } \
    } G_STMT_END

static inline void
fuzz_log (const gchar *domain, GLogLevelFlags level, const gchar *message,
    gpointer user_data)
{
  g_log_default_handler (domain, level & ~G_LOG_FLAG_FATAL, message, user_data);
  /* libsoup 3.6 says this of a negative Content-Length, and reads on to the end. */
  if (level & G_LOG_LEVEL_CRITICAL
      && strstr (message, "for property 'content-length'") != NULL)
    return;
  if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
    abort ();
}

/* A critical is a finding. */
static inline void
fuzz_make_criticals_fatal (void)
{
  g_log_set_default_handler (fuzz_log, NULL);
}

G_END_DECLS
