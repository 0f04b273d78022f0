/* One generation, from nothing to a task
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapigeneration.h"

#include <glib/gi18n-lib.h>

#include "foxapicatalogue.h"
#include "foxapihttp.h"
#include "foxapijson.h"
#include "foxapireferences.h"
#include "foxapirequest.h"

/* So long another process is believed to wait for its answer: one that was interrupted
 * gives up after ten seconds. Behind the answer comes the time that it takes to write
 * the id down, and to let go of it. */
#define PENDING_US (15 * G_USEC_PER_SEC)
#define GRACE_US (2 * G_USEC_PER_SEC)
#define LOOK_US (200 * 1000)

/* (transfer full): of the body, with local files by their content, or by their
 * uploads if these are there */
static gchar *
get_text (FoxapiGeneration * generation, GPtrArray * files)
{
  return files->len > 0 ? foxapi_references_name (generation->body, files) :
      g_strdup (generation->body_text);
}

gboolean
foxapi_generation_identify (FoxapiGeneration * generation,
    const FoxapiRun * run, GPtrArray * files, GError ** error)
{
  g_autofree gchar *key_digest = foxapi_client_get_key_digest (run->client);
  g_autofree gchar *text = NULL;

  if (!foxapi_references_read (generation->body, generation->properties, files,
          run->cancellable, error))
    return FALSE;
  text = get_text (generation, files);
  if (generation->take > 1) {
    g_autofree gchar *first = g_steal_pointer (&text);

    text = g_strdup_printf ("%s\ntake %" G_GINT64_FORMAT, first,
        generation->take);
  }
  g_free (generation->identity);
  generation->identity =
      foxapi_store_identify (foxapi_client_get_base_url (run->client),
      key_digest, text);
  g_free (generation->text);
  generation->text = g_steal_pointer (&text);
  return TRUE;
}

/* An answer to an equal request was lost. Who has sent that one in this element was
 * told, and has decided; anybody else has to. */
static void
check_lost (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** error)
{
  const FoxapiRecord *record = NULL;
  g_autofree gchar *description = NULL, *command = NULL;

  for (guint i = 0; i < generation->lost->len; i++) {
    const FoxapiRecord *one = g_ptr_array_index (generation->lost, i);

    if (!one->is_held
        && !g_hash_table_contains (generation->given_up, one->path)
        && (record == NULL || one->created > record->created))
      record = one;
  }
  if (record == NULL)
    return;

  description = foxapi_record_describe (record);
  if (run->resubmit_maybe_charged) {
    foxapi_run_warn (run, FOXAPI_CHARGE_MAYBE,
        _("The answer to an earlier submission of this request (%s) was "
            "lost, and the service may have charged for it. Because "
            "resubmit-maybe-charged is set, the element submits it again now."),
        description);
    return;
  }
  command = foxapi_record_get_forget_command (record);
  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
      _("The answer to an earlier submission of this request (%s) was lost, "
          "so the service may have charged for it, and nothing was sent now. "
          "Look for a charge of that time and model in the console of your "
          "account. To submit the request again, run `%s` or set "
          "resubmit-maybe-charged=true."), description, command);
  foxapi_error_edit_details (*error)->charge = FOXAPI_CHARGE_MAYBE;
}

/* (transfer full) (nullable): the record of a task to resume */
static FoxapiRecord *
look_into_store (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** warning)
{
  g_clear_pointer (&generation->lost, g_ptr_array_unref);
  generation->lost = g_ptr_array_new_with_free_func ((GDestroyNotify)
      foxapi_record_free);
  return foxapi_store_take (run->store_directory, generation->identity,
      generation->given_up, generation->lost, run->cancellable, warning);
}

/* Whether another process waits for the answer to an equal request */
static gboolean
is_being_sent (FoxapiGeneration * generation)
{
  g_autofree gchar *own = foxapi_store_get_process ();

  for (guint i = 0; i < generation->lost->len; i++) {
    const FoxapiRecord *record = g_ptr_array_index (generation->lost, i);

    if (record->is_held && g_strcmp0 (record->process, own) != 0)
      return TRUE;
  }
  return FALSE;
}

/* (transfer full) (nullable): likewise. If another process that is sending the request
 * was interrupted, its task is free to be resumed within seconds. */
static FoxapiRecord *
wait_for_record (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** warning)
{
  gint64 now_us = g_get_monotonic_time (), end_us = now_us + PENDING_US;
  FoxapiRecord *record = look_into_store (generation, run, warning);
  gint64 seen_us = 0;

  if (record != NULL || !is_being_sent (generation))
    return record;
  run->observer->waiting (run->user_data,
      _("Waiting for another process, which has sent the same request"));
  do {
    if (is_being_sent (generation))
      seen_us = now_us;
    if (!foxapi_run_wait_until (run, now_us + LOOK_US, NULL)
        || foxapi_run_is_overdue (run))
      return NULL;
    g_clear_error (warning);
    record = look_into_store (generation, run, warning);
    now_us = g_get_monotonic_time ();
  } while (record == NULL && now_us < MIN (end_us, seen_us + GRACE_US));
  if (record == NULL && is_being_sent (generation))
    foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED,
        _("Another process still waits for the answer to the same request. The "
            "element submits it, too, and the service charges for both."));
  return record;
}

/* With an error nothing may be submitted. */
static void
take_from_store (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** error)
{
  g_autoptr (GError) warning = NULL;
  FoxapiRecord *record = wait_for_record (generation, run, &warning);

  if (warning != NULL)
    foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED,
        _("The store of paid tasks cannot be used in full (%s). The "
            "generation goes on."), warning->message);
  if (record != NULL) {
    generation->from_store = TRUE;
    generation->task_id = g_strdup (record->task_id);
    foxapi_generation_set_record (generation, record);
  } else if (!g_cancellable_set_error_if_cancelled (run->cancellable, error)) {
    check_lost (generation, run, error);
  }
}

/* (transfer full) (nullable): the intent */
static FoxapiRecord *
add_to_store (FoxapiGeneration * generation, const FoxapiRun * run,
    gboolean warns)
{
  g_autofree gchar *key_digest = foxapi_client_get_key_digest (run->client);
  g_autoptr (GError) warning = NULL;
  FoxapiRecord *record = foxapi_store_add (run->store_directory,
      generation->identity, foxapi_client_get_base_url (run->client),
      key_digest, generation->body, &warning);

  if (warns && record == NULL)
    foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED,
        _("The element cannot record the task (%s). Note the task's id from "
            "its messages, in case this process dies. The generation goes on."),
        warning->message);
  else if (warns && warning != NULL)
    foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED,
        _("The record of the task may be unreliable (%s). Note the task's "
            "id from its messages. The generation goes on."), warning->message);
  return record;
}

/* Somebody has paid again, or may have: what was told of before needs to be told
 * no longer, as the new record stands for both. */
static void
forget_lost (FoxapiGeneration * generation)
{
  if (generation->lost == NULL || generation->record == NULL)
    return;
  for (guint i = 0; i < generation->lost->len; i++) {
    FoxapiRecord *record = g_ptr_array_index (generation->lost, i);

    if (!record->is_held && foxapi_record_hold (record))
      foxapi_record_remove (record);
  }
  g_clear_pointer (&generation->lost, g_ptr_array_unref);
}

/* What the end of the run's time has stopped, or kept from being sent, is told as
 * that. */
static GError *
name_overdue (const FoxapiRun * run, GError * fault)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (fault);
  GError *error;

  if (g_error_matches (fault, FOXAPI_ERROR, FOXAPI_ERROR_BUSY))
    foxapi_error_edit_details (fault)->charge = FOXAPI_CHARGE_NO;
  if (!foxapi_run_is_overdue (run) || (details != NULL
          && (details->charge != FOXAPI_CHARGE_NO || !details->timed_out)))
    return fault;

  g_error_free (fault);
  error = g_error_new_literal (FOXAPI_ERROR, FOXAPI_ERROR_CONNECT,
      _("The request was not submitted within task-timeout. Check the "
          "network and the property base-url, then start again."));
  foxapi_error_edit_details (error)->charge = FOXAPI_CHARGE_NO;
  return error;
}

/* Nobody knows yet what the submission has come to: the next start asks again. */
static void
set_unanswered_error (GError ** error)
{
  g_autoptr (GError) cause = g_error_new_literal (G_IO_ERROR,
      G_IO_ERROR_TIMED_OUT, _("it took too long"));

  g_propagate_error (error,
      foxapi_error_new_from_transport (FOXAPI_CALL_SUBMIT, cause, TRUE));
}

/* Of a submission whose element was stopped. @part: (transfer full): it may be in
 * another cache, or of another result. @task: (nullable) */
static void
take_part (FoxapiGeneration * generation, const FoxapiRun * run,
    FoxapiPart * part, FoxapiTask * task)
{
  if (task != NULL)
    foxapi_part_set_task (part, task->id);
  else
    foxapi_generation_let_go_of_record (generation);
  if (generation->part == NULL && run->clip_directory != NULL
      && foxapi_part_is_of (part, run->clip_directory,
          generation->clip_identity))
    generation->part = part;
  else
    foxapi_part_free (part);
}

/* Waits for the answer to the generation's submission. %FALSE: with
 * generation->failure, it may have been charged; with a submission still, that is not
 * known; otherwise it was not. */
static gboolean
await_answer (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** error)
{
  FoxapiSubmission *submission = generation->submission;
  g_autoptr (FoxapiTask) task = NULL;
  const FoxapiErrorDetails *details;
  FoxapiRecord *record;
  FoxapiPart *part;
  gboolean is_first;

  if (!foxapi_submission_wait (submission, run->deadline_us, run->cancellable,
          &record, &part, &is_first)) {
    if (!g_cancellable_set_error_if_cancelled (run->cancellable, error))
      set_unanswered_error (error);
    return FALSE;
  }

  foxapi_generation_set_record (generation, record);
  details = foxapi_error_get_details (submission->fault);
  if (details != NULL && details->charge == FOXAPI_CHARGE_MAYBE)
    generation->failure = g_error_copy (submission->fault);
  if (submission->task != NULL)
    task = foxapi_task_ref (submission->task);
  else
    g_propagate_error (error, g_error_copy (submission->fault));
  if (task != NULL || generation->failure != NULL)
    forget_lost (generation);
  if (task != NULL && submission->record_fault != NULL)
    foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED,
        _("The id of the task could not be recorded (%s). Note it: %s. The "
            "generation goes on."), submission->record_fault->message,
        task->id);

  /* That it may have been charged is news for whoever starts next. */
  if (generation->failure != NULL)
    foxapi_generation_let_go_of_record (generation);
  generation->is_recorded = generation->record != NULL
      && submission->record_fault == NULL;
  if (part != NULL)
    take_part (generation, run, part, task);

  foxapi_submission_leave (submission, NULL);
  generation->is_attached = FALSE;
  g_clear_pointer (&generation->submission, foxapi_submission_unref);
  if (task == NULL)
    return FALSE;
  generation->task_id = g_strdup (task->id);
  generation->resumed = FALSE;
  foxapi_generation_know (generation, task);
  run->observer->task (run->user_data, task, !is_first, -1);
  return TRUE;
}

/* The intent is there while the request is under way, and no longer: who is killed
 * while he waits to send it again has paid nothing. */
static gboolean
send_once (FoxapiGeneration * generation, const FoxapiRun * run,
    const gchar * body, gboolean is_first, GError ** error)
{
  FoxapiRecord *record;

  if (!foxapi_run_wait_for_service (run, error))
    return FALSE;
  record = run->store_directory == NULL ? NULL :
      add_to_store (generation, run, is_first);
  if (record != NULL)
    foxapi_generation_note_path (generation, record->path);
  generation->submission = foxapi_submission_new (run->client,
      generation->identity, body, record, error);
  generation->is_attached = generation->submission != NULL;
  return generation->is_attached && await_answer (generation, run, error);
}

/* Sends the submission, and sends it again only after a 429 or where it never
 * reached the service. Anything else may have been charged. */
static gboolean
send_submission (FoxapiGeneration * generation, const FoxapiRun * run,
    const gchar * body, GError ** error)
{
  for (guint attempt = 1;; attempt++) {
    g_autoptr (GError) fault = NULL, stopped = NULL;

    if (send_once (generation, run, body, attempt == 1, &fault))
      return TRUE;

    if (generation->failure == NULL && foxapi_error_get_details (fault) != NULL
        && foxapi_error_get_details (fault)->passing
        && foxapi_retry_is_allowed (run->retries, attempt)
        && foxapi_run_pause (run, fault, attempt, 0, &stopped)
        && !foxapi_run_is_overdue (run))
      continue;

    /* Of a run whose time is up during the pause, the fault is the reason. */
    if (stopped != NULL && !foxapi_run_is_overdue (run))
      g_propagate_error (error, g_steal_pointer (&stopped));
    else
      g_propagate_error (error, g_steal_pointer (&fault));
    return FALSE;
  }
}

/* Of a model that the service does not know */
static void
suggest_model (FoxapiGeneration * generation, GError * fault)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (fault);
  g_autofree gchar *nearest = NULL, *said = NULL;

  if (details != NULL && g_strcmp0 (details->code, "model_not_found") == 0)
    nearest = foxapi_catalogue_suggest (foxapi_json_get_string
        (generation->body, "model"));
  if (nearest == NULL)
    return;
  said = g_steal_pointer (&fault->message);
  fault->message = g_strdup_printf (_("%s Do you mean %s?"), said, nearest);
}

static gboolean
submit (FoxapiGeneration * generation, const FoxapiRun * run,
    GPtrArray * files, GError ** error)
{
  g_autoptr (GError) fault = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *doubt = foxapi_request_describe_doubt (generation->body);

  if (!foxapi_run_wait_for_service (run, error))
    return FALSE;
  if (doubt != NULL)
    foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED, "%s", doubt);
  if (!foxapi_references_upload (run, files, error))
    return FALSE;
  text = get_text (generation, files);
  if (send_submission (generation, run, text, &fault))
    return TRUE;
  suggest_model (generation, fault);
  g_propagate_error (error, g_steal_pointer (&fault));
  return FALSE;
}

/* To a submission that this element, or an equal one, was stopped in the middle of */
void
foxapi_generation_join_submission (FoxapiGeneration * generation)
{
  if (generation->is_attached
      || (generation->is_new_take && generation->submission == NULL))
    return;
  generation->submission = foxapi_submission_join (generation->submission,
      generation->identity);
  generation->is_attached = generation->submission != NULL;
  if (generation->is_attached)
    foxapi_generation_note_path (generation,
        generation->submission->record_path);
}

/* %FALSE, without an error: it was not charged. */
static gboolean
await_earlier (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** error)
{
  g_autoptr (GError) fault = NULL, warning = NULL;
  gboolean is_taken;

  run->observer->waiting (run->user_data,
      _("Waiting for the answer to the same request, which was sent before"));
  await_answer (generation, run, &fault);
  /* Nobody has looked for a place in the cache before. */
  if (generation->submission == NULL && generation->failure == NULL
      && generation->part == NULL && run->clip_directory != NULL
      && generation->clip_identity != NULL && !run->until_task)
    generation->part = foxapi_part_take (run->clip_directory,
        generation->clip_identity, &is_taken, &warning);
  if (fault == NULL)
    return TRUE;
  if (generation->failure != NULL || generation->submission != NULL
      || g_cancellable_is_cancelled (run->cancellable))
    g_propagate_error (error, g_steal_pointer (&fault));
  return FALSE;
}

/* From nothing to a task: one that is playing, one that is being submitted, one from
 * the store, one that the cache knows of, or a new one. */
gboolean
foxapi_generation_begin (FoxapiGeneration * generation, const FoxapiRun * run,
    GPtrArray * files, GError ** error)
{
  GError *fault = NULL;

  generation->from_cache = FALSE;
  generation->task_id =
      foxapi_generation_find_playing_task (generation->identity);
  if (generation->task_id == NULL && generation->submission != NULL
      && await_earlier (generation, run, &fault))
    return TRUE;
  if (generation->task_id == NULL && fault == NULL
      && run->store_directory != NULL)
    take_from_store (generation, run, &fault);
  if (generation->task_id == NULL && fault == NULL)
    foxapi_generation_take_from_cache (generation, run, &fault);
  if (generation->task_id != NULL || (fault == NULL
          && submit (generation, run, files, &fault)))
    return TRUE;
  g_propagate_error (error, name_overdue (run, fault));
  return FALSE;
}
