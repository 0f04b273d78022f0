/* One generation of an element, through its starts and stops
 *
 * Both elements stand on this: it has the properties that say what to generate
 * and where, decides at a start which generation that is about, runs it, and tells
 * the application of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads: start() and stop() belong to the thread that changes the element's
 * state, when nobody generates. generate() and all that is called from it belong
 * to one thread in between, which alone uses the network. Properties and cancel()
 * come from any thread. No lock is held when a message is posted. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiengine.h"

#include "foxapijson.h"
#include "foxapireferences.h"
#include "foxapirequest.h"
#include "foxapistore.h"
#include "foxapiuri.h"
#include "foxapiwait.h"
#include "gstfoxapimessages.h"
#include "gstfoxapitags.h"

/* gst-launch-1.0 (1.22) never ends when an ERROR comes before its main loop runs, so
 * none comes sooner than this after the start. */
#define FIRST_ERROR_US (100 * 1000)

/* Properties */

/* Called with the object lock */
static void
set_named_task_id (GstFoxapiEngine * engine, const gchar * task_id)
{
  gboolean is_set = task_id != NULL && *task_id != '\0';

  g_free (engine->named_task_id);
  engine->named_task_id = is_set ? g_strdup (task_id) : NULL;
  engine->task_is_forgotten = !is_set;
}

/* Called with the object lock */
static const gchar *
get_task_id (GstFoxapiEngine * engine)
{
  if (engine->named_task_id != NULL)
    return engine->named_task_id;
  return engine->task_is_forgotten ? NULL : engine->task_id;
}

/* @task: (nullable): none yet */
static gint
get_progress (FoxapiTask * task)
{
  return task ? MAX (task->progress, 0) : 0;
}

/* %FALSE: it is none of these properties. */
gboolean
gst_foxapi_engine_set_property (GstFoxapiEngine * engine, guint id,
    const GValue * value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (engine->element);
  if (id == GST_FOXAPI_PROP_TASK_ID)
    set_named_task_id (engine, g_value_get_string (value));
  else
    known = gst_foxapi_settings_set (&engine->settings, id, value);
  GST_OBJECT_UNLOCK (engine->element);
  return known;
}

gboolean
gst_foxapi_engine_get_property (GstFoxapiEngine * engine, guint id,
    GValue * value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (engine->element);
  switch (id) {
    case GST_FOXAPI_PROP_TASK_ID:
      g_value_set_string (value, get_task_id (engine));
      break;
    case GST_FOXAPI_PROP_STATUS:
      g_value_set_string (value, engine->task ? engine->task->status : NULL);
      break;
    case GST_FOXAPI_PROP_PROGRESS:
      g_value_set_int (value, get_progress (engine->task));
      break;
    case GST_FOXAPI_PROP_TASK:
      if (engine->task != NULL)
        g_value_take_boxed (value, gst_foxapi_task_to_structure (engine->task,
                engine->resumed));
      break;
    default:
      known = gst_foxapi_settings_get (&engine->settings, id, value);
      break;
  }
  GST_OBJECT_UNLOCK (engine->element);
  return known;
}

/* (transfer full) (nullable): what would generate, or resume, the same */
gchar *
gst_foxapi_engine_dup_uri (GstFoxapiEngine * engine)
{
  const gchar *task_id;
  gchar *uri = NULL;

  GST_OBJECT_LOCK (engine->element);
  task_id = get_task_id (engine);
  if (engine->named_task_id == NULL)
    uri = gst_foxapi_settings_get_uri (&engine->settings);
  if (uri == NULL && task_id != NULL)
    uri = foxapi_uri_build_for_task (task_id);
  GST_OBJECT_UNLOCK (engine->element);
  return uri;
}

gboolean
gst_foxapi_engine_set_uri (GstFoxapiEngine * engine, const gchar * uri,
    GError ** error)
{
  g_autofree gchar *task_id = NULL;
  gboolean is_set;

  GST_OBJECT_LOCK (engine->element);
  is_set = gst_foxapi_settings_set_uri (&engine->settings, uri, &task_id,
      error);
  if (is_set) {
    g_clear_pointer (&engine->named_task_id, g_free);
    if (task_id != NULL)
      set_named_task_id (engine, task_id);
  }
  GST_OBJECT_UNLOCK (engine->element);
  return is_set;
}

/* What is told of the generation */

/* One is open at a time: the generation's, then the download's. */
void
gst_foxapi_engine_post_progress (GstFoxapiEngine * engine, const gchar * code,
    GstProgressType type, gint percent, const gchar * text)
{
  gboolean is_open = type == GST_PROGRESS_TYPE_START
      || type == GST_PROGRESS_TYPE_CONTINUE;

  engine->progress_code = is_open ? code : NULL;
  gst_foxapi_post_progress (engine->element, code, type, percent, text);
}

static void
post_progress (GstFoxapiEngine * engine, GstProgressType type,
    const gchar * text)
{
  gint percent;

  GST_OBJECT_LOCK (engine->element);
  percent = get_progress (engine->task);
  GST_OBJECT_UNLOCK (engine->element);
  gst_foxapi_engine_post_progress (engine, GST_FOXAPI_PROGRESS_GENERATE, type,
      percent, text);
}

static gchar *
describe_task (FoxapiTask * task, gint remaining_s)
{
  GString *text = g_string_new (task->id);
  const gchar *status = task->status;

  if (status != NULL)
    g_string_append_printf (text, ": %s", status);
  if (task->progress >= 0)
    g_string_append_printf (text, ", %d %%", task->progress);
  if (remaining_s > 0 && task->state == FOXAPI_TASK_RUNNING)
    g_string_append_printf (text, ", about %d s to go", remaining_s);
  return g_string_free (text, FALSE);
}

/* The first message about a task says what it means for the money: a person who
 * presses Ctrl-C later sees nothing more. */
static void
post_first_progress (GstFoxapiEngine * engine, const gchar * task_id,
    gboolean resumed)
{
  g_autofree gchar *text = NULL;

  if (resumed)
    text = g_strdup_printf ("Resuming task %s (no new charge)", task_id);
  else
    text = g_strdup_printf ("Submitted task %s (charged). %s", task_id,
        engine->run.store_directory != NULL ?
        "Run the same command to resume if interrupted." :
        "It is not recorded: note its id, which resumes it.");
  post_progress (engine, GST_PROGRESS_TYPE_CONTINUE, text);
}

/* Not of the property task: what watches properties may print them, and that one
 * has the link to the result. */
static void
notify_changes (GstFoxapiEngine * engine, FoxapiTask * old_task,
    FoxapiTask * task)
{
  GObject *object = G_OBJECT (engine->element);

  if (old_task == NULL || g_strcmp0 (old_task->id, task->id) != 0)
    g_object_notify (object, "task-id");
  if (old_task == NULL || g_strcmp0 (old_task->status, task->status) != 0)
    g_object_notify (object, "status");
  if (get_progress (old_task) != get_progress (task))
    g_object_notify (object, "progress");
}

static void
on_task (gpointer user_data, FoxapiTask * task, gboolean resumed,
    gint remaining_s)
{
  GstFoxapiEngine *engine = user_data;
  g_autofree gchar *text = describe_task (task, remaining_s);
  FoxapiTask *old_task;

  GST_INFO_OBJECT (engine->element, "task %s", text);

  GST_OBJECT_LOCK (engine->element);
  old_task = engine->task;
  engine->task = foxapi_task_ref (task);
  engine->resumed = resumed;
  g_free (engine->task_id);
  engine->task_id = g_strdup (task->id);
  GST_OBJECT_UNLOCK (engine->element);

  gst_foxapi_post_task (engine->element, task, resumed);
  if (task->state == FOXAPI_TASK_RUNNING && !engine->run.until_task) {
    if (old_task == NULL)
      post_first_progress (engine, task->id, resumed);
    else
      post_progress (engine, GST_PROGRESS_TYPE_CONTINUE, text);
  }
  notify_changes (engine, old_task, task);
  g_clear_pointer (&old_task, foxapi_task_unref);
}

static void
on_upload (gpointer user_data, const gchar * uri, guint nth, guint n)
{
  g_autofree gchar *text = g_strdup_printf ("Uploading %s (%u of %u)", uri, nth,
      n);

  post_progress (user_data, GST_PROGRESS_TYPE_CONTINUE, text);
}

static void
on_trying_again (gpointer user_data, const GError * fault, gint64 delay_us)
{
  GstFoxapiEngine *engine = user_data;
  const FoxapiErrorDetails *details = foxapi_error_get_details (fault);
  GString *text = g_string_new (NULL);
  g_autofree gchar *line = NULL;

  /* What to do about it is said by the ERROR, if trying again does not help. */
  g_string_printf (text, "Trying again in %.1f s",
      (gdouble) delay_us / G_USEC_PER_SEC);
  if (details != NULL && details->http_status != 0)
    g_string_append_printf (text, " (HTTP %u)", details->http_status);
  else if (g_error_matches (fault, FOXAPI_ERROR, FOXAPI_ERROR_CONNECT))
    g_string_append (text, " (no connection)");
  else if (g_error_matches (fault, FOXAPI_ERROR, FOXAPI_ERROR_BUSY))
    g_string_append (text, " (HTTP 429 to another element)");
  line = g_string_free (text, FALSE);

  GST_INFO_OBJECT (engine->element, "%s: %s", line, fault->message);
  post_progress (engine, GST_PROGRESS_TYPE_CONTINUE, line);
}

static void
on_warning (gpointer user_data, const GError * warning)
{
  GstFoxapiEngine *engine = user_data;

  gst_foxapi_post_warning (engine->element, warning,
      engine->generation->task_id);
}

static const FoxapiRunObserver observer = {
  .task = on_task,
  .upload = on_upload,
  .trying_again = on_trying_again,
  .warning = on_warning,
};

/* Starting and stopping */

/* The properties as they are at a start, no longer under the lock */
typedef struct
{
  GstFoxapiSettings service;
  JsonObject *body;             /* NULL: @body_error says why */
  GError *body_error;
  gchar *task_id;               /* (nullable): to be resumed */
  gboolean task_is_forgotten;
} Snapshot;

static void
snapshot_clear (Snapshot * snapshot)
{
  gst_foxapi_settings_clear (&snapshot->service);
  g_clear_pointer (&snapshot->body, json_object_unref);
  g_clear_error (&snapshot->body_error);
  g_clear_pointer (&snapshot->task_id, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Snapshot, snapshot_clear)
     static void take_snapshot (GstFoxapiEngine * engine, Snapshot * snapshot)
{
  GST_OBJECT_LOCK (engine->element);
  gst_foxapi_settings_copy_service (&engine->settings, &snapshot->service);
  snapshot->body = gst_foxapi_settings_to_body (&engine->settings,
      &snapshot->body_error);
  snapshot->task_id = g_strdup (engine->named_task_id);
  snapshot->task_is_forgotten = engine->task_is_forgotten;
  GST_OBJECT_UNLOCK (engine->element);
}

static FoxapiClient *
make_client (const GstFoxapiSettings * service, GError ** error)
{
  g_autoptr (FoxapiSession) session = NULL;
  const gchar *base_url = service->base_url;
  const gchar *api_key = service->api_key;

  if (base_url == NULL || *base_url == '\0')
    base_url = g_getenv ("FOXAPI_BASE_URL");
  if (base_url == NULL || *base_url == '\0')
    base_url = FOXAPI_DEFAULT_BASE_URL;
  if (api_key == NULL)
    api_key = g_getenv ("FOXAPI_API_KEY");

  session = foxapi_session_new (&service->session, error);
  return session ? foxapi_client_new (session, base_url, api_key, error) : NULL;
}

static gboolean
is_resubmission_allowed (const GstFoxapiSettings * service)
{
  const gchar *text = g_getenv ("FOXAPI_RESUBMIT_MAYBE_CHARGED");
  g_auto (GValue) value = G_VALUE_INIT;

  if (service->has_resubmit_maybe_charged)
    return service->resubmit_maybe_charged;
  g_value_init (&value, G_TYPE_BOOLEAN);
  return text != NULL && gst_value_deserialize (&value, text)
      && g_value_get_boolean (&value);
}

static FoxapiGeneration *
make_generation (Snapshot * snapshot, gboolean until_task, GError ** error)
{
  if (snapshot->task_id != NULL && foxapi_task_id_is_valid (snapshot->task_id))
    return foxapi_generation_new_for_task (snapshot->task_id);

  if (snapshot->task_id != NULL)
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        "The property task-id must be the id of a task as the service gave it, "
        "without slashes, spaces and control characters. Nothing was sent.");
  else if (snapshot->body == NULL)
    g_propagate_error (error, g_steal_pointer (&snapshot->body_error));
  else if ((until_task || foxapi_request_makes_media (snapshot->body, error))
      && foxapi_references_check (snapshot->body, error))
    return foxapi_generation_new (snapshot->body);
  return NULL;
}

/* Whether a start is about another generation than the one that there is
 * (docs/task-store.md): then @body_text is of its request. */
static gboolean
is_another (GstFoxapiEngine * engine, const Snapshot * snapshot,
    gchar ** body_text)
{
  *body_text = snapshot->body ? foxapi_json_to_text (snapshot->body) : NULL;
  return engine->generation == NULL || snapshot->task_id != NULL
      || snapshot->task_is_forgotten
      || g_strcmp0 (*body_text, engine->body_text) != 0;
}

/* Whether start() would find everything right, for an element that starts later
 * and spends time on references before, and for foxapi-generate --dry-run. The
 * @request is what would be sent; NULL where a task would be resumed. */
gboolean
gst_foxapi_engine_check (GstFoxapiEngine * engine, gchar ** request,
    GError ** error)
{
  g_auto (Snapshot) snapshot = { 0 };
  g_autofree gchar *body_text = NULL;
  FoxapiClient *client;
  FoxapiGeneration *generation;

  take_snapshot (engine, &snapshot);
  client = make_client (&snapshot.service, error);
  if (client == NULL)
    return FALSE;
  foxapi_client_free (client);
  if (!is_another (engine, &snapshot, &body_text))
    return TRUE;

  generation = make_generation (&snapshot, FALSE, error);
  if (generation == NULL)
    return FALSE;
  foxapi_generation_free (generation);
  if (snapshot.task_id == NULL)
    *request = g_steal_pointer (&body_text);
  return TRUE;
}

static void
forget_task (GstFoxapiEngine * engine, const gchar * new_task_id)
{
  FoxapiTask *old_task;

  GST_OBJECT_LOCK (engine->element);
  old_task = g_steal_pointer (&engine->task);
  g_free (engine->task_id);
  engine->task_id = g_strdup (new_task_id);
  g_clear_pointer (&engine->named_task_id, g_free);
  engine->task_is_forgotten = FALSE;
  GST_OBJECT_UNLOCK (engine->element);

  g_clear_pointer (&old_task, foxapi_task_unref);
}

/* Whatever the properties say, a task that was named or is unchanged costs
 * nothing, so their faults count only where they would be sent. */
static gboolean
choose_generation (GstFoxapiEngine * engine, Snapshot * snapshot,
    gboolean until_task, GError ** error)
{
  g_autofree gchar *body_text = NULL;
  FoxapiGeneration *generation;

  if (!is_another (engine, snapshot, &body_text))
    return TRUE;

  generation = make_generation (snapshot, until_task, error);
  if (generation == NULL)
    return FALSE;
  if (engine->generation != NULL)
    foxapi_generation_replace (generation, engine->generation);
  engine->generation = generation;
  g_free (engine->body_text);
  engine->body_text = g_steal_pointer (&body_text);
  forget_task (engine, snapshot->task_id);
  return TRUE;
}

/* Checks everything that can be wrong without asking the service, and decides
 * which generation this start is about. @until_task: its task is all that is
 * wanted. Whatever it returns, stop() follows. */
gboolean
gst_foxapi_engine_start (GstFoxapiEngine * engine, gboolean until_task,
    GError ** error)
{
  g_auto (Snapshot) snapshot = { 0 };
  const GstFoxapiSettings *service = &snapshot.service;
  FoxapiRun *run = &engine->run;

  if (!foxapi_wait_hold (run->cancellable, error))
    return FALSE;
  engine->can_wait = TRUE;
  take_snapshot (engine, &snapshot);
  engine->client = make_client (service, error);
  if (engine->client == NULL || !choose_generation (engine, &snapshot,
          until_task, error))
    return FALSE;

  if (service->task_store == NULL)
    engine->store_directory = foxapi_store_get_default_directory ();
  else if (*service->task_store != '\0')
    engine->store_directory = g_strdup (service->task_store);
  run->client = engine->client;
  run->store_directory = engine->store_directory;
  run->retries = service->retries;
  run->resubmit_maybe_charged = is_resubmission_allowed (service);
  run->poll_interval_ms = service->poll_interval;
  run->result_index = service->result_index;
  run->until_task = until_task;
  run->deadline_us = service->task_timeout == 0 ? G_MAXINT64 :
      g_get_monotonic_time () + (gint64) service->task_timeout * G_USEC_PER_SEC;
  foxapi_client_set_deadline (engine->client, run->deadline_us);
  return TRUE;
}

/* Lets go of all but what is known of the generation. */
void
gst_foxapi_engine_stop (GstFoxapiEngine * engine)
{
  gst_foxapi_engine_close_progress (engine, "Stopped");
  if (engine->generation != NULL)
    foxapi_generation_let_go (engine->generation);
  if (engine->can_wait)
    g_cancellable_release_fd (engine->cancellable);
  engine->can_wait = FALSE;
  g_clear_pointer (&engine->client, foxapi_client_free);
  g_clear_pointer (&engine->store_directory, g_free);
}

/* Ends whatever generate() or a download is in. */
void
gst_foxapi_engine_cancel (GstFoxapiEngine * engine)
{
  g_cancellable_cancel (engine->cancellable);
}

void
gst_foxapi_engine_uncancel (GstFoxapiEngine * engine)
{
  g_cancellable_reset (engine->cancellable);
}

/* Generating */

/* Not where it ended without a result, and not where the service has never heard
 * of it: nobody should be told that a mistyped id is paid for. */
static gboolean
can_be_resumed (GstFoxapiEngine * engine, const GError * error)
{
  gboolean is_unknown = engine->generation->task == NULL
      && g_error_matches (error, FOXAPI_ERROR, FOXAPI_ERROR_NOT_FOUND);

  return !is_unknown && engine->generation->failure == NULL;
}

/* Posts @error, unless it comes from cancel(). */
void
gst_foxapi_engine_fail (GstFoxapiEngine * engine, const GError * error)
{
  g_autoptr (GError) expired = NULL;

  if (g_cancellable_is_cancelled (engine->cancellable)) {
    GST_DEBUG_OBJECT (engine->element, "cancelled: %s", error->message);
    return;
  }

  if (engine->progress_code != NULL)
    gst_foxapi_engine_post_progress (engine, engine->progress_code,
        GST_PROGRESS_TYPE_ERROR, -1, error->message);
  if (!engine->is_generating
      && g_error_matches (error, FOXAPI_ERROR, FOXAPI_ERROR_NOT_FOUND)
      && foxapi_generation_give_up_expired (engine->generation)) {
    expired = g_error_copy (error);
    g_free (expired->message);
    expired->message = g_strdup_printf ("%s Its record has been removed: a new "
        "process, or this element with task-id set to NULL, has it generated "
        "anew, and pays for that.", error->message);
    error = expired;
  }
  gst_foxapi_post_error (engine->element, error,
      engine->generation->task_id,
      expired == NULL && can_be_resumed (engine, error));
}

/* Whoever waits for the progress before he plays (gst-launch-1.0 -e) waits no
 * longer. */
void
gst_foxapi_engine_close_progress (GstFoxapiEngine * engine, const gchar * why)
{
  if (engine->progress_code != NULL)
    gst_foxapi_engine_post_progress (engine, engine->progress_code,
        GST_PROGRESS_TYPE_CANCELED, -1, why);
}

/* Runs the generation until there is a completed task (or, with until_task, a
 * task). What fails has been told of when this returns %FALSE. */
gboolean
gst_foxapi_engine_generate (GstFoxapiEngine * engine)
{
  const gchar *task_id = engine->generation->task_id;
  g_autofree gchar *text = task_id ?
      g_strdup_printf ("Resuming task %s (no new charge)", task_id) :
      g_strdup ("Checking for an unfinished paid task");
  gint64 begun_us = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  post_progress (engine, GST_PROGRESS_TYPE_START, text);
  engine->is_generating = TRUE;
  if (!foxapi_generation_run (engine->generation, &engine->run, &error)) {
    foxapi_run_wait_until (&engine->run, begun_us + FIRST_ERROR_US, NULL);
    gst_foxapi_engine_fail (engine, error);
    return FALSE;
  }

  /* From here on it is the download's own limits that count. */
  engine->is_generating = FALSE;
  engine->run.deadline_us = G_MAXINT64;
  foxapi_client_set_deadline (engine->client, G_MAXINT64);
  if (engine->run.until_task)
    post_progress (engine, GST_PROGRESS_TYPE_COMPLETE, "The task is submitted");
  else
    post_progress (engine, GST_PROGRESS_TYPE_COMPLETE, engine->resumed ?
        "The task has completed (resumed, no new charge)" :
        "The task has completed");
  return TRUE;
}

static gchar *
renew_link (gpointer user_data, GCancellable * cancellable, GError ** error)
{
  GstFoxapiEngine *engine = user_data;

  return foxapi_generation_renew_link (engine->generation, &engine->run, error);
}

/* (transfer full): of the result, until stop() */
FoxapiDownload *
gst_foxapi_engine_new_download (GstFoxapiEngine * engine, GError ** error)
{
  const gchar *link = foxapi_generation_choose_link (engine->generation,
      &engine->run, error);

  return link ? foxapi_client_download (engine->client, link,
      engine->run.retries, renew_link, engine) : NULL;
}

GstEvent *
gst_foxapi_engine_new_task_event (GstFoxapiEngine * engine)
{
  return gst_foxapi_new_task_event (engine->generation->task, engine->resumed);
}

GstEvent *
gst_foxapi_engine_new_tag_event (GstFoxapiEngine * engine)
{
  FoxapiGeneration *generation = engine->generation;
  const gchar *prompt = generation->body ?
      foxapi_json_get_string (generation->body, "prompt") : NULL;

  return gst_event_new_tag (gst_foxapi_tags_new (prompt, generation->task));
}

void
gst_foxapi_engine_init (GstFoxapiEngine * engine, GstElement * element)
{
  engine->element = element;
  gst_foxapi_settings_init (&engine->settings);
  engine->cancellable = g_cancellable_new ();
  engine->run.cancellable = engine->cancellable;
  engine->run.observer = &observer;
  engine->run.user_data = engine;
}

/* Of an engine that is stopped */
void
gst_foxapi_engine_clear (GstFoxapiEngine * engine)
{
  g_clear_pointer (&engine->generation, foxapi_generation_free);
  g_clear_pointer (&engine->body_text, g_free);
  g_clear_pointer (&engine->task, foxapi_task_unref);
  g_clear_pointer (&engine->task_id, g_free);
  g_clear_pointer (&engine->named_task_id, g_free);
  gst_foxapi_settings_clear (&engine->settings);
  g_clear_object (&engine->cancellable);
}
