/* The call that costs money
 *
 * A submission is repeated only where API.md says that nothing was charged and
 * the reason is one that passes. Everything else ends here, with what is known
 * about the charge in the error.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapisubmission.h"

#include "foxapiretry.h"

static gboolean
may_send_again (const FoxapiRun * run, const GError * fault, guint attempt)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (fault);

  return details != NULL && details->charge == FOXAPI_CHARGE_NO
      && details->passing && foxapi_retry_is_allowed (run->retries, attempt)
      && !foxapi_run_is_overdue (run);
}

/**
 * foxapi_submission_send:
 * @run: a run
 * @body: the request as JSON
 * @error: return location: %FOXAPI_ERROR with #FoxapiErrorDetails.charge set,
 *   or G_IO_ERROR_CANCELLED if it was cancelled with nothing charged
 *
 * Returns: (transfer full) (nullable): the new task
 *
 * Since: 0.1
 */
FoxapiTask *
foxapi_submission_send (const FoxapiRun * run, const gchar * body,
    GError ** error)
{
  for (guint attempt = 1;; attempt++) {
    GError *fault = NULL;
    gboolean slept;
    FoxapiTask *task = NULL;

    if (foxapi_run_wait_for_service (run, &fault))
      task = foxapi_client_submit (run->client, body, run->cancellable, &fault);
    if (task != NULL)
      return task;

    if (!may_send_again (run, fault, attempt)) {
      g_propagate_error (error, fault);
      return NULL;
    }
    slept = foxapi_run_pause (run, fault, attempt, 0, error);
    g_error_free (fault);
    if (!slept)
      return NULL;
  }
}
