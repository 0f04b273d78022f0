/* One generation, from wherever it is to the end of its task
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapigeneration.h"

#include <glib/gi18n-lib.h>

#include "foxapihttp.h"
#include "foxapipoll.h"
#include "foxapireferences.h"

/* Between two questions that got no answer of use. */
#define MIN_PAUSE_US (3 * G_USEC_PER_SEC)

/* An answer is expected within. */
#define ANSWER_US (2 * G_USEC_PER_SEC)

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

  refusals->n_unknown = refusals->n_unusable = 0;
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

/* Asks about a task until there is an answer of use. The task is paid for: one bad
 * answer is not a failed task. */
static FoxapiTask *
ask (const FoxapiRun * run, const gchar * id, GError ** error)
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
      foxapi_run_set_overdue_error (foxapi_error_get_details (fault)
          && foxapi_error_get_details (fault)->passing ? fault : NULL, error);
    else
      g_propagate_error (error, cancelled ? g_steal_pointer (&cancelled) :
          g_steal_pointer (&fault));
    return NULL;
  }
}

static void
hold_record (FoxapiGeneration * generation, const FoxapiRun * run)
{
  g_mutex_lock (&generation->record_lock);
  if (generation->record != NULL)
    foxapi_record_hold (generation->record);
  else if (generation->body == NULL && run->store_directory != NULL)
    generation->record = foxapi_store_take_task (run->store_directory,
        foxapi_client_get_base_url (run->client), generation->task_id,
        run->cancellable);
  g_mutex_unlock (&generation->record_lock);
}

static gboolean
take_up (FoxapiGeneration * generation, const FoxapiRun * run, GError ** error)
{
  g_autoptr (FoxapiTask) task = NULL;

  hold_record (generation, run);

  /* What is complete stays so, and what is only to be shown need not be new. */
  if (generation->task != NULL && (run->until_task
          || generation->task->state == FOXAPI_TASK_COMPLETED)) {
    run->observer->task (run->user_data, generation->task, TRUE, -1);
    return TRUE;
  }

  task = ask (run, generation->task_id, error);
  if (task == NULL)
    return FALSE;
  foxapi_generation_know (generation, task);
  run->observer->task (run->user_data, task, TRUE, -1);
  return TRUE;
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

/* %FALSE: there is no video. */
static gboolean
check_end (FoxapiGeneration * generation, GError ** error)
{
  FoxapiTask *task = generation->task;

  if (task->state == FOXAPI_TASK_LINKLESS) {
    g_autofree gchar *held = foxapi_error_quote (task->linkless, NULL);

    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
        _("The task has completed, but instead of a link to a video its "
            "result holds %s. To get a video, choose another model."), held);
    return FALSE;
  }
  if (task->state == FOXAPI_TASK_FAILED) {
    generation->failure = foxapi_error_new_task_failed (task->status,
        task->error_code, task->error_type, task->error_message);
    foxapi_generation_drop_record (generation);
    g_propagate_error (error, g_error_copy (generation->failure));
    return FALSE;
  }
  return TRUE;
}

/* Asks, as the poll plan says, until the task has ended. */
static gboolean
follow (FoxapiGeneration * generation, const FoxapiRun * run, GError ** error)
{
  gint64 now_us = g_get_monotonic_time ();
  FoxapiPollPlan plan;

  foxapi_poll_plan_init (&plan, now_us, generation->resumed ?
      get_age (generation->task) : 0, run->poll_interval_ms);
  observe (&plan, generation->task, now_us);

  while (generation->task->state == FOXAPI_TASK_RUNNING) {
    g_autoptr (FoxapiTask) known = foxapi_task_ref (generation->task);
    g_autoptr (FoxapiTask) latest = NULL;

    if (!foxapi_run_wait_in_time (run, get_next_time (&plan, run), error))
      return FALSE;
    latest = ask (run, generation->task_id, error);
    if (latest == NULL)
      return FALSE;
    now_us = g_get_monotonic_time ();
    observe (&plan, latest, now_us);
    foxapi_generation_know (generation, latest);
    if (!foxapi_task_equal (known, latest))
      run->observer->task (run->user_data, latest, generation->resumed,
          foxapi_poll_plan_remaining (&plan, now_us));
  }
  return check_end (generation, error);
}

/* By the clock alone, so only to be asked when the service or the link has said that
 * there is no result. */
static gboolean
is_older_than_results_live (FoxapiGeneration * generation)
{
  return generation->from_store && generation->record != NULL
      && generation->record->created <
      g_get_real_time () / G_USEC_PER_SEC - FOXAPI_STORE_LIFETIME_S;
}

/* The link to the result, also a fresh one, leads nowhere. %TRUE: that is because of
 * the task's age, and its record has been removed: it would have everybody who asks
 * for the same end here. */
gboolean
foxapi_generation_give_up_expired (FoxapiGeneration * generation)
{
  if (!is_older_than_results_live (generation) && (!generation->from_cache
          || generation->damaged != NULL || generation->part == NULL))
    return FALSE;
  if (generation->part != NULL)
    foxapi_part_discard (generation->part);
  foxapi_generation_drop_record (generation);
  return TRUE;
}

/* The service does not know a task that was recorded as paid for. When that was
 * longer ago than a result lives, nothing is lost by submitting again. */
static gboolean
has_expired (FoxapiGeneration * generation, const FoxapiRun * run,
    GError * fault)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (fault);
  g_autofree gchar *description = NULL, *command = NULL, *said = NULL;

  if (!generation->from_store || generation->record == NULL
      || generation->task != NULL || details == NULL
      || details->http_status != 404)
    return FALSE;

  description = foxapi_record_describe (generation->record);
  if (is_older_than_results_live (generation)) {
    foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED,
        _("The task %s (%s) was paid for but never delivered, and the "
            "service no longer knows it: results live 24 hours. The element "
            "submits the request again, and the service charges for it again."),
        generation->task_id, description);
    return TRUE;
  }
  command = foxapi_record_get_forget_command (generation->record);
  said = g_steal_pointer (&fault->message);
  fault->message =
      g_strdup_printf (_("%s (The task was paid for: %s.) Its record stays, "
          "and the next start polls it again. To submit and pay again, run "
          "`%s` first."), said, description, command);
  return FALSE;
}

/* Of what the cache knows, and the service does not any more. %FALSE: it is to be
 * submitted. */
static gboolean
is_lost_for_good (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** fault)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (*fault);

  if (!generation->from_cache || details == NULL || details->http_status != 404)
    return TRUE;
  if (generation->damaged != NULL) {
    g_clear_error (fault);
    foxapi_generation_set_damaged_error (generation, run, fault);
    return TRUE;
  }
  foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED,
      _("The clip cache has the start of this clip, but the service no "
          "longer knows its task %s. The element submits the request again, "
          "and the service charges for it again."), generation->task_id);
  return FALSE;
}

static gboolean
run_without_clip (FoxapiGeneration * generation, const FoxapiRun * run,
    GPtrArray * files, GError ** error)
{
  GError *fault = NULL;

  if (!foxapi_client_check_key (run->client, error))
    return FALSE;
  if (generation->task_id == NULL
      && !foxapi_generation_begin (generation, run, files, error))
    return FALSE;
  if (generation->part != NULL)
    foxapi_part_set_task (generation->part, generation->task_id);
  if (generation->resumed && !take_up (generation, run, &fault)) {
    if (has_expired (generation, run, fault)
        || !is_lost_for_good (generation, run, &fault)) {
      foxapi_generation_drop_record (generation);
      g_clear_pointer (&generation->task_id, g_free);
      generation->from_store = FALSE;
      g_error_free (fault);
      if (generation->part != NULL)
        foxapi_part_discard (generation->part);
      g_clear_pointer (&generation->part, foxapi_part_free);
      return foxapi_generation_run (generation, run, error);
    }
    g_propagate_error (error, fault);
    return FALSE;
  }
  return run->until_task || follow (generation, run, error);
}

/* Goes on from wherever the generation is, to the end of its task (with until_task,
 * to the task) or to the clip that it has brought before. After an error or a
 * cancellation it can be run again; that is what a restart does. */
gboolean
foxapi_generation_run (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** error)
{
  g_autoptr (GPtrArray) files =
      g_ptr_array_new_with_free_func ((GDestroyNotify) foxapi_local_file_free);

  if (generation->failure != NULL) {
    g_propagate_error (error, g_error_copy (generation->failure));
    return FALSE;
  }
  generation->resumed = TRUE;
  if (generation->task_id == NULL) {
    g_clear_pointer (&generation->first_answer, foxapi_task_unref);
    g_clear_pointer (&generation->task, foxapi_task_unref);
    if (generation->body != NULL
        && !foxapi_generation_identify (generation, run, files, error))
      return FALSE;
    if (generation->body != NULL)
      foxapi_generation_join_submission (generation);
  }
  if (!foxapi_generation_enter_cache (generation, run, error))
    return FALSE;
  if (generation->clip == NULL)
    return run_without_clip (generation, run, files, error);
  foxapi_generation_play_clip (generation, run);
  return TRUE;
}

/* (transfer full) (nullable): a new link to the result of a completed task */
gchar *
foxapi_generation_renew_link (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error)
{
  g_autoptr (FoxapiTask) task = ask (run, generation->task_id, error);
  const gchar *link;

  if (task == NULL)
    return NULL;

  if (task->results[0] == NULL) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_NOT_FOUND,
        _("The service no longer gives a link to the result. Results live "
            "24 hours; an older one has to be generated again."));
    return NULL;
  }
  foxapi_generation_know (generation, task);
  link = foxapi_generation_choose_link (generation, run, error);
  return g_strdup (link);
}

/* Of the results of a completed task */
const gchar *
foxapi_generation_choose_link (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error)
{
  const gchar *const *results = generation->task->results;
  guint n = g_strv_length ((GStrv) results);

  if (run->result_index < n)
    return results[run->result_index];
  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
      _("There is no result %u: the task has %u, counted from 0. Set "
          "result-index to one of them."), run->result_index, n);
  return NULL;
}
