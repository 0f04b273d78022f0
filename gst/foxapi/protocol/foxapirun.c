/* What a generation needs while it runs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapirun.h"

#include <glib/gi18n-lib.h>

#include "foxapihttp.h"

/* The least pause after a 429 that names none; it doubles up to eight times that */
#define BUSY_US (5 * G_USEC_PER_SEC)
#define BUSY_DOUBLINGS 3

gboolean
foxapi_run_is_overdue (const FoxapiRun * run)
{
  return g_get_monotonic_time () >= run->deadline_us;
}

/* Sleeps until then, or until the run's time is up; FALSE if cancelled. */
gboolean
foxapi_run_wait_until (const FoxapiRun * run, gint64 wake_us, GError ** error)
{
  return foxapi_wait_until (MIN (wake_us, run->deadline_us), run->cancellable,
      error);
}

/* Of a task that is paid for. @fault: (nullable): why the last poll failed */
void
foxapi_run_set_overdue_error (const GError * fault, GError ** error)
{
  g_autofree gchar *why = fault ? g_strdup_printf (_(" (The last poll failed: "
          "%s)"), fault->message) : NULL;

  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
      _("The task did not complete within task-timeout. It goes on at the "
          "service.%s"), why ? why : "");
}

/* As foxapi_run_wait_until(), but that the run's time is up is an error, too. */
gboolean
foxapi_run_wait_in_time (const FoxapiRun * run, gint64 wake_us, GError ** error)
{
  g_autoptr (GError) cancelled = NULL;

  foxapi_run_wait_until (run, wake_us, &cancelled);
  if (foxapi_run_is_overdue (run))
    foxapi_run_set_overdue_error (NULL, error);
  else if (cancelled != NULL)
    g_propagate_error (error, g_steal_pointer (&cancelled));
  else
    return TRUE;
  return FALSE;
}

/* Tells the observer of a fault, and sleeps until it makes sense to try again. Free
 * calls come again after a minute at most; a submission waits as long as the service
 * says, or not at all if that is beyond the run's time. FALSE: cancelled, or that. */
gboolean
foxapi_run_pause (const FoxapiRun * run, const GError * fault, guint attempt,
    gint64 min_delay_us, GError ** error)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (fault);
  gint64 delay_us = foxapi_retry_get_delay (attempt,
      details ? details->retry_after_us : -1, g_random_double ());

  delay_us = MAX (delay_us, min_delay_us);
  if (details != NULL && details->http_status == 429) {
    if (details->retry_after_us < 0)
      delay_us += BUSY_US << MIN (attempt - 1, BUSY_DOUBLINGS);
    foxapi_client_cool_down (run->client, delay_us);
    if (details->charge == FOXAPI_CHARGE_NO)
      delay_us = MAX (delay_us, details->retry_after_us);
    if (details->charge == FOXAPI_CHARGE_NO
        && delay_us >= run->deadline_us - g_get_monotonic_time ()) {
      g_propagate_error (error, g_error_copy (fault));
      return FALSE;
    }
  }
  run->observer->trying_again (run->user_data, fault, delay_us);
  return foxapi_run_wait_until (run, g_get_monotonic_time () + delay_us, error);
}

/* To be called before each call: sleeps as long as the service wants to be left
 * alone, because it has answered 429 to anybody in this process with the same key.
 * FALSE: cancelled, or the run's time is up before that (FOXAPI_ERROR_BUSY), or was
 * up already (G_IO_ERROR_TIMED_OUT). */
gboolean
foxapi_run_wait_for_service (const FoxapiRun * run, GError ** error)
{
  gint64 left_us;

  if (foxapi_run_is_overdue (run)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        _("task-timeout is over"));
    return FALSE;
  }
  while ((left_us = foxapi_client_get_pause_left (run->client)) > 0) {
    g_autoptr (GError) why = g_error_new_literal (FOXAPI_ERROR,
        FOXAPI_ERROR_BUSY, _("The service asks this application to slow "
            "down (HTTP 429). Start again later, or run fewer generations at "
            "once."));

    if (foxapi_run_is_overdue (run)) {
      g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }
    /* So that not all come back at once; whoever was told comes first. */
    left_us = foxapi_retry_get_delay (1, left_us, g_random_double ());
    run->observer->trying_again (run->user_data, why, left_us);
    if (!foxapi_run_wait_until (run, g_get_monotonic_time () + left_us, error))
      return FALSE;
  }
  return TRUE;
}

void
foxapi_run_warn (const FoxapiRun * run, FoxapiCharge charge,
    const gchar * format, ...)
{
  g_autoptr (GError) warning = NULL;
  va_list args;

  va_start (args, format);
  warning = g_error_new_valist (FOXAPI_ERROR, FOXAPI_ERROR_FAILED, format,
      args);
  va_end (args);
  foxapi_error_edit_details (warning)->charge = charge;
  run->observer->warning (run->user_data, warning);
}
