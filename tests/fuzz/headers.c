/* Fuzz target: the headers of an answer that are read here
 *
 * The first four bytes are the clock, the rest is the header's value.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapihttp.h"
#include "fuzz.h"

#define MAX_AFTER_US (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)
#define MAX_PAUSE_US (60 * G_USEC_PER_SEC)

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autofree gchar *value = NULL;
  gint64 after_us, delay_us;
  guint32 now_s;

  fuzz_make_criticals_fatal ();
  if (size < sizeof now_s)
    return 0;
  memcpy (&now_s, data, sizeof now_s);
  value = g_strndup ((const gchar *) data + sizeof now_s, size - sizeof now_s);

  after_us = foxapi_retry_parse_after (value, now_s);
  FUZZ_REQUIRE (after_us >= -1 && after_us <= MAX_AFTER_US);
  FUZZ_REQUIRE (after_us == -1 || after_us % G_USEC_PER_SEC == 0);

  delay_us = foxapi_retry_get_delay (now_s, after_us, data[0] / 256.0);
  FUZZ_REQUIRE (delay_us >= MIN (after_us, MAX_PAUSE_US) && delay_us >= 0);
  FUZZ_REQUIRE (delay_us <= MAX_PAUSE_US + G_USEC_PER_SEC);
  return 0;
}
