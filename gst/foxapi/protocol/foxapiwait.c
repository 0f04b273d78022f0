/* The one way to sleep: until a time, or until cancelled
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiwait.h"

#define NAP_US 10000

/* g_poll() counts in milliseconds that fit an int. */
static gint
milliseconds_until (gint64 wake_us)
{
  gint64 us = wake_us - g_get_monotonic_time ();

  if (us <= 0)
    return 0;
  return (gint) MIN ((us + 999) / 1000, G_MAXINT);
}

/* Out of descriptors: naps are all that is left. */
static gboolean
nap_until (gint64 wake_us, GCancellable * cancellable, GError ** error)
{
  gint64 left_us;

  while ((left_us = wake_us - g_get_monotonic_time ()) > 0
      && !g_cancellable_is_cancelled (cancellable))
    g_usleep (MIN (left_us, NAP_US));
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

/**
 * foxapi_wait_until:
 * @wake_us: when to go on, in the time of g_get_monotonic_time()
 * @cancellable: ends the wait at once
 * @error: return location, G_IO_ERROR_CANCELLED
 *
 * Sleeps on the descriptor of @cancellable. Whoever holds that descriptor for
 * longer (g_cancellable_get_fd()) saves making it anew for every wait.
 *
 * Returns: %TRUE at @wake_us, %FALSE if cancelled before
 *
 * Since: 0.1
 */
gboolean
foxapi_wait_until (gint64 wake_us, GCancellable * cancellable, GError ** error)
{
  GPollFD poll_fd;
  gint timeout_ms;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (!g_cancellable_make_pollfd (cancellable, &poll_fd))
    return nap_until (wake_us, cancellable, error);

  while ((timeout_ms = milliseconds_until (wake_us)) > 0) {
    if (g_poll (&poll_fd, 1, timeout_ms) > 0)
      break;
  }
  g_cancellable_release_fd (cancellable);
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}
