/* From a task to its end
 *
 * The task is paid for: one bad answer is not a failed task. What passes is
 * waited out, until the run's time is up.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapifollow.h"

#include "foxapipoll.h"
#include "foxapiretry.h"

/* Between two questions that got no answer of use. */
#define MIN_PAUSE_US (3 * G_USEC_PER_SEC)

/* An answer is expected within. */
#define ANSWER_US (2 * G_USEC_PER_SEC)

static void
set_overdue_error (GError ** error)
{
  g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
      "The task was not completed within task-timeout. It goes on at the "
      "service.");
}

/* What came of the questions so far, in a row */
typedef struct
{
  guint n_unknown;              /* 404 */
  guint n_unusable;
} Refusals;

/* 401 and the service's own 403 end it, and so does a second 404 in a row: a new
 * task may not be known everywhere. What passes does not count, and the rest may
 * come as often as retries says. */
static gboolean
may_ask_again (const FoxapiRun * run, const GError * fault, Refusals * refusals)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (fault);
  Refusals before = *refusals;

  *refusals = (Refusals) {
  0};
  if (details == NULL)
    return FALSE;
  if (details->passing)
    return TRUE;
  switch (details->http_status) {
    case 0:
    case 401:
    case 403:
      return FALSE;
    case 404:
      refusals->n_unknown = before.n_unknown + 1;
      return refusals->n_unknown < 2;
    default:
      refusals->n_unusable = before.n_unusable + 1;
      return foxapi_retry_is_allowed (run->retries, refusals->n_unusable);
  }
}

/* Asks about a task until there is an answer of use. */
FoxapiTask *
foxapi_follow_ask (const FoxapiRun * run, const gchar * id, GError ** error)
{
  gint64 min_pause_us = run->poll_interval_ms > 0 ?
      (gint64) run->poll_interval_ms * 1000 : MIN_PAUSE_US;
  Refusals refusals = { 0 };

  for (guint attempt = 1;; attempt++) {
    g_autoptr (GError) fault = NULL, cancelled = NULL;
    FoxapiTask *task = NULL;

    if (foxapi_run_wait_for_service (run, &fault))
      task = foxapi_client_ask (run->client, id, run->cancellable, &fault);
    if (task != NULL)
      return task;

    if (may_ask_again (run, fault, &refusals)
        && foxapi_run_pause (run, fault, attempt, min_pause_us, &cancelled)
        && !foxapi_run_is_overdue (run))
      continue;

    if (foxapi_run_is_overdue (run))
      set_overdue_error (error);
    else
      g_propagate_error (error, cancelled ? g_steal_pointer (&cancelled) :
          g_steal_pointer (&fault));
    return NULL;
  }
}

/* How old a task is, as far as the two clocks tell */
static gint64
get_age (const FoxapiTask * task)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  if (!task->has_created || task->created <= 0 || task->created > now)
    return 0;
  return (now - task->created) * G_USEC_PER_SEC;
}

static void
observe (FoxapiPollPlan * plan, const FoxapiTask * task, gint64 now_us)
{
  foxapi_poll_plan_observe (plan, now_us, task->progress,
      g_strcmp0 (task->status, "completed") == 0);
}

/* The last question comes just before the time is up: a task that has completed
 * since the one before is not overdue. */
static gint64
get_next_time (const FoxapiPollPlan * plan, const FoxapiRun * run)
{
  gint64 next_us = foxapi_poll_plan_next (plan);
  gint64 last_us = run->deadline_us - ANSWER_US;

  return next_us > last_us && plan->answered_us + MIN_PAUSE_US <= last_us ?
      last_us : next_us;
}

/* Asks about a task, as the poll plan says, until it has ended; @asked_us is when
 * @task was answered. The observer is told of each change. */
FoxapiTask *
foxapi_follow_to_end (const FoxapiRun * run, FoxapiTask * task,
    gint64 asked_us, gboolean resumed, GError ** error)
{
  g_autoptr (FoxapiTask) latest = foxapi_task_ref (task);
  FoxapiPollPlan plan;

  foxapi_poll_plan_init (&plan, asked_us, resumed ? get_age (latest) : 0,
      run->poll_interval_ms);
  observe (&plan, latest, asked_us);

  while (latest->state == FOXAPI_TASK_RUNNING) {
    g_autoptr (FoxapiTask) known = g_steal_pointer (&latest);
    const gchar *id = known->id;
    g_autoptr (GError) cancelled = NULL;
    gint64 now_us;

    foxapi_run_wait_until (run, get_next_time (&plan, run), &cancelled);
    if (foxapi_run_is_overdue (run)) {
      set_overdue_error (error);
      return NULL;
    }
    if (cancelled != NULL) {
      g_propagate_error (error, g_steal_pointer (&cancelled));
      return NULL;
    }

    latest = foxapi_follow_ask (run, id, error);
    if (latest == NULL)
      return NULL;
    now_us = g_get_monotonic_time ();
    observe (&plan, latest, now_us);
    if (!foxapi_task_equal (known, latest))
      run->observer->task (run->user_data, latest, resumed,
          foxapi_poll_plan_remaining (&plan, now_us));
  }
  return g_steal_pointer (&latest);
}
