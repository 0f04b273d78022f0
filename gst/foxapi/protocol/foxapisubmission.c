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

/* So long an answer is awaited for nobody: most come within some seconds, and an
 * application that has stopped its element expects that nothing of it stays. */
#define ABANDONED_US (10 * G_USEC_PER_SEC)

struct _FoxapiSubmission
{
  gatomicrefcount ref_count;
  FoxapiClient *client;
  gchar *identity;
  gchar *body;
  gint has_left;                /* atomic */
  GCancellable *cancellable;

  guint n_waiting;              /* under the lock */
  GSource *timer;               /* under the lock; while nobody waits */
  gboolean is_answered;         /* under the lock; from then on there is: */
  FoxapiRecord *record;         /* under the lock; who waits first takes it */
  FoxapiTask *task;             /* NULL: @fault says why */
  GError *fault;
  GError *record_fault;         /* why the id is not in the record, or NULL */
};

static GMutex lock;
static GCond answered;
static GList *submissions;      /* under the lock: on their way */

void
foxapi_submission_unref (FoxapiSubmission * submission)
{
  if (!g_atomic_ref_count_dec (&submission->ref_count))
    return;
  foxapi_client_unref (submission->client);
  g_object_unref (submission->cancellable);
  g_clear_pointer (&submission->record, foxapi_record_free);
  g_clear_pointer (&submission->task, foxapi_task_unref);
  g_clear_error (&submission->fault);
  g_clear_error (&submission->record_fault);
  g_free (submission->identity);
  g_free (submission->body);
  g_free (submission);
}

/* Called with the lock */
static void
stop_timer (FoxapiSubmission * submission)
{
  if (submission->timer != NULL)
    g_source_destroy (submission->timer);
  g_clear_pointer (&submission->timer, g_source_unref);
}

/* Called with the lock. What has not left then does not leave. */
static void
abandon (FoxapiSubmission * submission)
{
  gint64 now_us = g_get_monotonic_time ();

  submission->timer = foxapi_client_cancel_at (submission->client,
      now_us + (g_atomic_int_get (&submission->has_left) ? ABANDONED_US : 0),
      submission->cancellable);
}

/* The record is this thread's until the answer is told. */
static gpointer
submit (gpointer user_data)
{
  FoxapiSubmission *submission = user_data;
  FoxapiRecord *record = submission->record;
  const FoxapiErrorDetails *details;

  submission->task = foxapi_client_submit (submission->client,
      submission->body, &submission->has_left, submission->cancellable,
      &submission->fault);
  details = foxapi_error_get_details (submission->fault);
  if (record != NULL && submission->task != NULL) {
    foxapi_record_set_task_id (record, submission->task->id,
        &submission->record_fault);
  } else if (record != NULL && (details == NULL
          || details->charge != FOXAPI_CHARGE_MAYBE)) {
    foxapi_record_remove (record);
    g_clear_pointer (&submission->record, foxapi_record_free);
  }

  g_mutex_lock (&lock);
  submissions = g_list_remove (submissions, submission);
  stop_timer (submission);
  submission->is_answered = TRUE;
  if (submission->n_waiting == 0 && submission->record != NULL)
    foxapi_record_let_go (submission->record);
  g_cond_broadcast (&answered);
  g_mutex_unlock (&lock);
  foxapi_submission_unref (submission);
  return NULL;
}

/* Sends @body. @record: (transfer full) (nullable): the intent to do so */
FoxapiSubmission *
foxapi_submission_new (FoxapiClient * client, const gchar * identity,
    const gchar * body, FoxapiRecord * record)
{
  FoxapiSubmission *submission = g_new0 (FoxapiSubmission, 1);

  g_atomic_ref_count_init (&submission->ref_count);
  g_atomic_ref_count_inc (&submission->ref_count);
  submission->client = foxapi_client_ref (client);
  submission->identity = g_strdup (identity);
  submission->body = g_strdup (body);
  submission->record = record;
  submission->cancellable = g_cancellable_new ();
  submission->n_waiting = 1;
  g_mutex_lock (&lock);
  submissions = g_list_prepend (submissions, submission);
  g_mutex_unlock (&lock);
  g_thread_unref (g_thread_new ("foxapi-submit", submit, submission));
  return submission;
}

/* (transfer full) (nullable): of an equal request, to be waited for: the caller's
 * @own (transfer full) (nullable), or one that nobody waits for any more */
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

    if (submission->n_waiting == 0
        && g_str_equal (submission->identity, identity)) {
      g_atomic_ref_count_inc (&submission->ref_count);
      found = submission;
    }
  }
  if (found != NULL) {
    found->n_waiting++;
    stop_timer (found);
  }
  g_mutex_unlock (&lock);
  return found;
}

static void
wake (GCancellable * cancellable, gpointer user_data)
{
  g_mutex_lock (&lock);
  g_cond_broadcast (&answered);
  g_mutex_unlock (&lock);
}

/* To be called once for each foxapi_submission_new() and foxapi_submission_join().
 * Whoever comes first gets the @record, and a @warning if the id could not be written
 * there. Where @cancellable ends this, the submission goes on for a while. */
FoxapiTask *
foxapi_submission_wait (FoxapiSubmission * submission,
    GCancellable * cancellable, FoxapiRecord ** record, GError ** warning,
    GError ** error)
{
  gulong handler = g_cancellable_connect (cancellable, G_CALLBACK (wake), NULL,
      NULL);
  gboolean is_answered;

  g_mutex_lock (&lock);
  while (!submission->is_answered && !g_cancellable_is_cancelled (cancellable))
    g_cond_wait (&answered, &lock);
  submission->n_waiting--;
  is_answered = submission->is_answered;
  if (is_answered)
    *record = g_steal_pointer (&submission->record);
  else if (submission->n_waiting == 0)
    abandon (submission);
  g_mutex_unlock (&lock);
  g_cancellable_disconnect (cancellable, handler);

  if (!is_answered) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
        "The submission goes on");
    return NULL;
  }
  /* Nobody has held it since, if nobody waited. */
  if (*record != NULL && !foxapi_record_hold (*record))
    g_clear_pointer (record, foxapi_record_free);
  if (*record != NULL && submission->record_fault != NULL)
    *warning = g_error_copy (submission->record_fault);
  if (submission->task != NULL)
    return foxapi_task_ref (submission->task);
  g_propagate_error (error, g_error_copy (submission->fault));
  return NULL;
}
