/* One generation: from the request to the result's link
 *
 * What is known of a generation survives the element's restarts and decides
 * what the next start may do (docs/guide.md, what a restart does):
 *
 *   nothing known, or certainly nothing charged      submit
 *   a task, running or completed                     resume it
 *   outcome unknown, or the task failed              repeat the error
 *
 * The store is written before each step that it must survive: the intent before
 * the request leaves, the id before anyone is told of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapigeneration.h"

#include <glib/gi18n-lib.h>

#include "foxapicatalogue.h"
#include "foxapijson.h"
#include "foxapipoll.h"
#include "foxapireferences.h"
#include "foxapirequest.h"
#include "foxapihttp.h"

/* Between two questions that got no answer of use. */
#define MIN_PAUSE_US (3 * G_USEC_PER_SEC)

/* An answer is expected within. */
#define ANSWER_US (2 * G_USEC_PER_SEC)

/* @old: (transfer full) (nullable): that the application wants another one instead
 * of. It was told what it may pay for twice. @gives_up: also where the request is
 * the same. */
FoxapiGeneration *
foxapi_generation_new (FoxapiGeneration * old, gboolean gives_up)
{
  FoxapiGeneration *generation = g_new0 (FoxapiGeneration, 1);

  g_mutex_init (&generation->record_lock);
  if (old == NULL) {
    generation->given_up = g_hash_table_new_full (g_str_hash, g_str_equal,
        g_free, NULL);
    return generation;
  }
  generation->given_up = g_hash_table_ref (old->given_up);
  if ((old->failure != NULL || gives_up) && old->record_path != NULL)
    g_hash_table_add (generation->given_up, g_strdup (old->record_path));
  foxapi_generation_free (old);
  return generation;
}

/* What this process has handed out to its end and still plays. A player that loops
 * without a gap makes the next source while the last one is still there. Nobody has
 * asked the next one to pay: it takes up what is playing. Once the last source has
 * stopped, a new one is a new request. */
static GMutex playing_lock;
static GList *playing;          /* under the lock: of FoxapiGeneration, whose task and
                                   identity do not change meanwhile */

/* Its result was handed out in full. */
void
foxapi_generation_handed_out (FoxapiGeneration * generation)
{
  g_mutex_lock (&playing_lock);
  if (generation->identity != NULL && generation->task_id != NULL
      && g_list_find (playing, generation) == NULL)
    playing = g_list_prepend (playing, generation);
  g_mutex_unlock (&playing_lock);
}

static void
stop_playing (FoxapiGeneration * generation)
{
  g_mutex_lock (&playing_lock);
  playing = g_list_remove (playing, generation);
  g_mutex_unlock (&playing_lock);
}

/* (transfer full) (nullable): the task of an equal request */
static gchar *
find_playing_task (const gchar * identity)
{
  gchar *task_id = NULL;

  g_mutex_lock (&playing_lock);
  for (GList * l = playing; l != NULL && task_id == NULL; l = l->next) {
    const FoxapiGeneration *generation = l->data;

    if (g_strcmp0 (generation->identity, identity) == 0)
      task_id = g_strdup (generation->task_id);
  }
  g_mutex_unlock (&playing_lock);
  return task_id;
}

/* The place in the cache goes with it: whoever finds that free pays. */
static void
leave_submission (FoxapiGeneration * generation)
{
  if (generation->is_attached)
    foxapi_submission_leave (generation->submission,
        g_steal_pointer (&generation->part));
  generation->is_attached = FALSE;
}

/* (transfer full); its record stays in the store. */
void
foxapi_generation_free (FoxapiGeneration * generation)
{
  stop_playing (generation);
  leave_submission (generation);
  g_clear_pointer (&generation->body, json_object_unref);
  g_clear_pointer (&generation->properties, json_object_unref);
  g_clear_pointer (&generation->first_answer, foxapi_task_unref);
  g_clear_pointer (&generation->task, foxapi_task_unref);
  g_clear_pointer (&generation->record, foxapi_record_free);
  g_clear_pointer (&generation->clip, foxapi_clip_free);
  g_clear_pointer (&generation->part, foxapi_part_free);
  g_clear_pointer (&generation->lost, g_ptr_array_unref);
  g_clear_pointer (&generation->submission, foxapi_submission_unref);
  g_hash_table_unref (generation->given_up);
  g_clear_error (&generation->failure);
  g_free (generation->body_text);
  g_free (generation->identity);
  g_free (generation->text);
  g_free (generation->clip_identity);
  g_free (generation->digest);
  g_free (generation->damaged);
  g_mutex_clear (&generation->record_lock);
  g_free (generation->record_path);
  g_free (generation->task_id);
  g_free (generation);
}

/* The store. No fault of it stops a generation. */

static void
note_path (FoxapiGeneration * generation, const gchar * path)
{
  g_free (generation->record_path);
  generation->record_path = g_strdup (path);
}

static void
set_record (FoxapiGeneration * generation, FoxapiRecord * record)
{
  g_mutex_lock (&generation->record_lock);
  generation->record = record;
  g_mutex_unlock (&generation->record_lock);
  if (record != NULL)
    note_path (generation, record->path);
}

static void
drop_record (FoxapiGeneration * generation)
{
  g_mutex_lock (&generation->record_lock);
  if (generation->record != NULL)
    foxapi_record_remove (generation->record);
  g_clear_pointer (&generation->record, foxapi_record_free);
  g_mutex_unlock (&generation->record_lock);
}

static void
let_go_of_record (FoxapiGeneration * generation)
{
  g_mutex_lock (&generation->record_lock);
  if (generation->record != NULL)
    foxapi_record_let_go (generation->record);
  g_mutex_unlock (&generation->record_lock);
}

/* (transfer full): of the body, with local files by their content, or by their
 * uploads if these are there */
static gchar *
get_text (FoxapiGeneration * generation, GPtrArray * files)
{
  return files->len > 0 ? foxapi_references_name (generation->body, files) :
      g_strdup (generation->body_text);
}

static gboolean
identify (FoxapiGeneration * generation, const FoxapiRun * run,
    GPtrArray * files, GError ** error)
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

/* As the console of the account shows it, to be compared */
static gchar *
describe_record (const FoxapiRecord * record)
{
  g_autoptr (GDateTime) time =
      g_date_time_new_from_unix_local (record->created);
  g_autofree gchar *text = time ?
      g_date_time_format (time, "%Y-%m-%d %H:%M:%S %z") : NULL;

  return g_strdup_printf (_("model %s, %s"), record->model ? record->model :
      _("unknown"), text ? text : _("time unknown"));
}

/* How a person has a record removed */
static gchar *
get_forget_command (const FoxapiRecord * record)
{
  g_autofree gchar *directory = g_path_get_dirname (record->path);
  g_autofree gchar *standard = foxapi_store_get_default_directory ();
  g_autofree gchar *name = g_path_get_basename (record->path);
  g_autofree gchar *quoted = g_shell_quote (directory);

  if (g_str_equal (directory, standard))
    return g_strdup_printf ("foxapi-tasks forget %s", name);
  return g_strdup_printf ("foxapi-tasks forget %s %s", name, quoted);
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

    if (!g_hash_table_contains (generation->given_up, one->path)
        && (record == NULL || one->created > record->created))
      record = one;
  }
  if (record == NULL)
    return;

  description = describe_record (record);
  if (run->resubmit_maybe_charged) {
    foxapi_run_warn (run, FOXAPI_CHARGE_MAYBE,
        _("The answer to an earlier submission of this request (%s) was "
            "lost, and the service may have charged for it. Because "
            "resubmit-maybe-charged is set, the element submits it again now."),
        description);
    return;
  }
  command = get_forget_command (record);
  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
      _("The answer to an earlier submission of this request (%s) was lost, "
          "so the service may have charged for it, and nothing was sent now. "
          "Look for a charge of that time and model in the console of your "
          "account. To submit the request again, run `%s` or set "
          "resubmit-maybe-charged=true."), description, command);
  foxapi_error_edit_details (*error)->charge = FOXAPI_CHARGE_MAYBE;
}

/* With an error nothing may be submitted. */
static void
take_from_store (FoxapiGeneration * generation, const FoxapiRun * run,
    GError ** error)
{
  g_autoptr (GError) warning = NULL;
  FoxapiRecord *record;

  g_clear_pointer (&generation->lost, g_ptr_array_unref);
  generation->lost = g_ptr_array_new_with_free_func ((GDestroyNotify)
      foxapi_record_free);
  record = foxapi_store_take (run->store_directory, generation->identity,
      generation->given_up, generation->lost, run->cancellable, &warning);
  if (warning != NULL)
    foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED,
        _("The store of paid tasks cannot be used in full (%s). The "
            "generation goes on."), warning->message);
  if (record != NULL) {
    generation->from_store = TRUE;
    generation->task_id = g_strdup (record->task_id);
    set_record (generation, record);
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

    if (foxapi_record_hold (record))
      foxapi_record_remove (record);
  }
  g_clear_pointer (&generation->lost, g_ptr_array_unref);
}

/* It stops running: others may take up its task, and so may this one. A new request
 * that is equal is a new one. */
void
foxapi_generation_let_go (FoxapiGeneration * generation)
{
  stop_playing (generation);
  leave_submission (generation);
  g_clear_pointer (&generation->clip, foxapi_clip_free);
  let_go_of_record (generation);
  /* Whoever finds this free looks into the record next. */
  g_clear_pointer (&generation->part, foxapi_part_free);
}

/* The result has arrived: the record has served its purpose. The task itself stays
 * known, to be replayed. A player that loops without a gap has the record from an
 * element that was stopped since. */
void
foxapi_generation_delivered (FoxapiGeneration * generation,
    const FoxapiRun * run)
{
  g_mutex_lock (&generation->record_lock);
  if (generation->record == NULL && generation->task_id != NULL
      && run->store_directory != NULL)
    generation->record = foxapi_store_take_task (run->store_directory,
        foxapi_client_get_base_url (run->client), generation->task_id,
        run->cancellable);
  g_mutex_unlock (&generation->record_lock);
  drop_record (generation);
}

static void
know (FoxapiGeneration * generation, FoxapiTask * task)
{
  if (generation->first_answer == NULL)
    generation->first_answer = foxapi_task_ref (task);
  g_clear_pointer (&generation->task, foxapi_task_unref);
  generation->task = foxapi_task_ref (task);
}

/* Whoever has paid has the clip: no record has to keep it. */
static void
play_clip (FoxapiGeneration * generation, const FoxapiRun * run)
{
  FoxapiTask *task = generation->clip->task;
  FoxapiRecord *record = run->store_directory == NULL ? NULL :
      foxapi_store_take_task (run->store_directory,
      foxapi_client_get_base_url (run->client), task->id, run->cancellable);

  g_clear_pointer (&generation->part, foxapi_part_free);
  if (record != NULL) {
    foxapi_record_remove (record);
    foxapi_record_free (record);
  }
  know (generation, task);
  run->observer->task (run->user_data, task, TRUE, -1);
}

/* The phases, in their order */

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
    let_go_of_record (generation);
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

  set_record (generation, record);
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
  know (generation, task);
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
    note_path (generation, record->path);
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
static void
join_submission (FoxapiGeneration * generation)
{
  if (generation->is_attached
      || (generation->is_new_take && generation->submission == NULL))
    return;
  generation->submission = foxapi_submission_join (generation->submission,
      generation->identity);
  generation->is_attached = generation->submission != NULL;
  if (generation->is_attached)
    note_path (generation, generation->submission->record_path);
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
static gboolean
begin (FoxapiGeneration * generation, const FoxapiRun * run,
    GPtrArray * files, GError ** error)
{
  GError *fault = NULL;

  generation->from_cache = FALSE;
  generation->task_id = find_playing_task (generation->identity);
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
  drop_record (generation);
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

  description = describe_record (generation->record);
  if (is_older_than_results_live (generation)) {
    foxapi_run_warn (run, FOXAPI_CHARGE_NOT_ASKED,
        _("The task %s (%s) was paid for but never delivered, and the "
            "service no longer knows it: results live 24 hours. The element "
            "submits the request again, and the service charges for it again."),
        generation->task_id, description);
    return TRUE;
  }
  command = get_forget_command (generation->record);
  said = g_steal_pointer (&fault->message);
  fault->message =
      g_strdup_printf (_("%s (The task was paid for: %s.) Its record stays, "
          "and the next start polls it again. To submit and pay again, run "
          "`%s` first."), said, description, command);
  return FALSE;
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
  know (generation, task);
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
    drop_record (generation);
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
    know (generation, latest);
    if (!foxapi_task_equal (known, latest))
      run->observer->task (run->user_data, latest, generation->resumed,
          foxapi_poll_plan_remaining (&plan, now_us));
  }
  return check_end (generation, error);
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
  if (generation->task_id == NULL && !begin (generation, run, files, error))
    return FALSE;
  if (generation->part != NULL)
    foxapi_part_set_task (generation->part, generation->task_id);
  if (generation->resumed && !take_up (generation, run, &fault)) {
    if (has_expired (generation, run, fault)
        || !is_lost_for_good (generation, run, &fault)) {
      drop_record (generation);
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
    if (generation->body != NULL && !identify (generation, run, files, error))
      return FALSE;
    if (generation->body != NULL)
      join_submission (generation);
  }
  if (!foxapi_generation_enter_cache (generation, run, error))
    return FALSE;
  if (generation->clip == NULL)
    return run_without_clip (generation, run, files, error);
  play_clip (generation, run);
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
  know (generation, task);
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
