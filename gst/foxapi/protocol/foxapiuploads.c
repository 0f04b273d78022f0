/* Several local files → their URLs at the service, a few at once
 *
 * Threads: each worker takes the next file that is waiting and uploads it. What
 * happens is told by the thread of the run alone: the workers report to it
 * through a queue. It waits for the last of them, whatever has happened, so that
 * no thread is left when foxapi_uploads_send() returns.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiuploads.h"

#include "foxapiretry.h"
#include "foxapiupload.h"

/* Every upload is a connection of its own, as libsoup makes a new one for each
 * POST: what goes on at once are the handshakes, the time that the service takes
 * to store a file, and what the window of a connection keeps from filling the
 * line to a far server. Measured at 80 ms there and back, 2 MB/s for a connection
 * and 8 MB/s for all (tests/benchmarks/uploads.py): four do what can be done for
 * large files, and most of it for small ones. More would make each of them slower,
 * up to where one seems to stand still, and meet the service's limit of requests
 * (API.md gives no number for it, but the answer 429). */
#define MAX_AT_ONCE 4

typedef struct
{
  GPtrArray *uris;              /* as they were given, not changed */
  FoxapiRun run;                /* of the workers: cancelled together, reports */
  GAsyncQueue *reports;         /* Report */

  GMutex lock;                  /* of all that follows; held for no call */
  GPtrArray *urls;              /* in the places of their URIs */
  GQueue waiting;               /* indices of URIs */
  guint n_workers;              /* that have not ended */
  gint64 not_before_us;         /* when the service is ready for the next one */
  GError *error;                /* the first: all others follow from it */
} Uploads;

typedef struct
{
  Uploads *uploads;
  guint index;                  /* of its URI */
  gboolean has_left;            /* the file waits again, and is another's */
} Worker;

/* What a worker tells: that a file is being uploaded, that it tries again
 * (@fault), or that it has ended (no @uri either) */
typedef struct
{
  const gchar *uri;
  guint nth;
  GError *fault;
  gint64 delay_us;
} Report;

/* In the workers */

static void
report (Uploads * uploads, const Report * what)
{
  g_async_queue_push (uploads->reports, g_memdup2 (what, sizeof (*what)));
}

static void
report_upload (gpointer user_data, const gchar * uri, guint nth, guint n)
{
  const Report what = {.uri = uri,.nth = nth };

  report (user_data, &what);
}

static void
report_trying_again (gpointer user_data, const GError * fault, gint64 delay_us)
{
  const Report what = {.fault = g_error_copy (fault),.delay_us = delay_us };

  report (user_data, &what);
}

/* An upload calls no others. */
static const FoxapiRunObserver reporter = {
  .upload = report_upload,
  .trying_again = report_trying_again,
};

/* Whether the service may have refused this one for those beside it. (Where a
 * proxy counts connections, its answer is 503.) */
static gboolean
is_crowded (const GError * fault)
{
  guint status = foxapi_error_get_details (fault)->http_status;

  return status == 429 || status == 503;
}

/* Slows down where the service asks to, while there is somebody else to go on:
 * this worker leaves its file to the others and ends. The last one tries again
 * like a lone upload, so that a service that takes one at a time gets one. */
static gboolean
leave (const GError * fault, gpointer user_data)
{
  Worker *worker = user_data;
  Uploads *uploads = worker->uploads;
  const FoxapiErrorDetails *details = foxapi_error_get_details (fault);
  gint64 delay_us = foxapi_retry_get_delay (1, details->retry_after_us,
      g_random_double ());

  if (!is_crowded (fault))
    return FALSE;

  g_mutex_lock (&uploads->lock);
  if (uploads->n_workers > 1) {
    worker->has_left = TRUE;
    uploads->n_workers--;
    uploads->not_before_us = MAX (uploads->not_before_us,
        g_get_monotonic_time () + delay_us);
    g_queue_push_head (&uploads->waiting, GUINT_TO_POINTER (worker->index));
  }
  g_mutex_unlock (&uploads->lock);

  if (worker->has_left)
    report_trying_again (uploads, fault, delay_us);
  return worker->has_left;
}

/* A worker that finds nothing has ended: under the same lock, so that no file is
 * left to it. */
static gboolean
take (Worker * worker, gint64 * not_before_us)
{
  Uploads *uploads = worker->uploads;
  gboolean found;

  g_mutex_lock (&uploads->lock);
  found = uploads->error == NULL && !g_queue_is_empty (&uploads->waiting);
  if (found)
    worker->index = GPOINTER_TO_UINT (g_queue_pop_head (&uploads->waiting));
  else
    uploads->n_workers--;
  *not_before_us = uploads->not_before_us;
  g_mutex_unlock (&uploads->lock);
  return found;
}

static void
keep_url (Worker * worker, gchar * url)
{
  g_mutex_lock (&worker->uploads->lock);
  g_ptr_array_index (worker->uploads->urls, worker->index) = url;
  g_mutex_unlock (&worker->uploads->lock);
}

static void
keep_error (Uploads * uploads, GError * error)
{
  g_mutex_lock (&uploads->lock);
  if (uploads->error == NULL)
    uploads->error = g_steal_pointer (&error);
  g_mutex_unlock (&uploads->lock);

  g_clear_error (&error);
  /* After it was kept: what this does to the others comes second. */
  g_cancellable_cancel (uploads->run.cancellable);
}

static gpointer
work (gpointer user_data)
{
  Worker worker = {.uploads = user_data };
  Uploads *uploads = worker.uploads;
  const FoxapiRun *run = &uploads->run;
  const Report end = { NULL, 0, NULL, 0 };
  gint64 not_before_us;

  while (!worker.has_left && take (&worker, &not_before_us)) {
    const gchar *uri = g_ptr_array_index (uploads->uris, worker.index);
    GError *fault = NULL;
    gchar *url = NULL;

    if (foxapi_run_wait_until (run, not_before_us, &fault)) {
      run->observer->upload (run->user_data, uri, worker.index + 1,
          uploads->uris->len);
      url = foxapi_upload_file (run, uri, leave, &worker, &fault);
    }
    if (url != NULL)
      keep_url (&worker, url);
    else if (worker.has_left)
      g_clear_error (&fault);
    else
      keep_error (uploads, fault);
  }
  report (uploads, &end);
  return NULL;
}

/* In the thread of the run */

static void
free_report (Report * what)
{
  g_clear_error (&what->fault);
  g_free (what);
}

/* Tells what the workers report, until the last has ended. */
static void
tell (Uploads * uploads, const FoxapiRun * run, guint n_workers)
{
  while (n_workers > 0) {
    Report *what = g_async_queue_pop (uploads->reports);

    if (what->uri != NULL)
      run->observer->upload (run->user_data, what->uri, what->nth,
          uploads->uris->len);
    else if (what->fault != NULL)
      run->observer->trying_again (run->user_data, what->fault, what->delay_us);
    else
      n_workers--;
    free_report (what);
  }
}

/* Under the lock, so that none begins before it can know how many they are: the
 * first would take itself for the last one. */
static guint
start_workers (Uploads * uploads, GThread ** threads, guint n_wanted)
{
  guint n = 0;

  g_mutex_lock (&uploads->lock);
  while (n < n_wanted && (threads[n] = g_thread_try_new ("foxapi-upload", work,
              uploads, NULL)) != NULL)
    n++;
  uploads->n_workers = n;
  g_mutex_unlock (&uploads->lock);
  return n;
}

/* Fewer threads than wanted do as well; returns %FALSE if there are none. */
static gboolean
run_workers (Uploads * uploads, const FoxapiRun * run)
{
  GThread *threads[MAX_AT_ONCE];
  guint n = start_workers (uploads, threads, MIN (uploads->uris->len,
          MAX_AT_ONCE));

  tell (uploads, run, n);
  for (guint i = 0; i < n; i++)
    g_thread_join (threads[i]);
  return n > 0;
}

static void
cancel_workers (GCancellable * cancellable, gpointer workers)
{
  g_cancellable_cancel (workers);
}

/* Returns %FALSE if there are no threads to be had. */
static gboolean
send_together (const FoxapiRun * run, GPtrArray * uris, GPtrArray * urls,
    GError ** error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncQueue) reports = g_async_queue_new ();
  Uploads uploads = {.uris = uris,.urls = urls,.run = *run,.reports = reports };
  gboolean done;
  gulong id;

  g_mutex_init (&uploads.lock);
  for (guint i = 0; i < uris->len; i++)
    g_queue_push_tail (&uploads.waiting, GUINT_TO_POINTER (i));
  uploads.run.cancellable = cancellable;
  uploads.run.observer = &reporter;
  uploads.run.user_data = &uploads;

  id = g_cancellable_connect (run->cancellable, G_CALLBACK (cancel_workers),
      cancellable, NULL);
  done = run_workers (&uploads, run);
  g_cancellable_disconnect (run->cancellable, id);

  if (uploads.error != NULL)
    g_propagate_error (error, uploads.error);
  g_queue_clear (&uploads.waiting);
  g_mutex_clear (&uploads.lock);
  return done;
}

static void
send_in_turn (const FoxapiRun * run, GPtrArray * uris, GPtrArray * urls,
    GError ** error)
{
  for (guint i = 0; i < uris->len; i++) {
    const gchar *uri = g_ptr_array_index (uris, i);

    run->observer->upload (run->user_data, uri, i + 1, uris->len);
    g_ptr_array_index (urls, i) =
        foxapi_upload_file (run, uri, NULL, NULL, error);
    if (g_ptr_array_index (urls, i) == NULL)
      return;
  }
}

/* Uploads that were stopped by the end of the run's time are no whim of the
 * application: it is an error to be told. */
static GError *
name_overdue (const FoxapiRun * run, GError * fault)
{
  if (!g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_CANCELLED)
      || !foxapi_run_is_overdue (run))
    return fault;

  g_error_free (fault);
  return g_error_new_literal (FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
      "The local references were not uploaded within task-timeout. Nothing was "
      "charged: raise task-timeout or use smaller files, then start again.");
}

/**
 * foxapi_uploads_send:
 * @run: a run
 * @uris: (element-type utf8): file URIs, each once
 * @error: return location: %FOXAPI_ERROR, with a message that names the file, or
 *   G_IO_ERROR_CANCELLED
 *
 * Uploads files, several at once if there are several. The first that fails for
 * good ends the others, and its error is the error.
 *
 * Returns: (transfer full) (nullable) (element-type utf8): their URLs at the
 *   service, in the order of @uris
 *
 * Since: 0.1
 */
GPtrArray *
foxapi_uploads_send (const FoxapiRun * run, GPtrArray * uris, GError ** error)
{
  g_autoptr (GPtrArray) urls = g_ptr_array_new_with_free_func (g_free);
  GError *fault = NULL;

  g_ptr_array_set_size (urls, uris->len);
  if (uris->len < 2 || !send_together (run, uris, urls, &fault))
    send_in_turn (run, uris, urls, &fault);

  if (fault != NULL) {
    g_propagate_error (error, name_overdue (run, fault));
    return NULL;
  }
  return g_steal_pointer (&urls);
}
