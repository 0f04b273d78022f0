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

/* A server that asks for more than this gets a further question after it; a
 * person who waits for a video would have given up on us by then. */
#define MAX_RETRY_AFTER_US (60 * G_USEC_PER_SEC)

/**
 * foxapi_retry_parse_after:
 * @value: (nullable): value of a `Retry-After` header
 * @now_s: the wall clock, Unix seconds
 *
 * Reads `Retry-After` (RFC 9110, 10.2.3): seconds or an HTTP date.
 *
 * Returns: microseconds from now, at least 0 and at most a minute; -1 if
 *   @value is neither
 *
 * Since: 0.1
 */
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

/**
 * foxapi_retry_get_delay:
 * @attempt: which attempt has just failed, from 1
 * @retry_after_us: what the server asked for, -1 if nothing
 * @random: from 0 to below 1
 *
 * The pause doubles with each attempt. Half of it is left to chance, so that
 * many clients that failed together do not come back together. What the server
 * asked for is kept to; chance only adds to it.
 *
 * Returns: the pause before the next attempt, in microseconds
 *
 * Since: 0.1
 */
gint64
foxapi_retry_get_delay (guint attempt, gint64 retry_after_us, gdouble random)
{
  guint doublings = CLAMP (attempt, 1, 16) - 1;
  gint64 delay_us = MIN ((gint64) FIRST_DELAY_US << doublings, MAX_DELAY_US);

  if (retry_after_us >= 0)
    return MIN (retry_after_us, MAX_RETRY_AFTER_US)
        + (gint64) (FIRST_DELAY_US * random);
  return delay_us / 2 + (gint64) (delay_us / 2 * random);
}

/**
 * foxapi_retry_is_allowed:
 * @retries: the property `retries`: how often to try again, -1 without limit
 * @attempt: which attempt has just failed, from 1
 *
 * Returns: %TRUE if there may be another one
 *
 * Since: 0.1
 */
gboolean
foxapi_retry_is_allowed (gint retries, guint attempt)
{
  return retries < 0 || attempt <= (guint) retries;
}
