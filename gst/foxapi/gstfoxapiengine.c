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
 * to one thread in between, which alone uses the network, but for the submission that
 * it waits for. Properties come from any thread, which may also cancel the run,
 * whatever it is in. No lock is held when a message is posted. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiengine.h"

#include <glib/gi18n-lib.h>

#include "foxapijson.h"
#include "foxapireferences.h"
#include "foxapirequest.h"
#include "foxapistore.h"

#define GST_CAT_DEFAULT (gst_foxapi_get_debug_category ())

/* gst-launch-1.0 (1.22) never ends when an ERROR comes before its main loop runs, so
 * none comes sooner than this after the start. */
#define FIRST_ERROR_US (100 * 1000)

/* Properties */

/* Called with the object lock */
static void
set_named_task_id (GstFoxapiEngine * engine, const gchar * task_id)
{
  gboolean is_set = task_id != NULL && *task_id != '\0';

  g_clear_pointer (&engine->named_digest, g_free);
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
  if (gst_foxapi_field_is_known (id))
    g_clear_pointer (&engine->named_digest, g_free);
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
                engine->origin));
      break;
    default:
      known = gst_foxapi_settings_get (&engine->settings, id, value);
      break;
  }
  GST_OBJECT_UNLOCK (engine->element);
  return known;
}

/* (transfer full) (nullable): what would generate, resume or play the same */
gchar *
gst_foxapi_engine_dup_uri (GstFoxapiEngine * engine)
{
  FoxapiUri named = { 0 };
  gchar *uri = NULL;

  GST_OBJECT_LOCK (engine->element);
  named.digest = engine->named_digest;
  named.task_id = (gchar *) get_task_id (engine);
  if (engine->named_task_id == NULL && named.digest == NULL)
    uri = gst_foxapi_settings_get_uri (&engine->settings);
  if (uri == NULL && (named.task_id != NULL || named.digest != NULL))
    uri = foxapi_uri_build (&named);
  GST_OBJECT_UNLOCK (engine->element);
  return uri;
}

gboolean
gst_foxapi_engine_set_uri (GstFoxapiEngine * engine, const gchar * uri,
    GError ** error)
{
  g_auto (FoxapiUri) parsed = { 0 };
  gboolean is_set;

  GST_OBJECT_LOCK (engine->element);
  is_set = foxapi_uri_parse (uri, &parsed, error)
      && gst_foxapi_settings_set_uri (&engine->settings, &parsed, error);
  if (is_set) {
    g_clear_pointer (&engine->named_task_id, g_free);
    g_clear_pointer (&engine->named_digest, g_free);
    if (parsed.task_id != NULL)
      set_named_task_id (engine, parsed.task_id);
    engine->named_digest = g_steal_pointer (&parsed.digest);
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
  if (engine->funcs->progress != NULL)
    engine->funcs->progress (engine->element, code, type, percent, text);
  else
    gst_element_post_message (engine->element,
        gst_foxapi_new_progress (engine->element, code, type, percent, text));
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
    g_string_append_printf (text, _(", about %d s to go"), remaining_s);
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
    text = g_strdup_printf (_("Resuming task %s (no new charge)"), task_id);
  else
    text = g_strdup_printf (_("Submitted task %s (charged). %s"), task_id,
        engine->generation->is_recorded ?
        _("Run the same command to resume if interrupted.") :
        _("The task is not recorded: note its id to resume it."));
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
  GstFoxapiOrigin origin = !resumed ? GST_FOXAPI_SUBMITTED :
      engine->generation->clip ? GST_FOXAPI_CACHED : GST_FOXAPI_RESUMED;
  FoxapiTask *old_task;
  gboolean was_known;

  GST_INFO_OBJECT (engine->element, "task %s", text);

  GST_OBJECT_LOCK (engine->element);
  was_known = g_strcmp0 (engine->task_id, task->id) == 0;
  old_task = engine->task;
  engine->task = foxapi_task_ref (task);
  engine->origin = origin;
  g_free (engine->task_id);
  engine->task_id = g_strdup (task->id);
  GST_OBJECT_UNLOCK (engine->element);

  gst_element_post_message (engine->element,
      gst_message_new_element (GST_OBJECT (engine->element),
          gst_foxapi_task_to_structure (task, origin)));
  if (task->state == FOXAPI_TASK_RUNNING && !engine->run.until_task) {
    /* Of a task whose id it knew the start has said that it is resumed. */
    if (old_task == NULL && !was_known)
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
  g_autofree gchar *text = NULL;

  text = g_strdup_printf (_("Uploading %s (%u of %u)"), uri, nth, n);

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
  g_string_printf (text, _("Retrying in %.1f s"),
      (gdouble) delay_us / G_USEC_PER_SEC);
  if (details != NULL && details->http_status != 0)
    g_string_append_printf (text, " (HTTP %u)", details->http_status);
  else if (g_error_matches (fault, FOXAPI_ERROR, FOXAPI_ERROR_CONNECT))
    g_string_append (text, _(" (no connection)"));
  else if (g_error_matches (fault, FOXAPI_ERROR, FOXAPI_ERROR_BUSY))
    g_string_append (text, _(" (HTTP 429 to another element)"));
  line = g_string_free (text, FALSE);

  GST_INFO_OBJECT (engine->element, "%s: %s", line, fault->message);
  post_progress (engine, GST_PROGRESS_TYPE_CONTINUE, line);
}

static void
on_waiting (gpointer user_data, const gchar * text)
{
  post_progress (user_data, GST_PROGRESS_TYPE_CONTINUE, text);
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
  .waiting = on_waiting,
  .warning = on_warning,
};

/* Starting and stopping */

/* The properties as they are at a start, no longer under the lock */
typedef struct
{
  GstFoxapiSettings settings;
  JsonObject *properties;       /* what is set of what to generate, or NULL */
  JsonObject *body;             /* NULL: @body_error says why */
  gchar *body_text;
  GError *body_error;
  gchar *task_id;               /* (nullable): to be resumed */
  gboolean task_is_forgotten;
  gchar *digest;                /* (nullable): of a clip, to be played */
} Snapshot;

static void
snapshot_clear (Snapshot * snapshot)
{
  gst_foxapi_settings_clear (&snapshot->settings);
  g_clear_pointer (&snapshot->properties, json_object_unref);
  g_clear_pointer (&snapshot->body, json_object_unref);
  g_clear_pointer (&snapshot->body_text, g_free);
  g_clear_error (&snapshot->body_error);
  g_clear_pointer (&snapshot->task_id, g_free);
  g_clear_pointer (&snapshot->digest, g_free);
}

/* *INDENT-OFF* */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Snapshot, snapshot_clear)
/* *INDENT-ON* */

static void
take_snapshot (GstFoxapiEngine * engine, Snapshot * snapshot)
{
  g_autoptr (JsonObject) extra = NULL;

  GST_OBJECT_LOCK (engine->element);
  gst_foxapi_fields_find_files (&engine->settings.fields);
  gst_foxapi_settings_copy (&engine->settings, &snapshot->settings);
  snapshot->task_id = g_strdup (engine->named_task_id);
  snapshot->task_is_forgotten = engine->task_is_forgotten;
  snapshot->digest = g_strdup (engine->named_digest);
  GST_OBJECT_UNLOCK (engine->element);

  if (engine->funcs->adapt != NULL)
    engine->funcs->adapt (engine->element, &snapshot->settings.fields);
  if (gst_foxapi_fields_to_json (&snapshot->settings.fields,
          G_OBJECT_GET_CLASS (engine->element), &snapshot->properties, &extra,
          &snapshot->body_error))
    snapshot->body =
        foxapi_request_build (snapshot->properties, extra,
        &snapshot->body_error);
  if (snapshot->body != NULL)
    snapshot->body_text = foxapi_json_to_text (snapshot->body);
}

/* Whoever may have the clip needs no key. */
static FoxapiClient *
make_client (GstFoxapiEngine * engine, const GstFoxapiSettings * service,
    gboolean needs_key, GError ** error)
{
  g_autoptr (FoxapiSession) session = NULL;
  const gchar *base_url = service->base_url;
  const gchar *api_key = service->api_key;
  g_autoptr (FoxapiClient) client = NULL;

  if (!gst_foxapi_settings_check (service,
          G_OBJECT_GET_CLASS (engine->element), error))
    return NULL;
  if (base_url == NULL || *base_url == '\0')
    base_url = g_getenv ("FOXAPI_BASE_URL");
  if (base_url == NULL || *base_url == '\0')
    base_url = FOXAPI_DEFAULT_BASE_URL;
  if (api_key == NULL)
    api_key = g_getenv ("FOXAPI_API_KEY");

  session = foxapi_session_new (&service->session, error);
  if (session == NULL)
    return NULL;
  client = foxapi_client_new (session, base_url, api_key, error);
  if (client == NULL || (needs_key && !foxapi_client_check_key (client, error)))
    return NULL;
  return g_steal_pointer (&client);
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

/* Whether what @snapshot names, a clip, a task or a request, can be sent or asked
 * for. @until_task: its task is all that is wanted. */
static gboolean
check_snapshot (GstFoxapiEngine * engine, Snapshot * snapshot,
    gboolean until_task, GError ** error)
{
  if (snapshot->digest != NULL)
    return TRUE;
  if (!gst_foxapi_check_word ("task-id", snapshot->task_id,
          G_OBJECT_GET_CLASS (engine->element), error))
    return FALSE;
  if (snapshot->task_id != NULL) {
    if (foxapi_task_id_is_valid (snapshot->task_id))
      return TRUE;
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        _("The property task-id must be the id of a task as the service "
            "gave it, without slashes, spaces and control characters. "
            "Nothing was sent."));
    return FALSE;
  }
  if (snapshot->body == NULL) {
    g_propagate_error (error, g_steal_pointer (&snapshot->body_error));
    return FALSE;
  }
  return (until_task || foxapi_request_makes_media (snapshot->body, error))
      && foxapi_references_read (snapshot->body, snapshot->properties, NULL,
      NULL, error);
}

/* Whether a start is about another generation than the one that there is
 * (docs/task-store.md) */
static gboolean
is_another (GstFoxapiEngine * engine, const Snapshot * snapshot)
{
  const FoxapiGeneration *generation = engine->generation;

  if (engine->is_retry && !engine->is_new_try && !engine->is_next_shot
      && generation != NULL && snapshot->task_id == NULL
      && (generation->task_id != NULL || generation->submission != NULL))
    return snapshot->task_is_forgotten;
  return generation == NULL || snapshot->task_id != NULL
      || snapshot->task_is_forgotten || engine->is_next_shot
      || engine->is_new_try || generation->uri_take != snapshot->settings.take
      || (engine->takes == NULL && generation->take != generation->uri_take)
      || g_strcmp0 (generation->digest, snapshot->digest) != 0
      || g_strcmp0 (generation->body_text, snapshot->body_text) != 0;
}

/* Whether start() would find everything right, for an element that starts later
 * and spends time on references before, and for foxapi-generate --dry-run. The
 * @request is what would be sent, and @doubt (nullable) what may not be meant; NULL
 * where a task would be resumed. */
gboolean
gst_foxapi_engine_check (GstFoxapiEngine * engine, gchar ** request,
    gchar ** doubt, GError ** error)
{
  g_auto (Snapshot) snapshot = { 0 };
  g_autofree gchar *cache = NULL;
  FoxapiClient *client;
  gboolean is_new;

  take_snapshot (engine, &snapshot);
  cache = gst_foxapi_settings_dup_cache (&snapshot.settings);
  client = make_client (engine, &snapshot.settings, cache == NULL
      && snapshot.digest == NULL, error);
  if (client == NULL)
    return FALSE;
  foxapi_client_unref (client);
  GST_OBJECT_LOCK (engine->element);
  is_new = is_another (engine, &snapshot);
  GST_OBJECT_UNLOCK (engine->element);
  if (!is_new)
    return TRUE;
  if (!check_snapshot (engine, &snapshot, FALSE, error))
    return FALSE;
  if (snapshot.task_id == NULL && snapshot.digest == NULL) {
    *request = g_steal_pointer (&snapshot.body_text);
    if (doubt != NULL)
      *doubt = foxapi_request_describe_doubt (snapshot.body);
  }
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

/* In the clip cache the shots of a program that are equal are takes of one request, so
 * that the program is paid for once, however often it is played. */
static void
number_shot (GstFoxapiEngine * engine, FoxapiGeneration * generation)
{
  const gchar *body_text = generation->body_text;
  guint n;

  if (engine->run.clip_directory == NULL || body_text == NULL)
    return;
  if (engine->takes == NULL)
    engine->takes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
        NULL);
  n = GPOINTER_TO_UINT (g_hash_table_lookup (engine->takes, body_text));
  if (engine->is_next_shot) {
    generation->take = ++n;
    generation->is_new_take = FALSE;
  }
  g_hash_table_insert (engine->takes, g_strdup (body_text),
      GUINT_TO_POINTER (MAX (n, 1)));
}

/* Whatever the properties say, a task that was named or is unchanged costs
 * nothing, so their faults count only where they would be sent. */
static gboolean
choose_generation (GstFoxapiEngine * engine, Snapshot * snapshot,
    gboolean until_task, GError ** error)
{
  FoxapiGeneration *generation = engine->generation, *old;
  gint64 failed_take = 0;

  if (!is_another (engine, snapshot)) {
    number_shot (engine, generation);
    return TRUE;
  }
  if (!check_snapshot (engine, snapshot, until_task, error))
    return FALSE;
  if (engine->is_new_try && generation != NULL
      && g_strcmp0 (generation->body_text, snapshot->body_text) == 0)
    failed_take = generation->take;

  /* Any thread may compare it meanwhile: gst_foxapi_engine_check(). */
  GST_OBJECT_LOCK (engine->element);
  old = g_steal_pointer (&engine->generation);
  GST_OBJECT_UNLOCK (engine->element);
  generation = foxapi_generation_new (old, snapshot->task_is_forgotten);
  generation->body_text = g_steal_pointer (&snapshot->body_text);
  if (snapshot->digest != NULL) {
    generation->digest = g_steal_pointer (&snapshot->digest);
  } else if (snapshot->task_id != NULL) {
    generation->task_id = g_strdup (snapshot->task_id);
  } else {
    generation->body = g_steal_pointer (&snapshot->body);
    generation->properties = g_steal_pointer (&snapshot->properties);
  }
  generation->uri_take = generation->take = snapshot->settings.take;
  generation->is_new_take = snapshot->task_is_forgotten || failed_take > 0;
  if (failed_take > 0)
    generation->take = failed_take;
  else if (engine->is_new_try)
    engine->is_next_shot = TRUE;
  number_shot (engine, generation);
  engine->is_next_shot = engine->is_new_try = FALSE;
  GST_OBJECT_LOCK (engine->element);
  engine->generation = generation;
  GST_OBJECT_UNLOCK (engine->element);
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
  const GstFoxapiSettings *service = &snapshot.settings;
  FoxapiRun *run = &engine->run;

  if (!foxapi_wait_hold (run->cancellable, error))
    return FALSE;
  engine->can_wait = TRUE;
  take_snapshot (engine, &snapshot);
  run->clip_directory = gst_foxapi_settings_dup_cache (service);
  run->client = make_client (engine, service, run->clip_directory == NULL
      && snapshot.digest == NULL, error);
  if (run->client == NULL || !choose_generation (engine, &snapshot,
          until_task, error))
    return FALSE;

  if (service->task_store == NULL)
    run->store_directory = foxapi_store_get_default_directory ();
  else if (*service->task_store != '\0')
    run->store_directory = g_strdup (service->task_store);
  run->clip_limit = foxapi_clips_get_limit ();
  run->retries = service->retries;
  run->resubmit_maybe_charged = is_resubmission_allowed (service);
  run->poll_interval_ms = service->poll_interval;
  run->result_index = service->result_index;
  run->until_task = until_task;
  run->deadline_us = service->task_timeout == 0 ? G_MAXINT64 :
      g_get_monotonic_time () + (gint64) service->task_timeout * G_USEC_PER_SEC;
  foxapi_client_set_deadline (run->client, run->deadline_us);
  return TRUE;
}

/* Lets go of all but what is known of the generation. */
void
gst_foxapi_engine_stop (GstFoxapiEngine * engine)
{
  gst_foxapi_engine_close_progress (engine, _("Stopped"));
  if (engine->generation != NULL)
    foxapi_generation_let_go (engine->generation);
  if (engine->can_wait)
    g_cancellable_release_fd (engine->run.cancellable);
  engine->can_wait = FALSE;
  g_clear_pointer (&engine->run.client, foxapi_client_unref);
  g_clear_pointer (&engine->run.store_directory, g_free);
  g_clear_pointer (&engine->run.clip_directory, g_free);
}

/* Generating */

/* Tells of @error, unless the run was cancelled. */
void
gst_foxapi_engine_fail (GstFoxapiEngine * engine, const GError * error)
{
  FoxapiGeneration *generation = engine->generation;
  const gchar *task_id = generation->task_id;
  gboolean is_missing =
      g_error_matches (error, FOXAPI_ERROR, FOXAPI_ERROR_NOT_FOUND);
  /* Otherwise only the application has named it, maybe with a slip. */
  gboolean is_certain = generation->task != NULL || generation->body != NULL
      || generation->record != NULL;
  gboolean can_be_resumed = task_id != NULL && generation->failure == NULL
      && (generation->task != NULL || !is_missing);
  g_autoptr (GError) told = g_error_copy (error);
  g_autofree gchar *more = NULL;

  if (g_cancellable_is_cancelled (engine->run.cancellable)) {
    GST_DEBUG_OBJECT (engine->element, "cancelled: %s", error->message);
    return;
  }
  if (engine->progress_code != NULL)
    gst_foxapi_engine_post_progress (engine, engine->progress_code,
        GST_PROGRESS_TYPE_ERROR, -1, error->message);

  if (!engine->is_generating && is_missing
      && foxapi_generation_give_up_expired (generation)) {
    can_be_resumed = FALSE;
    more = g_strdup (_("The element has removed its record: a new process, or "
            "this element with task-id set to NULL, generates it again and pays "
            "for it."));
  } else if (can_be_resumed && !is_certain) {
    can_be_resumed = FALSE;
    more = g_strdup_printf (_("If the service has the task, start again, or "
            "set task-id=%s anywhere, to resume it at no new charge."),
        task_id);
  }
  if (more != NULL) {
    g_free (told->message);
    told->message = g_strdup_printf ("%s %s", error->message, more);
  }
  if (engine->funcs->failed != NULL)
    engine->funcs->failed (engine->element, told, task_id, can_be_resumed);
  else
    gst_element_post_message (engine->element,
        gst_foxapi_new_error (engine->element, told, task_id, can_be_resumed));
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
      g_strdup_printf (_("Resuming task %s (no new charge)"), task_id) :
      g_strdup (_("Checking for an unfinished paid task"));
  const gchar *said = _("The task has completed");
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
  foxapi_client_set_deadline (engine->run.client, G_MAXINT64);
  if (engine->generation->clip != NULL)
    said = _("The clip is in the clip cache (no new charge)");
  else if (engine->run.until_task)
    said = _("The task is submitted");
  else if (engine->origin == GST_FOXAPI_RESUMED)
    said = _("The task has completed (resumed, no new charge)");
  post_progress (engine, GST_PROGRESS_TYPE_COMPLETE, said);
  return TRUE;
}

GstEvent *
gst_foxapi_engine_new_task_event (GstFoxapiEngine * engine)
{
  return gst_foxapi_new_task_event (engine->generation->task, engine->origin);
}

GstEvent *
gst_foxapi_engine_new_tag_event (GstFoxapiEngine * engine)
{
  FoxapiGeneration *generation = engine->generation;
  const gchar *prompt = generation->clip ? generation->clip->prompt : NULL;

  if (generation->body != NULL)
    prompt = foxapi_json_get_string (generation->body, "prompt");
  return gst_foxapi_new_tag_event (prompt, generation->task);
}

void
gst_foxapi_engine_init (GstFoxapiEngine * engine, GstElement * element,
    const GstFoxapiEngineFuncs * funcs)
{
  engine->element = element;
  engine->funcs = funcs;
  gst_foxapi_settings_init (&engine->settings);
  engine->run.cancellable = g_cancellable_new ();
  engine->run.observer = &observer;
  engine->run.user_data = engine;
}

/* Of an engine that is stopped */
void
gst_foxapi_engine_clear (GstFoxapiEngine * engine)
{
  g_clear_pointer (&engine->generation, foxapi_generation_free);
  g_clear_pointer (&engine->takes, g_hash_table_unref);
  g_clear_pointer (&engine->task, foxapi_task_unref);
  g_clear_pointer (&engine->task_id, g_free);
  g_clear_pointer (&engine->named_task_id, g_free);
  g_clear_pointer (&engine->named_digest, g_free);
  gst_foxapi_settings_clear (&engine->settings);
  g_clear_object (&engine->run.cancellable);
}
