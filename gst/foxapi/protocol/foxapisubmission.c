/* A submission on its way
 *
 * Its answer has the id of what was paid for, and nothing else has. So the call is
 * made in a thread of its own, which goes on for a while when the element that wanted
 * it is stopped: the id is recorded, and whoever starts with an equal request
 * meanwhile waits for the answer instead of paying again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapisubmission.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <unistd.h>

/* So long an answer is awaited for nobody: most come within some seconds, and an
 * application that has stopped its element expects that nothing of it stays. */
#define ABANDONED_US (10 * G_USEC_PER_SEC)

/* Where a time has 32 bits, GLib 2.74 waits for no far one. */
#define LOOK_US (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

static GMutex lock;
static GCond changed;

/* Under the lock */
static GList *submissions;      /* each with a reference: on their way, and those whose
                                 * answer nothing else knows */
static guint n_threads;         /* that have not let go of all they use */
static gboolean is_ending;      /* the process */

void
foxapi_submission_unref (FoxapiSubmission * submission)
{
  if (!g_atomic_ref_count_dec (&submission->ref_count))
    return;
  g_clear_pointer (&submission->client, foxapi_client_unref);
  g_object_unref (submission->cancellable);
  g_clear_pointer (&submission->part, foxapi_part_free);
  g_clear_pointer (&submission->record, foxapi_record_free);
  g_clear_pointer (&submission->task, foxapi_task_unref);
  g_clear_error (&submission->fault);
  g_clear_error (&submission->record_fault);
  g_free (submission->identity);
  g_free (submission->body);
  g_free (submission->record_path);
  g_free (submission);
}

/* Called with the lock */
static void
unlist (FoxapiSubmission * submission)
{
  GList *link = g_list_find (submissions, submission);

  if (link == NULL)
    return;
  submissions = g_list_delete_link (submissions, link);
  foxapi_submission_unref (submission);
}

/* Called with the lock */
static void
stop_timer (FoxapiSubmission * submission)
{
  if (submission->timer != NULL)
    g_source_destroy (submission->timer);
  g_clear_pointer (&submission->timer, g_source_unref);
}

static gboolean
may_be_charged (FoxapiSubmission * submission)
{
  const FoxapiErrorDetails *details =
      foxapi_error_get_details (submission->fault);

  return submission->task != NULL
      || (details != NULL && details->charge == FOXAPI_CHARGE_MAYBE);
}

/* Called with the lock: the answer has come, and nobody takes it. Whoever starts next
 * finds it in the record, or else here. */
static void
put_away (FoxapiSubmission * submission)
{
  gboolean is_recorded = submission->record != NULL
      && submission->record_fault == NULL;

  /* Whoever finds the place free looks into the record next. */
  if (submission->part != NULL && submission->task != NULL)
    foxapi_part_set_task (submission->part, submission->task->id);
  if (is_recorded)
    foxapi_record_let_go (submission->record);
  g_clear_pointer (&submission->part, foxapi_part_free);
  if (is_recorded || !may_be_charged (submission))
    unlist (submission);
}

/* The record is this thread's until the answer is told. */
static gpointer
submit (gpointer user_data)
{
  FoxapiSubmission *submission = user_data;
  FoxapiRecord *record = submission->record;

  submission->task = foxapi_client_submit (submission->client,
      submission->body, &submission->gate, submission->cancellable,
      &submission->fault);
  if (record != NULL && submission->task != NULL)
    foxapi_record_set_task_id (record, submission->task->id,
        &submission->record_fault);
  if (record != NULL && !may_be_charged (submission)) {
    foxapi_record_remove (record);
    g_clear_pointer (&submission->record, foxapi_record_free);
  }

  g_mutex_lock (&lock);
  stop_timer (submission);
  submission->is_answered = TRUE;
  if (submission->n_attached == 0)
    put_away (submission);
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
  g_clear_pointer (&submission->client, foxapi_client_unref);
  foxapi_submission_unref (submission);

  g_mutex_lock (&lock);
  n_threads--;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
  return NULL;
}

/* Called with the lock */
static gboolean
close_gate (FoxapiSubmission * submission)
{
  return g_atomic_int_compare_and_exchange (&submission->gate,
      FOXAPI_GATE_OPEN, FOXAPI_GATE_CLOSED);
}

/* Of the process that has made the first submission: a child that was forked since
 * then has none of the threads. */
static pid_t own_pid;

/* A program that was interrupted may exit right after its pipeline has stopped. What
 * has not left by then does not leave. */
static void
wait_at_exit (void)
{
  static gint64 end_us = 0;
  g_autoptr (GPtrArray) unsent =
      g_ptr_array_new_with_free_func (g_object_unref);

  if (getpid () != own_pid)
    return;
  g_mutex_lock (&lock);
  if (!is_ending)
    end_us = g_get_monotonic_time () + ABANDONED_US;
  is_ending = TRUE;
  for (GList * l = submissions; l != NULL; l = l->next) {
    FoxapiSubmission *submission = l->data;

    if (close_gate (submission))
      g_ptr_array_add (unsent, g_object_ref (submission->cancellable));
  }
  g_mutex_unlock (&lock);
  for (guint i = 0; i < unsent->len; i++)
    g_cancellable_cancel (g_ptr_array_index (unsent, i));
  g_mutex_lock (&lock);
  while (n_threads > 0 && g_cond_wait_until (&changed, &lock, end_us));
  g_mutex_unlock (&lock);
}

/* Handlers run in the reverse order, and this one has to come before any that a TLS
 * library has: so it is registered once more where that is used. */
static void
wait_at_exit_from_now_on (FoxapiClient * client)
{
  static gsize once = 0, once_with_tls = 0;

  if (g_once_init_enter (&once)) {
    own_pid = getpid ();
    atexit (wait_at_exit);
    g_once_init_leave (&once, 1);
  }
  if (g_str_has_prefix (foxapi_client_get_base_url (client), "https:")
      && g_once_init_enter (&once_with_tls)) {
    g_tls_backend_get_default ();
    atexit (wait_at_exit);
    g_once_init_leave (&once_with_tls, 1);
  }
}

/* %FALSE: nothing is sent. */
static gboolean
start (FoxapiSubmission * submission, GError ** error)
{
  GThread *thread = NULL;
  gboolean is_too_late;

  g_mutex_lock (&lock);
  is_too_late = is_ending;
  if (!is_too_late)
    thread = g_thread_try_new ("foxapi-submit", submit, submission, NULL);
  if (thread != NULL) {
    n_threads++;
    g_atomic_ref_count_inc (&submission->ref_count);
    g_atomic_ref_count_inc (&submission->ref_count);
    submissions = g_list_prepend (submissions, submission);
    g_thread_unref (thread);
  }
  g_mutex_unlock (&lock);
  if (thread != NULL)
    return TRUE;

  g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_CONNECT,
      is_too_late ? _("The process is ending. Nothing was sent.") :
      _("The process can start no more threads. Nothing was sent. Run fewer "
          "pipelines at once, then start again."));
  foxapi_error_edit_details (*error)->charge = FOXAPI_CHARGE_NO;
  return FALSE;
}

/* Sends @body, for the caller to wait for. @record: (transfer full) (nullable): the
 * intent to do so */
FoxapiSubmission *
foxapi_submission_new (FoxapiClient * client, const gchar * identity,
    const gchar * body, FoxapiRecord * record, GError ** error)
{
  FoxapiSubmission *submission = g_new0 (FoxapiSubmission, 1);

  wait_at_exit_from_now_on (client);
  g_atomic_ref_count_init (&submission->ref_count);
  submission->client = foxapi_client_ref (client);
  submission->identity = g_strdup (identity);
  submission->body = g_strdup (body);
  submission->record = record;
  submission->record_path = record ? g_strdup (record->path) : NULL;
  submission->cancellable = g_cancellable_new ();
  submission->n_attached = 1;
  if (start (submission, error))
    return submission;
  if (record != NULL)
    foxapi_record_remove (record);
  foxapi_submission_unref (submission);
  return NULL;
}

/* (transfer full) (nullable): of an equal request, for the caller to wait for: @own
 * (transfer full) (nullable), or one that nobody waits for any more */
FoxapiSubmission *
foxapi_submission_join (FoxapiSubmission * own, const gchar * identity)
{
  FoxapiSubmission *found = NULL;

  if (own != NULL && g_str_equal (own->identity, identity))
    found = own;
  else if (own != NULL)
    foxapi_submission_unref (own);

  g_mutex_lock (&lock);
  for (GList * l = submissions; l != NULL && found == NULL; l = l->next) {
    FoxapiSubmission *submission = l->data;

    if (submission->n_attached == 0
        && g_str_equal (submission->identity, identity)) {
      g_atomic_ref_count_inc (&submission->ref_count);
      found = submission;
    }
  }
  if (found != NULL) {
    found->n_attached++;
    stop_timer (found);
  }
  g_mutex_unlock (&lock);
  return found;
}

static void
wake (GCancellable * cancellable, gpointer user_data)
{
  g_mutex_lock (&lock);
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

/* Called with the lock. %FALSE: @cancellable, or @deadline_us, came before. */
static gboolean
wait_for_answer (FoxapiSubmission * submission, gint64 deadline_us,
    GCancellable * cancellable)
{
  gint64 now_us;

  while (!submission->is_answered && !g_cancellable_is_cancelled (cancellable)
      && (now_us = g_get_monotonic_time ()) < deadline_us)
    g_cond_wait_until (&changed, &lock, MIN (deadline_us, now_us + LOOK_US));
  return submission->is_answered;
}

/* Waits for the answer. Whoever comes first (@is_first) gets the @record and the @part,
 * which are %NULL where there is none. %FALSE: @cancellable, or @deadline_us (of
 * g_get_monotonic_time()), came before the answer to what has left; what has not left
 * by then does not leave, and is answered so. */
gboolean
foxapi_submission_wait (FoxapiSubmission * submission, gint64 deadline_us,
    GCancellable * cancellable, FoxapiRecord ** record, FoxapiPart ** part,
    gboolean * is_first)
{
  gulong handler = g_cancellable_connect (cancellable, G_CALLBACK (wake), NULL,
      NULL);
  gboolean is_answered;

  g_mutex_lock (&lock);
  is_answered = wait_for_answer (submission, deadline_us, cancellable);
  if (!is_answered && submission->n_attached == 1 && close_gate (submission)) {
    g_mutex_unlock (&lock);
    g_cancellable_cancel (submission->cancellable);
    g_mutex_lock (&lock);
    is_answered = wait_for_answer (submission, G_MAXINT64, NULL);
  }
  *is_first = is_answered && !submission->is_taken;
  *record = NULL;
  *part = NULL;
  if (*is_first) {
    submission->is_taken = TRUE;
    *record = g_steal_pointer (&submission->record);
    *part = g_steal_pointer (&submission->part);
    unlist (submission);
  }
  g_mutex_unlock (&lock);
  g_cancellable_disconnect (cancellable, handler);

  /* If nobody was there when it came, others may have taken it up since. */
  if (*record != NULL && !foxapi_record_hold (*record))
    g_clear_pointer (record, foxapi_record_free);
  return is_answered;
}

/* Whoever has it from foxapi_submission_new() or foxapi_submission_join() does not wait
 * any more. @part: (transfer full) (nullable): the place of its clip, which nobody is to
 * take for free meanwhile */
void
foxapi_submission_leave (FoxapiSubmission * submission, FoxapiPart * part)
{
  g_mutex_lock (&lock);
  if (submission->part == NULL && !submission->is_taken)
    submission->part = g_steal_pointer (&part);
  else if (part != NULL && submission->task != NULL)
    foxapi_part_set_task (part, submission->task->id);
  submission->n_attached--;
  if (submission->n_attached == 0 && submission->is_answered)
    put_away (submission);
  else if (submission->n_attached == 0)
    submission->timer = foxapi_client_cancel_at (submission->client,
        g_get_monotonic_time () + ABANDONED_US, submission->cancellable);
  g_mutex_unlock (&lock);
  g_clear_pointer (&part, foxapi_part_free);
}
