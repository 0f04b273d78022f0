/* When to try again: pure functions, the clock and the dice are the caller's
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiretry.h"

#include <libsoup/soup.h>

/* The first pause; each further one is twice as long. Five of them, the default
 * of the property retries, make about eight seconds. */
#define FIRST_DELAY_US (G_USEC_PER_SEC / 4)
#define MAX_DELAY_US (30 * G_USEC_PER_SEC)

/* More than an hour is not believed. A call that costs nothing is made again after
 * a minute: a person who waits for a video would have given up by then. */
#define MAX_RETRY_AFTER_US (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)
#define MAX_FREE_DELAY_US (60 * G_USEC_PER_SEC)

/* `Retry-After` (RFC 9110, 10.2.3), seconds or an HTTP date, in microseconds from
 * @now_s (Unix seconds); -1 if it is neither */
gint64
foxapi_retry_parse_after (const gchar * value, gint64 now_s)
{
  g_autoptr (GDateTime) date = NULL;
  guint64 seconds;

  if (value == NULL)
    return -1;

  if (g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT32, &seconds, NULL))
    return MIN ((gint64) seconds * G_USEC_PER_SEC, MAX_RETRY_AFTER_US);
  /* Digits alone that did not fit: a long time, not a date. */
  if (*value != '\0' && strspn (value, "0123456789") == strlen (value))
    return MAX_RETRY_AFTER_US;

  date = soup_date_time_new_from_http_string (value);
  if (date == NULL)
    return -1;
  return CLAMP (g_date_time_to_unix (date) - now_s, 0,
      MAX_RETRY_AFTER_US / G_USEC_PER_SEC) * G_USEC_PER_SEC;
}

/* The pause before the next attempt, of which @attempt (from 1) has just failed, in
 * microseconds. It doubles with each attempt. Half of it is left to chance (@random,
 * from 0 to below 1), so that many clients that failed together do not come back
 * together. What the server asked for is kept to (-1: nothing); chance only adds. */
gint64
foxapi_retry_get_delay (guint attempt, gint64 retry_after_us, gdouble random)
{
  guint doublings = CLAMP (attempt, 1, 16) - 1;
  gint64 delay_us = MIN ((gint64) FIRST_DELAY_US << doublings, MAX_DELAY_US);

  if (retry_after_us >= 0)
    return MIN (retry_after_us, MAX_FREE_DELAY_US)
        + (gint64) (FIRST_DELAY_US * random);
  return delay_us / 2 + (gint64) (delay_us / 2 * random);
}

/* @retries: how often to try again, -1 without limit */
gboolean
foxapi_retry_is_allowed (gint retries, guint attempt)
{
  return retries < 0 || attempt <= (guint) retries;
}
