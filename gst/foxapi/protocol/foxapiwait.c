/* The one way to sleep: until a time, or until cancelled
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiwait.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>

#include "foxapierror.h"

/* A run needs about so many at once: to wake it, for its record, for a
 * connection. */
#define N_PIPES 4

/* g_poll() counts in milliseconds that fit an int. */
static gint
milliseconds_until (gint64 wake_us)
{
  gint64 us = wake_us - g_get_monotonic_time ();

  if (us <= 0)
    return 0;
  return (gint) MIN ((us + 999) / 1000, G_MAXINT);
}

/* GLib 2.74 ends the process where it finds no descriptor to wake a wait with. So
 * they are looked for first, and what wakes is made once, to be released with
 * g_cancellable_release_fd(). */
gboolean
foxapi_wait_hold (GCancellable * cancellable, GError ** error)
{
  gint fds[2 * N_PIPES];
  guint n = 0;

  while (n < N_PIPES && g_unix_open_pipe (fds + 2 * n, FD_CLOEXEC, NULL))
    n++;
  for (guint i = 0; i < 2 * n; i++)
    g_close (fds[i], NULL);
  if (n < N_PIPES) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_CONNECT,
        "The process has no file descriptors left to call the service with. "
        "Close some or raise the limit (ulimit -n), then start again.");
    return FALSE;
  }

  /* libsoup asks for the default context, which has one, too. */
  g_main_context_default ();
  g_cancellable_get_fd (cancellable);
  return TRUE;
}

/* %FALSE: it was cancelled before @wake_us (of g_get_monotonic_time()). */
gboolean
foxapi_wait_until (gint64 wake_us, GCancellable * cancellable, GError ** error)
{
  GPollFD poll_fd;
  gint timeout_ms;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  g_cancellable_make_pollfd (cancellable, &poll_fd);

  while ((timeout_ms = milliseconds_until (wake_us)) > 0) {
    if (g_poll (&poll_fd, 1, timeout_ms) > 0)
      break;
  }
  g_cancellable_release_fd (cancellable);
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}
