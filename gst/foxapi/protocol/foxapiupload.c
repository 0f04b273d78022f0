/* Local files → their URLs at the service, a few at once
 *
 * Threads: each worker takes the next file that waits and uploads it; one of them
 * is the thread of the run, which returns when all have ended, whatever has
 * happened.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapireferences.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "foxapihttp.h"

/* libsoup makes a connection for each POST, so what overlaps are the handshakes,
 * the time in which the service stores a file, and the round trips. Measured at 80
 * ms there and back, 2 MB/s for a connection and 8 MB/s for all
 * (tests/benchmarks/uploads.py): four do all that can be done for large files, and
 * most of it for small ones. */
#define MAX_AT_ONCE 4

/* The form, read as it is sent (RFC 7578). It fails before its end if the file is
 * not the one that was looked at before. */
struct _FoxapiForm
{
  GInputStream parent;

  FoxapiLocalFile *file;        /* borrowed */
  GChecksum *checksum;          /* of what was read */
  GInputStream *parts[3];       /* before the file, the file, behind it */
  guint part;
  goffset left;                 /* of the file */
  goffset length;               /* of the form */
  gboolean is_read;             /* to its end */
  GError *fault;                /* of the file, while it was read */
};

#define FOXAPI_TYPE_FORM (foxapi_form_get_type ())
/* *INDENT-OFF* */
G_DECLARE_FINAL_TYPE (FoxapiForm, foxapi_form, FOXAPI, FORM, GInputStream)
G_DEFINE_FINAL_TYPE (FoxapiForm, foxapi_form, G_TYPE_INPUT_STREAM)
/* *INDENT-ON* */

/* libsoup would tell a fault of the file as one of the connection. */
static gssize
fail (FoxapiForm * self, GError * fault, GError ** error)
{
  g_clear_error (&self->fault);
  self->fault = fault;
  g_propagate_error (error, g_error_copy (fault));
  return -1;
}

static gssize
read_file (FoxapiForm * self, void *buffer, gsize count,
    GCancellable * cancellable, GError ** error)
{
  g_autoptr (GError) fault = NULL;
  gssize n = g_input_stream_read (self->parts[1], buffer,
      MIN (count, (gsize) self->left), cancellable, &fault);

  if (n > 0) {
    g_checksum_update (self->checksum, buffer, n);
    self->left -= n;
  }
  if (g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_propagate_error (error, g_steal_pointer (&fault));
    return -1;
  }
  if (n < 0)
    return fail (self, g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_READ,
            _("The file %s cannot be read to its end (%s). Correct that, "
                "then start again. Nothing was submitted."), self->file->uri,
            fault->message), error);
  if (n == 0 || (self->left == 0
          && strcmp (g_checksum_get_string (self->checksum),
              self->file->digest) != 0))
    return fail (self, foxapi_local_file_new_changed_error (self->file), error);
  return n;
}

static gssize
foxapi_form_read (GInputStream * stream, void *buffer, gsize count,
    GCancellable * cancellable, GError ** error)
{
  FoxapiForm *self = FOXAPI_FORM (stream);

  for (; self->part < G_N_ELEMENTS (self->parts); self->part++) {
    gssize n;

    if (self->part == 1 && self->left == 0)
      continue;
    if (self->part == 1)
      return read_file (self, buffer, count, cancellable, error);
    n = g_input_stream_read (self->parts[self->part], buffer, count,
        cancellable, error);
    if (n != 0)
      return n;
  }
  self->is_read = TRUE;
  return 0;
}

static void
foxapi_form_finalize (GObject * object)
{
  FoxapiForm *self = FOXAPI_FORM (object);

  for (guint i = 0; i < G_N_ELEMENTS (self->parts); i++)
    g_clear_object (&self->parts[i]);
  g_clear_pointer (&self->checksum, g_checksum_free);
  g_clear_error (&self->fault);
  G_OBJECT_CLASS (foxapi_form_parent_class)->finalize (object);
}

static void
foxapi_form_init (FoxapiForm * self)
{
  self->checksum = g_checksum_new (G_CHECKSUM_SHA256);
}

static void
foxapi_form_class_init (FoxapiFormClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = foxapi_form_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = foxapi_form_read;
}

/* The name is made of the content: the user's own stays here, and it is ASCII, as
 * many servers drop a part that has only filename*=. */
static FoxapiForm *
open_form (FoxapiLocalFile * file, const gchar * boundary,
    GCancellable * cancellable, GError ** error)
{
  g_autoptr (FoxapiForm) self = g_object_new (FOXAPI_TYPE_FORM, NULL);
  gchar *head, *tail;

  if (!foxapi_local_file_is_unchanged (file, error))
    return NULL;
  self->parts[1] = G_INPUT_STREAM (g_file_read (file->file, cancellable,
          error));
  if (self->parts[1] == NULL)
    return NULL;

  head = g_strdup_printf ("--%s\r\nContent-Disposition: form-data; "
      "name=\"file\"; filename=\"%s%s\"\r\nContent-Type: %s\r\n\r\n",
      boundary, file->digest, file->extension, file->type);
  tail = g_strdup_printf ("\r\n--%s\r\nContent-Disposition: form-data; "
      "name=\"file_name\"\r\n\r\n%s%s\r\n--%s--\r\n", boundary, file->digest,
      file->extension, boundary);
  self->file = file;
  self->left = file->size;
  self->length = strlen (head) + file->size + strlen (tail);
  self->parts[0] = g_memory_input_stream_new_from_data (head, -1, g_free);
  self->parts[2] = g_memory_input_stream_new_from_data (tail, -1, g_free);
  return g_steal_pointer (&self);
}

static gboolean
upload_once (const FoxapiRun * run, FoxapiLocalFile * file, GError ** error)
{
  g_autofree gchar *boundary = g_uuid_string_random ();
  g_autofree gchar *content_type =
      g_strconcat ("multipart/form-data; boundary=", boundary, NULL);
  g_autofree gchar *url = NULL;
  g_autoptr (FoxapiForm) form = NULL;
  g_autoptr (GError) fault = NULL;

  form = open_form (file, boundary, run->cancellable, error);
  if (form == NULL)
    return FALSE;
  url = foxapi_client_upload (run->client, G_INPUT_STREAM (form), content_type,
      form->length, run->cancellable, &fault);
  if (form->fault != NULL)
    g_propagate_error (error, g_steal_pointer (&form->fault));
  else if (url == NULL && form->is_read && foxapi_error_get_details (fault)
      && foxapi_error_get_details (fault)->timed_out)
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_CONNECT,
        _("The whole file was sent, but the service did not answer within "
            "submit-timeout. Raise submit-timeout, then start again."));
  else if (url == NULL)
    g_propagate_error (error, g_steal_pointer (&fault));
  else if (form->left > 0)
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
        _("The service answered before the whole file was sent. Check the "
            "property base-url, then start again."));
  else if (foxapi_local_file_is_unchanged (file, error))
    file->url = g_steal_pointer (&url);
  return file->url != NULL;
}

/* Several at once */

typedef struct
{
  const FoxapiRun *run;         /* of the one who waits */
  FoxapiRun common;             /* of the workers: one fails, all are cancelled */
  GPtrArray *files;             /* FoxapiLocalFile, each content once */

  GMutex lock;                  /* of all that follows, and while they report */
  GQueue waiting;               /* indices of files */
  guint n_workers;              /* that have not ended */
  GError *error;                /* the first: all others follow from it */
} Batch;

static void
report_upload (gpointer user_data, const gchar * uri, guint nth, guint n)
{
  Batch *batch = user_data;

  g_mutex_lock (&batch->lock);
  batch->run->observer->upload (batch->run->user_data, uri, nth, n);
  g_mutex_unlock (&batch->lock);
}

static void
report_trying_again (gpointer user_data, const GError * fault, gint64 delay_us)
{
  Batch *batch = user_data;

  g_mutex_lock (&batch->lock);
  batch->run->observer->trying_again (batch->run->user_data, fault, delay_us);
  g_mutex_unlock (&batch->lock);
}

/* An upload calls no others. */
static const FoxapiRunObserver reporter = {
  .upload = report_upload,
  .trying_again = report_trying_again,
};

/* A worker that finds nothing has ended: under the same lock, so that no file is
 * left to it. */
static gboolean
take (Batch * batch, guint * index)
{
  gboolean found;

  g_mutex_lock (&batch->lock);
  found = batch->error == NULL && !g_queue_is_empty (&batch->waiting);
  if (found)
    *index = GPOINTER_TO_UINT (g_queue_pop_head (&batch->waiting));
  else
    batch->n_workers--;
  g_mutex_unlock (&batch->lock);
  return found;
}

/* The service may have refused this one for those beside it (where a proxy counts
 * connections, it answers 503): the file is left to them. The last worker tries
 * again, so that a service that takes one at a time gets one. */
static gboolean
leave (Batch * batch, guint index, const GError * fault)
{
  guint status = foxapi_error_get_details (fault)->http_status;
  gboolean leaves;

  if (status != 429 && status != 503)
    return FALSE;
  g_mutex_lock (&batch->lock);
  leaves = batch->n_workers > 1;
  if (leaves) {
    batch->n_workers--;
    g_queue_push_head (&batch->waiting, GUINT_TO_POINTER (index));
  }
  g_mutex_unlock (&batch->lock);
  return leaves;
}

/* Nothing is charged for an upload, so every fault that passes may be tried
 * again. Returns %FALSE without an error if another worker has the file. */
static gboolean
upload (Batch * batch, guint index, GError ** error)
{
  const FoxapiRun *run = &batch->common;
  FoxapiLocalFile *file = g_ptr_array_index (batch->files, index);

  for (guint attempt = 1;; attempt++) {
    g_autoptr (GError) fault = NULL;
    const FoxapiErrorDetails *details;
    gboolean passes;

    if (foxapi_run_wait_for_service (run, &fault)
        && upload_once (run, file, &fault))
      return TRUE;

    details = foxapi_error_get_details (fault);
    passes = details != NULL && details->passing
        && !foxapi_run_is_overdue (run);
    if (passes && leave (batch, index, fault))
      return FALSE;
    if (!passes || !foxapi_retry_is_allowed (run->retries, attempt)) {
      if (details != NULL)
        g_prefix_error (&fault, _("Uploading %s failed, nothing was "
                "submitted. "), file->uri);
      g_propagate_error (error, g_steal_pointer (&fault));
      return FALSE;
    }
    if (!foxapi_run_pause (run, fault, attempt, 0, error))
      return FALSE;
  }
}

static gpointer
work (gpointer user_data)
{
  Batch *batch = user_data;
  guint index;

  while (take (batch, &index)) {
    FoxapiLocalFile *file = g_ptr_array_index (batch->files, index);
    GError *fault = NULL;

    report_upload (batch, file->uri, index + 1, batch->files->len);
    if (upload (batch, index, &fault))
      continue;
    if (fault == NULL)
      return NULL;

    g_mutex_lock (&batch->lock);
    if (batch->error == NULL)
      batch->error = g_steal_pointer (&fault);
    g_mutex_unlock (&batch->lock);
    g_clear_error (&fault);
    /* After it was kept: the others' errors come second. */
    g_cancellable_cancel (batch->common.cancellable);
  }
  return NULL;
}

/* Under the lock, so that none begins before it can know how many they are. Fewer
 * threads than wanted do as well. */
static void
work_together (Batch * batch)
{
  GThread *threads[MAX_AT_ONCE];
  guint n = 1;

  g_mutex_lock (&batch->lock);
  while (n < MIN (batch->files->len, MAX_AT_ONCE)
      && (threads[n] = g_thread_try_new ("foxapi-upload", work, batch,
              NULL)) != NULL)
    n++;
  batch->n_workers = n;
  g_mutex_unlock (&batch->lock);

  work (batch);
  while (--n > 0)
    g_thread_join (threads[n]);
}

static void
cancel_workers (GCancellable * cancellable, gpointer workers)
{
  g_cancellable_cancel (workers);
}

/* What the end of the run's time has stopped is told as that. */
static GError *
name_overdue (const FoxapiRun * run, GError * fault)
{
  if (!foxapi_run_is_overdue (run) || (fault->domain == FOXAPI_ERROR
          && fault->code != FOXAPI_ERROR_CONNECT))
    return fault;

  g_error_free (fault);
  return g_error_new_literal (FOXAPI_ERROR, FOXAPI_ERROR_FAILED,
      _("The local references were not uploaded within task-timeout. Raise "
          "task-timeout or use smaller files, then start again. Nothing was "
          "submitted."));
}

static gboolean
has_same_content (gconstpointer a, gconstpointer b)
{
  const FoxapiLocalFile *one = a, *other = b;

  return g_str_equal (one->digest, other->digest);
}

/* Sets the url of each of @files; those with the same content are one upload. The
 * first that fails for good ends the others, and its error is the error. */
gboolean
foxapi_references_upload (const FoxapiRun * run, GPtrArray * files,
    GError ** error)
{
  g_autoptr (GPtrArray) firsts = g_ptr_array_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Batch batch = {.run = run,.common = *run,.files = firsts };
  gulong id;
  guint first;

  for (guint i = 0; i < files->len; i++) {
    if (g_ptr_array_find_with_equal_func (firsts, files->pdata[i],
            has_same_content, NULL))
      continue;
    g_queue_push_tail (&batch.waiting, GUINT_TO_POINTER (firsts->len));
    g_ptr_array_add (firsts, files->pdata[i]);
  }
  g_mutex_init (&batch.lock);
  batch.common.cancellable = cancellable;
  batch.common.observer = &reporter;
  batch.common.user_data = &batch;

  id = g_cancellable_connect (run->cancellable, G_CALLBACK (cancel_workers),
      cancellable, NULL);
  work_together (&batch);
  g_cancellable_disconnect (run->cancellable, id);

  g_queue_clear (&batch.waiting);
  g_mutex_clear (&batch.lock);
  if (batch.error != NULL) {
    g_propagate_error (error, name_overdue (run, batch.error));
    return FALSE;
  }
  for (guint i = 0; i < files->len; i++) {
    FoxapiLocalFile *file = g_ptr_array_index (files, i);
    FoxapiLocalFile *twin;

    g_ptr_array_find_with_equal_func (firsts, file, has_same_content, &first);
    twin = g_ptr_array_index (firsts, first);
    if (file != twin)
      file->url = g_strdup (twin->url);
  }
  return TRUE;
}
