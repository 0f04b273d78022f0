/* foxapivideosrc: a prompt as a source
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-foxapivideosrc
 * @title: foxapivideosrc
 *
 * foxapivideosrc has a video generated from a prompt by the FoxAPI gateway and
 * streams the finished file: a source like a camera or a file. It submits the
 * request when it goes from READY to PAUSED, posts the returned task on the bus
 * as an ELEMENT message `foxapi-task`, asks about the task until it has ended,
 * and pushes the result's bytes as they arrive. The pipeline prerolls meanwhile.
 *
 * A generation costs money. An element submits once for a set of generation
 * properties: after it was stopped it takes up its task, and what it has
 * submitted is recorded on disk (the property `task-store`), so that a new
 * process takes up what a crashed one has paid for.
 *
 * The key belongs into the environment, as FOXAPI_API_KEY: a launch line is
 * logged, and read by others.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 foxapivideosrc prompt="A graceful dance performance on a moonlit stage" ! decodebin ! autovideosink
 * ]|
 * Watches a generated video, without its sound.
 * |[
 * gst-launch-1.0 foxapivideosrc prompt="Rain on a tin roof" duration=2 resolution=720p ! filesink location=rain.mp4
 * ]|
 * Saves the file as the service made it.
 * |[
 * gst-launch-1.0 -m foxapivideosrc prompt="A lighthouse in a storm" output=task ! filesink location=task.json
 * ]|
 * Submits, writes the task as JSON, and does not wait for the video. Later, on
 * any machine, `task-id` takes the task up and charges nothing.
 *
 * Since: 0.1
 */

/* Threads and locks:
 *
 * - prepare() and release() run in the thread that changes the state, when there
 *   is no streaming thread. They never touch the network.
 * - create() runs in the streaming thread, which alone uses the network, and
 *   works synchronously: submit, ask, wait, download.
 * - unlock() is called from any thread. It cancels what create() is in; that is
 *   all it does.
 * - Properties and queries come from any thread; what they share with the
 *   others is guarded by the object lock. No lock is held when a message is
 *   posted.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapivideosrc.h"

#include "foxapierror.h"
#include "foxapiuri.h"
#include "gstfoxapiarrival.h"
#include "gstfoxapidelivery.h"
#include "gstfoxapienums.h"
#include "gstfoxapiexplain.h"
#include "gstfoxapijob.h"
#include "gstfoxapimessages.h"
#include "gstfoxapipresets.h"
#include "gstfoxapiproperties.h"
#include "gstfoxapitags.h"

GST_DEBUG_CATEGORY_STATIC (foxapi_video_src_debug);
#define GST_CAT_DEFAULT foxapi_video_src_debug

/* Large enough that the work for each buffer, and the kernel's for each reading,
 * does not count. */
#define BLOCK_SIZE (512 * 1024)

/* With so many buffers the task is announced anew: see announce_task(). */
#define ANNOUNCED_BUFFERS 8

enum
{
  PROP_OUTPUT = GST_FOXAPI_PROP_LAST + 1,
};

#define DEFAULT_OUTPUT GST_FOXAPI_OUTPUT_MEDIA

/* Where the streaming thread is on its way. */
typedef enum
{
  PHASE_GENERATE,
  PHASE_DELIVER_TASK,
  PHASE_TASK_DELIVERED,
  PHASE_DELIVER_MEDIA,
} Phase;

struct _GstFoxapiVideoSrc
{
  GstBaseSrc parent;

  /* Properties; the object lock */
  GstFoxapiSettings settings;
  GstFoxapiOutput output;
  gchar *named_task_id;         /* what an application set, to be taken up */
  gboolean task_is_forgotten;   /* it set NULL */

  /* What others read of the streaming thread's work; the object lock */
  gchar *task_id;
  FoxapiTask *task;
  gboolean resumed;
  gboolean has_size;
  guint64 size;
  gboolean seekable;
  gboolean end_is_pushed;
  gboolean has_played;          /* since it was started */
  gboolean has_failed;          /* an ERROR was posted since then, by anyone */
  gboolean has_arrived;

  /* Of the one generation, through restarts: prepare(), release(), and the
   * streaming thread in between */
  GstFoxapiJob job;

  /* From prepare() to release(): whoever changes the state */
  GstBus *bus;                  /* of the pipeline, if it has one */
  gulong bus_handler;

  /* From prepare() to release(): the streaming thread */
  Phase phase;
  GstFoxapiDelivery delivery;
  gboolean is_at_end;           /* create() has said EOS */
  gboolean progress_is_open;

  /* Has a lock of its own; cancelled by the base class or, while the task runs, by
   * the end of task-timeout */
  GCancellable *cancellable;
  GMutex unlock_lock;           /* taken before any other, and alone */
  gboolean is_unlocked;         /* the unlock lock: by the base class */
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/* *INDENT-OFF* */
static void gst_foxapi_video_src_uri_handler_init (gpointer iface,
    gpointer data);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstFoxapiVideoSrc, gst_foxapi_video_src,
    GST_TYPE_BASE_SRC,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER,
        gst_foxapi_video_src_uri_handler_init)
    G_IMPLEMENT_INTERFACE (GST_TYPE_PRESET, gst_foxapi_presets_init))
GST_ELEMENT_REGISTER_DEFINE (foxapivideosrc, "foxapivideosrc", GST_RANK_PRIMARY,
    GST_TYPE_FOXAPI_VIDEO_SRC)
/* *INDENT-ON* */

/* Properties */

/* Called with the object lock */
static void
set_named_task_id (GstFoxapiVideoSrc * self, const gchar * task_id)
{
  gboolean is_set = task_id != NULL && *task_id != '\0';

  g_free (self->named_task_id);
  self->named_task_id = is_set ? g_strdup (task_id) : NULL;
  self->task_is_forgotten = !is_set;
}

static void
gst_foxapi_video_src_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (object);
  gboolean known = TRUE;

  GST_OBJECT_LOCK (self);
  switch (id) {
    case GST_FOXAPI_PROP_TASK_ID:
      set_named_task_id (self, g_value_get_string (value));
      break;
    case PROP_OUTPUT:
      self->output = g_value_get_enum (value);
      break;
    default:
      known = gst_foxapi_settings_set (&self->settings, id, value);
      break;
  }
  GST_OBJECT_UNLOCK (self);

  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

/* Called with the object lock */
static const gchar *
get_task_id (GstFoxapiVideoSrc * self)
{
  if (self->named_task_id != NULL)
    return self->named_task_id;
  return self->task_is_forgotten ? NULL : self->task_id;
}

/* @task: (nullable): none yet */
static gint
get_progress (FoxapiTask * task)
{
  return task ? MAX (foxapi_task_get_progress (task), 0) : 0;
}

static void
gst_foxapi_video_src_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (object);
  gboolean known = TRUE;

  GST_OBJECT_LOCK (self);
  switch (id) {
    case GST_FOXAPI_PROP_TASK_ID:
      g_value_set_string (value, get_task_id (self));
      break;
    case PROP_OUTPUT:
      g_value_set_enum (value, self->output);
      break;
    case GST_FOXAPI_PROP_STATUS:
      g_value_set_string (value,
          self->task ? foxapi_task_get_status (self->task) : NULL);
      break;
    case GST_FOXAPI_PROP_PROGRESS:
      g_value_set_int (value, get_progress (self->task));
      break;
    case GST_FOXAPI_PROP_TASK:
      if (self->task != NULL)
        g_value_take_boxed (value, gst_foxapi_task_to_structure (self->task,
                self->resumed));
      break;
    default:
      known = gst_foxapi_settings_get (&self->settings, id, value);
      break;
  }
  GST_OBJECT_UNLOCK (self);

  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

/* URIs (INTERFACE.md) */

static GstURIType
get_uri_type (GType type)
{
  return GST_URI_SRC;
}

static const gchar *const *
get_uri_protocols (GType type)
{
  static const gchar *const protocols[] = { FOXAPI_URI_SCHEME, NULL };

  return protocols;
}

static gchar *
get_uri (GstURIHandler * handler)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (handler);
  const gchar *task_id;
  gchar *uri = NULL;

  GST_OBJECT_LOCK (self);
  task_id = get_task_id (self);
  if (self->settings.request->prompt != NULL && self->named_task_id == NULL)
    uri = gst_foxapi_settings_get_uri (&self->settings);
  else if (task_id != NULL)
    uri = foxapi_uri_build_for_task (task_id);
  GST_OBJECT_UNLOCK (self);
  return uri;
}

static gboolean
set_uri (GstURIHandler * handler, const gchar * uri, GError ** error)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (handler);
  g_autofree gchar *task_id = NULL;
  g_autoptr (GError) fault = NULL;

  if (GST_STATE (self) > GST_STATE_READY) {
    g_set_error_literal (error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE,
        "The URI can be changed in the states NULL and READY only");
    return FALSE;
  }

  GST_OBJECT_LOCK (self);
  if (gst_foxapi_settings_set_uri (&self->settings, uri, &task_id, &fault)) {
    g_clear_pointer (&self->named_task_id, g_free);
    if (task_id != NULL)
      set_named_task_id (self, task_id);
  }
  GST_OBJECT_UNLOCK (self);

  if (fault != NULL)
    g_set_error_literal (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
        fault->message);
  return fault == NULL;
}

static void
gst_foxapi_video_src_uri_handler_init (gpointer iface, gpointer data)
{
  GstURIHandlerInterface *handler = iface;

  handler->get_type = get_uri_type;
  handler->get_protocols = get_uri_protocols;
  handler->get_uri = get_uri;
  handler->set_uri = set_uri;
}

/* What the generation tells, in the streaming thread */

static void
post_progress (GstFoxapiVideoSrc * self, GstProgressType type,
    const gchar * text)
{
  gint percent;

  self->progress_is_open = type == GST_PROGRESS_TYPE_START
      || type == GST_PROGRESS_TYPE_CONTINUE;
  GST_OBJECT_LOCK (self);
  percent = self->task ? foxapi_task_get_progress (self->task) : 0;
  GST_OBJECT_UNLOCK (self);
  gst_foxapi_post_progress (GST_ELEMENT (self), type, MAX (percent, 0), text);
}

static gchar *
describe_task (FoxapiTask * task, gint remaining_s)
{
  GString *text = g_string_new (foxapi_task_get_id (task));
  const gchar *status = foxapi_task_get_status (task);

  if (status != NULL)
    g_string_append_printf (text, ": %s", status);
  if (foxapi_task_get_progress (task) >= 0)
    g_string_append_printf (text, ", %d %%", foxapi_task_get_progress (task));
  if (remaining_s > 0 && foxapi_task_get_state (task) == FOXAPI_TASK_RUNNING)
    g_string_append_printf (text, ", about %d s to go", remaining_s);
  return g_string_free (text, FALSE);
}

/* The first word about a task says what it means for the money: a person who
 * presses Ctrl-C later sees nothing more. */
static void
post_task_progress (GstFoxapiVideoSrc * self, const gchar * text,
    gboolean is_first, gboolean resumed)
{
  g_autofree gchar *explained = NULL;

  if (is_first)
    explained = g_strdup_printf ("%s (%s)", text, resumed ?
        "taken up, nothing is charged again" :
        "charged; if interrupted, its id takes it up");
  post_progress (self, GST_PROGRESS_TYPE_CONTINUE, explained ? explained :
      text);
}

/* Not of the property task: what watches properties may print them, and that one
 * has the link to the result. */
static void
notify_changes (GstFoxapiVideoSrc * self, FoxapiTask * old_task,
    FoxapiTask * task)
{
  GObject *object = G_OBJECT (self);

  if (old_task == NULL || g_strcmp0 (foxapi_task_get_id (old_task),
          foxapi_task_get_id (task)) != 0)
    g_object_notify (object, "task-id");
  if (old_task == NULL || g_strcmp0 (foxapi_task_get_status (old_task),
          foxapi_task_get_status (task)) != 0)
    g_object_notify (object, "status");
  if (get_progress (old_task) != get_progress (task))
    g_object_notify (object, "progress");
}

static void
on_task (gpointer user_data, FoxapiTask * task, gboolean resumed,
    gint remaining_s)
{
  GstFoxapiVideoSrc *self = user_data;
  g_autofree gchar *text = describe_task (task, remaining_s);
  FoxapiTask *old_task;

  GST_INFO_OBJECT (self, "task %s", text);

  GST_OBJECT_LOCK (self);
  old_task = self->task;
  self->task = foxapi_task_ref (task);
  self->resumed = resumed;
  g_free (self->task_id);
  self->task_id = g_strdup (foxapi_task_get_id (task));
  GST_OBJECT_UNLOCK (self);

  gst_foxapi_post_task (GST_ELEMENT (self), task, resumed);
  if (foxapi_task_get_state (task) == FOXAPI_TASK_RUNNING
      && !self->job.run.until_task)
    post_task_progress (self, text, old_task == NULL, resumed);
  notify_changes (self, old_task, task);
  g_clear_pointer (&old_task, foxapi_task_unref);
}

static void
on_upload (gpointer user_data, const gchar * uri, guint nth, guint n)
{
  GstFoxapiVideoSrc *self = user_data;
  g_autofree gchar *text = g_strdup_printf ("Uploading %s (%u of %u)", uri, nth,
      n);

  post_progress (self, GST_PROGRESS_TYPE_CONTINUE, text);
}

static void
on_trying_again (gpointer user_data, const GError * fault, gint64 delay_us)
{
  GstFoxapiVideoSrc *self = user_data;
  g_autofree gchar *text =
      g_strdup_printf ("Trying again in %.1f s, because: %s",
      (gdouble) delay_us / G_USEC_PER_SEC, fault->message);

  GST_INFO_OBJECT (self, "%s", text);
  post_progress (self, GST_PROGRESS_TYPE_CONTINUE, text);
}

static void
on_warning (gpointer user_data, const GError * warning)
{
  GstFoxapiVideoSrc *self = user_data;

  gst_foxapi_post_warning (GST_ELEMENT (self), warning,
      foxapi_generation_get_task_id (self->job.generation));
}

static const FoxapiRunObserver observer = {
  .task = on_task,
  .upload = on_upload,
  .trying_again = on_trying_again,
  .warning = on_warning,
};

/* Starting and stopping */

/* %FALSE: they are not what their user thinks. */
static gboolean
read_properties (GstFoxapiVideoSrc * self, GstFoxapiWish * wish,
    GError ** error)
{
  gboolean is_meant;

  GST_OBJECT_LOCK (self);
  gst_foxapi_settings_copy_service (&self->settings, &wish->service);
  wish->body = gst_foxapi_settings_to_body (&self->settings, &wish->body_error);
  wish->task_id = g_strdup (self->named_task_id);
  wish->task_is_forgotten = self->task_is_forgotten;
  wish->until_task = self->output == GST_FOXAPI_OUTPUT_TASK;
  is_meant = gst_foxapi_settings_check_words (&self->settings,
      G_OBJECT_GET_CLASS (self), self->named_task_id, error);
  GST_OBJECT_UNLOCK (self);
  return is_meant;
}

static void
forget_task (GstFoxapiVideoSrc * self, const gchar * new_task_id)
{
  FoxapiTask *old_task;

  GST_OBJECT_LOCK (self);
  old_task = g_steal_pointer (&self->task);
  g_free (self->task_id);
  self->task_id = g_strdup (new_task_id);
  g_clear_pointer (&self->named_task_id, g_free);
  self->task_is_forgotten = FALSE;
  GST_OBJECT_UNLOCK (self);

  g_clear_pointer (&old_task, foxapi_task_unref);
}

/* Whether the result has arrived: every sink that it reaches has its end, it was
 * not only to be looked at (gst-discoverer prerolls), and nothing failed behind
 * this source. Then nothing is left that a record would have to keep.
 *
 * The pipeline tells of it by its EOS, before the application hears of that, and
 * of failures by ERRORs. Where no pipeline tells (another branch goes on, an
 * application drops the messages) the sinks' pads are looked at when this element
 * leaves PLAYING. Neither touches anything of the application's. */
static void
note_arrival (GstFoxapiVideoSrc * self, gboolean sinks_have_ended)
{
  g_autoptr (GPtrArray) ends = NULL;
  gboolean may_have_arrived;

  GST_OBJECT_LOCK (self);
  may_have_arrived = self->end_is_pushed && self->has_played
      && !self->has_failed && !self->has_arrived;
  GST_OBJECT_UNLOCK (self);
  if (!may_have_arrived)
    return;

  ends = gst_foxapi_arrival_find_ends (GST_BASE_SRC_PAD (self));
  if (!sinks_have_ended && !gst_foxapi_arrival_is_complete (ends))
    return;
  if (!gst_foxapi_arrival_sync_files (ends)) {
    GST_WARNING_OBJECT (self, "a file could not be synced: its task's record "
        "is kept");
    return;
  }
  GST_INFO_OBJECT (self, "the result has arrived");
  GST_OBJECT_LOCK (self);
  self->has_arrived = TRUE;
  GST_OBJECT_UNLOCK (self);
  foxapi_generation_delivered (self->job.generation);
}

static void
on_bus_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (user_data);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    note_arrival (self, TRUE);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    GST_OBJECT_LOCK (self);
    self->has_failed = TRUE;
    GST_OBJECT_UNLOCK (self);
  }
}

static void
drop_watcher (gpointer self, GClosure * closure)
{
  gst_object_unref (self);
}

static void
watch_pipeline (GstFoxapiVideoSrc * self)
{
  GstObject *top = gst_object_ref (GST_OBJECT (self));
  GstObject *parent;

  while ((parent = gst_object_get_parent (top)) != NULL) {
    gst_object_unref (top);
    top = parent;
  }
  if (GST_IS_ELEMENT (top))
    self->bus = gst_element_get_bus (GST_ELEMENT (top));
  gst_object_unref (top);
  if (self->bus == NULL)
    return;
  gst_bus_enable_sync_message_emission (self->bus);
  /* The handler may still run in another thread when it is disconnected. */
  self->bus_handler = g_signal_connect_data (self->bus, "sync-message",
      G_CALLBACK (on_bus_message), gst_object_ref (self), drop_watcher, 0);
}

static void
unwatch_pipeline (GstFoxapiVideoSrc * self)
{
  if (self->bus == NULL)
    return;
  g_clear_signal_handler (&self->bus_handler, self->bus);
  gst_bus_disable_sync_message_emission (self->bus);
  gst_clear_object (&self->bus);
}

/* This is not the start() of the base class, as that follows up a failure with
 * an ERROR of its own. */
static gboolean
prepare (GstFoxapiVideoSrc * self)
{
  g_autoptr (GError) error = NULL;
  g_auto (GstFoxapiWish) wish = { 0 };
  gboolean is_new;

  if (!read_properties (self, &wish, &error)
      || !gst_foxapi_job_prepare (&self->job, &wish, &is_new, &error)) {
    gst_foxapi_post_error (GST_ELEMENT (self), error, NULL, FALSE);
    return FALSE;
  }

  if (is_new)
    forget_task (self, wish.task_id);
  self->phase = PHASE_GENERATE;
  self->is_at_end = FALSE;
  gst_foxapi_delivery_init (&self->delivery, &self->job);
  watch_pipeline (self);
  return TRUE;
}

static void
release (GstFoxapiVideoSrc * self)
{
  unwatch_pipeline (self);
  if (self->progress_is_open)
    post_progress (self, GST_PROGRESS_TYPE_CANCELED, "Stopped");
  gst_foxapi_delivery_clear (&self->delivery);
  gst_foxapi_job_release (&self->job);

  GST_OBJECT_LOCK (self);
  self->has_size = FALSE;
  self->seekable = FALSE;
  self->end_is_pushed = FALSE;
  self->has_played = FALSE;
  self->has_failed = FALSE;
  self->has_arrived = FALSE;
  GST_OBJECT_UNLOCK (self);
}

/* Notes the errors that the base class posts, too: see is_end_of_delivery(). They
 * say nothing of the task. */
static gboolean
gst_foxapi_video_src_post_message (GstElement * element, GstMessage * message)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (element);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autofree gchar *task_id = NULL;

    GST_OBJECT_LOCK (self);
    self->has_failed = TRUE;
    task_id = g_strdup (self->task_id);
    GST_OBJECT_UNLOCK (self);
    message = gst_foxapi_explain_stream_error (message, task_id);
  }
  return GST_ELEMENT_CLASS (gst_foxapi_video_src_parent_class)->post_message
      (element, message);
}

static GstStateChangeReturn
gst_foxapi_video_src_change_state (GstElement * element,
    GstStateChange transition)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !prepare (self)) {
    release (self);
    return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING) {
    GST_OBJECT_LOCK (self);
    self->has_played = TRUE;
    GST_OBJECT_UNLOCK (self);
  }
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    note_arrival (self, FALSE);

  result = GST_ELEMENT_CLASS (gst_foxapi_video_src_parent_class)->change_state
      (element, transition);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && result != GST_STATE_CHANGE_FAILURE)
    gst_foxapi_job_arm (&self->job);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && result == GST_STATE_CHANGE_FAILURE))
    release (self);
  return result;
}

static gboolean
gst_foxapi_video_src_unlock (GstBaseSrc * src)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (src);

  g_mutex_lock (&self->unlock_lock);
  self->is_unlocked = TRUE;
  g_cancellable_cancel (self->cancellable);
  g_mutex_unlock (&self->unlock_lock);
  return TRUE;
}

static gboolean
gst_foxapi_video_src_unlock_stop (GstBaseSrc * src)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (src);

  g_mutex_lock (&self->unlock_lock);
  self->is_unlocked = FALSE;
  g_cancellable_reset (self->cancellable);
  g_mutex_unlock (&self->unlock_lock);
  return TRUE;
}

/* The streaming thread, from here on */

/* Not where it ended without a result, and not where the service has never heard
 * of it: nobody should be told that a mistyped id is paid for. */
static gboolean
can_be_taken_up (GstFoxapiVideoSrc * self, const GError * error)
{
  gboolean is_unknown =
      foxapi_generation_get_task (self->job.generation) == NULL
      && g_error_matches (error, FOXAPI_ERROR, FOXAPI_ERROR_NOT_FOUND);

  return !is_unknown && !foxapi_generation_has_failed (self->job.generation);
}

/* Ends create() with @error. FLUSHING, not ERROR: for that the base class would
 * post an ERROR of its own, and send an EOS as if the result were complete. */
static GstFlowReturn
fail (GstFoxapiVideoSrc * self, const GError * error)
{
  const gchar *task_id = foxapi_generation_get_task_id (self->job.generation);

  if (g_cancellable_is_cancelled (self->cancellable)
      && !(self->phase == PHASE_GENERATE
          && foxapi_run_is_overdue (&self->job.run))) {
    GST_DEBUG_OBJECT (self, "cancelled: %s", error->message);
    return GST_FLOW_FLUSHING;
  }

  if (self->progress_is_open)
    post_progress (self, GST_PROGRESS_TYPE_ERROR, error->message);
  gst_foxapi_post_error (GST_ELEMENT (self), error, task_id,
      can_be_taken_up (self, error));
  return GST_FLOW_FLUSHING;
}

/* The end of task-timeout may strike while the application is told of a task that
 * has completed: that is in time. */
static void
forgive_deadline (GstFoxapiVideoSrc * self)
{
  g_mutex_lock (&self->unlock_lock);
  if (!self->is_unlocked)
    g_cancellable_reset (self->cancellable);
  g_mutex_unlock (&self->unlock_lock);
}

static GstFlowReturn
generate (GstFoxapiVideoSrc * self)
{
  const gchar *task_id = foxapi_generation_get_task_id (self->job.generation);
  g_autofree gchar *text = task_id ?
      g_strdup_printf ("Taking up task %s", task_id) :
      g_strdup ("Submitting the request, unless a paid task of it is there");
  g_autoptr (GError) error = NULL;

  post_progress (self, GST_PROGRESS_TYPE_START, text);
  if (!gst_foxapi_job_generate (&self->job, &error))
    return fail (self, error);

  /* From here on it is the download's own limits that count. */
  self->job.run.deadline_us = G_MAXINT64;
  forgive_deadline (self);
  if (self->job.run.until_task) {
    post_progress (self, GST_PROGRESS_TYPE_COMPLETE, "The task is submitted");
    self->phase = PHASE_DELIVER_TASK;
  } else {
    post_progress (self, GST_PROGRESS_TYPE_COMPLETE, self->resumed ?
        "The task has completed (taken up, nothing is charged again)" :
        "The task has completed");
    self->phase = PHASE_DELIVER_MEDIA;
  }
  return GST_FLOW_OK;
}

static GstEvent *
new_task_event (GstFoxapiVideoSrc * self)
{
  return gst_foxapi_new_task_event (foxapi_generation_get_task (self->
          job.generation), self->resumed);
}

static GstEvent *
new_tag_event (GstFoxapiVideoSrc * self)
{
  FoxapiGeneration *generation = self->job.generation;

  return gst_event_new_tag (gst_foxapi_tags_new (foxapi_generation_get_prompt
          (generation), foxapi_generation_get_task (generation)));
}

/* Sends the task and the tags downstream, ahead of the buffers. A demuxer hands
 * them on only to the pads that it has by then, so they come again with the
 * first buffers after each opening, and with the end. */
static void
announce_task (GstFoxapiVideoSrc * self)
{
  GstPad *pad = GST_BASE_SRC_PAD (self);

  gst_pad_push_event (pad, new_task_event (self));
  gst_pad_push_event (pad, new_tag_event (self));
}

static GstFlowReturn
deliver_task (GstFoxapiVideoSrc * self, GstBuffer ** buffer)
{
  FoxapiTask *task = foxapi_generation_get_first_answer (self->job.generation);
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("application/json");
  gchar *json = g_strdup (foxapi_task_get_json (task));

  if (!gst_base_src_set_caps (GST_BASE_SRC (self), caps)) {
    g_free (json);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  announce_task (self);
  *buffer = gst_buffer_new_wrapped (json, strlen (json));
  return GST_FLOW_OK;
}

static void
publish_size (GstFoxapiVideoSrc * self)
{
  GstBaseSrc *src = GST_BASE_SRC (self);
  guint64 size;
  gboolean has_size = gst_foxapi_delivery_get_size (&self->delivery, &size);
  gboolean is_new;

  if (!has_size && self->is_at_end) {
    size = gst_foxapi_delivery_get_position (&self->delivery);
    has_size = TRUE;
  }
  GST_OBJECT_LOCK (self);
  is_new = has_size && !self->has_size;
  self->has_size = has_size;
  self->size = size;
  self->seekable = gst_foxapi_delivery_is_seekable (&self->delivery);
  if (has_size)
    src->segment.duration = size;
  GST_OBJECT_UNLOCK (self);

  if (is_new)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_duration_changed (GST_OBJECT (self)));
}

/* Whether the EOS that is about to leave is the end of the delivery. A demuxer
 * that has all that the file's index names says EOS by itself, and create() is
 * not called again: if it saw every byte, that is the end as well. The EOS that
 * the base class sends behind a failure downstream (a full disk) is not: then the
 * ERROR was posted before it. */
static gboolean
is_end_of_delivery (GstFoxapiVideoSrc * self)
{
  gboolean has_failed;

  GST_OBJECT_LOCK (self);
  has_failed = self->has_failed;
  GST_OBJECT_UNLOCK (self);
  if (has_failed)
    return FALSE;

  if (self->phase == PHASE_TASK_DELIVERED)
    return TRUE;
  return self->phase == PHASE_DELIVER_MEDIA && (self->is_at_end
      || gst_foxapi_delivery_is_complete (&self->delivery));
}

/* A demuxer that found the index behind the media has pads only while it handles
 * the last buffer, and may say EOS with that; the next thing to leave is the EOS
 * of the base class, so the events come right ahead of it. They go to the peer:
 * the pad is in the middle of pushing an event, and it has these already. */
static void
announce_task_before_end (GstFoxapiVideoSrc * self, GstPad * pad)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);

  if (peer == NULL)
    return;
  gst_pad_send_event (peer, new_task_event (self));
  gst_pad_send_event (peer, new_tag_event (self));
}

static void
note_pushed (GstFoxapiVideoSrc * self, GstBuffer * buffer)
{
  if (self->phase == PHASE_DELIVER_TASK)
    self->phase = PHASE_TASK_DELIVERED;
  else if (self->phase == PHASE_DELIVER_MEDIA)
    gst_foxapi_delivery_pushed (&self->delivery, GST_BUFFER_OFFSET (buffer),
        GST_BUFFER_OFFSET_END (buffer));
}

static GstPadProbeReturn
on_pushed (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (user_data);
  GstEventType type;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER) {
    note_pushed (self, GST_PAD_PROBE_INFO_BUFFER (info));
    return GST_PAD_PROBE_OK;
  }
  type = GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info));
  if (type != GST_EVENT_EOS && type != GST_EVENT_SEGMENT_DONE)
    return GST_PAD_PROBE_OK;

  /* The application ends the stream while the task still runs. Whoever waits for
   * the progress before he plays (gst-launch-1.0 -e) waits no longer. */
  if (self->progress_is_open)
    post_progress (self, GST_PROGRESS_TYPE_CANCELED, "Ended before the result");
  if (self->phase == PHASE_DELIVER_MEDIA && !self->is_at_end)
    announce_task_before_end (self, pad);
  if (type == GST_EVENT_EOS && is_end_of_delivery (self)) {
    if (self->phase == PHASE_DELIVER_MEDIA)
      foxapi_generation_handed_out (self->job.generation);
    GST_OBJECT_LOCK (self);
    self->end_is_pushed = TRUE;
    GST_OBJECT_UNLOCK (self);
  }
  return GST_PAD_PROBE_OK;
}

static GstFlowReturn
deliver_media (GstFoxapiVideoSrc * self, guint64 offset, guint length,
    GstBuffer ** buffer)
{
  g_autoptr (GstBuffer) new_buffer = NULL;
  g_autoptr (GError) error = NULL;
  gssize n;

  self->is_at_end = FALSE;
  if (!gst_foxapi_delivery_open (&self->delivery, offset, &error))
    return fail (self, error);
  publish_size (self);
  if (gst_foxapi_delivery_count (&self->delivery) < ANNOUNCED_BUFFERS)
    announce_task (self);

  n = gst_foxapi_delivery_read (&self->delivery, length, &new_buffer, &error);
  if (n < 0)
    return fail (self, error);
  if (n == 0) {
    /* The end may be the first to tell the size. */
    self->is_at_end = TRUE;
    publish_size (self);
    announce_task (self);
    return GST_FLOW_EOS;
  }
  *buffer = g_steal_pointer (&new_buffer);
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_foxapi_video_src_create (GstBaseSrc * src, guint64 offset, guint length,
    GstBuffer ** buffer)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (src);

  for (;;) {
    GstFlowReturn result;

    switch (self->phase) {
      case PHASE_GENERATE:
        result = generate (self);
        if (result != GST_FLOW_OK)
          return result;
        break;
      case PHASE_DELIVER_TASK:
        return deliver_task (self, buffer);
      case PHASE_TASK_DELIVERED:
        return GST_FLOW_EOS;
      case PHASE_DELIVER_MEDIA:
        return deliver_media (self, offset, length, buffer);
    }
  }
}

/* Queries and seeks */

static gboolean
gst_foxapi_video_src_is_seekable (GstBaseSrc * src)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (src);
  gboolean seekable;

  GST_OBJECT_LOCK (self);
  seekable = self->seekable;
  GST_OBJECT_UNLOCK (self);
  return seekable;
}

static gboolean
gst_foxapi_video_src_get_size (GstBaseSrc * src, guint64 * size)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (src);
  gboolean has_size;

  GST_OBJECT_LOCK (self);
  has_size = self->has_size;
  *size = self->size;
  GST_OBJECT_UNLOCK (self);
  return has_size;
}

/* create() is told where to read, so there is nothing to do but to refuse. */
static gboolean
gst_foxapi_video_src_do_seek (GstBaseSrc * src, GstSegment * segment)
{
  if (segment->rate < 0.0)
    return FALSE;

  return GST_BASE_SRC_CLASS (gst_foxapi_video_src_parent_class)->do_seek (src,
      segment);
}

/* Never pull mode: a demuxer would wait for the generation in the thread that
 * changes the state. The base class would start the element to find out. */
static void
answer_scheduling (GstFoxapiVideoSrc * self, GstQuery * query)
{
  GstSchedulingFlags flags = GST_SCHEDULING_FLAG_BANDWIDTH_LIMITED;

  if (gst_foxapi_video_src_is_seekable (GST_BASE_SRC (self)))
    flags |= GST_SCHEDULING_FLAG_SEEKABLE;
  gst_query_set_scheduling (query, flags, 1, -1, 0);
  gst_query_add_scheduling_mode (query, GST_PAD_MODE_PUSH);
}

/* An owner that has further properties: their names are words, too. */
static gboolean
check_words_of_owner (GstFoxapiVideoSrc * self, GstQuery * query,
    GError ** error)
{
  GType owner = G_TYPE_INVALID;
  gpointer klass;
  gboolean is_meant;

  if (!gst_structure_get (gst_query_get_structure (query), "owner",
          G_TYPE_GTYPE, &owner, NULL) || !g_type_is_a (owner, G_TYPE_OBJECT))
    return TRUE;
  klass = g_type_class_ref (owner);
  GST_OBJECT_LOCK (self);
  is_meant = gst_foxapi_settings_check_words (&self->settings, klass,
      self->named_task_id, error);
  GST_OBJECT_UNLOCK (self);
  g_type_class_unref (klass);
  return is_meant;
}

/* What a start would check, for an owner that starts it later, and before that
 * spends time on references. What is wrong is posted, as the start would do. */
static gboolean
answer_check (GstFoxapiVideoSrc * self, GstQuery * query)
{
  g_autoptr (GError) error = NULL;
  g_auto (GstFoxapiWish) wish = { 0 };

  if (check_words_of_owner (self, query, &error)
      && read_properties (self, &wish, &error)
      && gst_foxapi_job_check (&self->job, &wish, &error))
    return TRUE;
  gst_foxapi_post_error (GST_ELEMENT (self), error, NULL, FALSE);
  return FALSE;
}

static gboolean
is_named (GstQuery * query, const gchar * name)
{
  const GstStructure *structure = gst_query_get_structure (query);

  return GST_QUERY_TYPE (query) == GST_QUERY_CUSTOM && structure != NULL
      && gst_structure_has_name (structure, name);
}

static gboolean
gst_foxapi_video_src_query (GstBaseSrc * src, GstQuery * query)
{
  if (is_named (query, GST_FOXAPI_CHECK_QUERY))
    return answer_check (GST_FOXAPI_VIDEO_SRC (src), query);
  if (is_named (query, GST_FOXAPI_ARRIVED_QUERY)) {
    note_arrival (GST_FOXAPI_VIDEO_SRC (src), TRUE);
    return TRUE;
  }
  if (GST_QUERY_TYPE (query) == GST_QUERY_SCHEDULING) {
    answer_scheduling (GST_FOXAPI_VIDEO_SRC (src), query);
    return TRUE;
  }
  return GST_BASE_SRC_CLASS (gst_foxapi_video_src_parent_class)->query (src,
      query);
}

/* The class */

static void
gst_foxapi_video_src_finalize (GObject * object)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (object);

  gst_foxapi_job_clear (&self->job);
  g_clear_pointer (&self->task, foxapi_task_unref);
  g_free (self->task_id);
  g_free (self->named_task_id);
  gst_foxapi_settings_clear (&self->settings);
  g_cancellable_release_fd (self->cancellable);
  g_object_unref (self->cancellable);
  g_mutex_clear (&self->unlock_lock);

  G_OBJECT_CLASS (gst_foxapi_video_src_parent_class)->finalize (object);
}

static void
gst_foxapi_video_src_init (GstFoxapiVideoSrc * self)
{
  GstBaseSrc *src = GST_BASE_SRC (self);

  gst_foxapi_settings_init (&self->settings);
  self->output = DEFAULT_OUTPUT;
  g_mutex_init (&self->unlock_lock);
  self->cancellable = g_cancellable_new ();
  /* Held as long as the element lives: every wait would make it anew. */
  g_cancellable_get_fd (self->cancellable);
  self->job.run.cancellable = self->cancellable;
  self->job.run.observer = &observer;
  self->job.run.user_data = self;

  gst_base_src_set_format (src, GST_FORMAT_BYTES);
  gst_base_src_set_blocksize (src, BLOCK_SIZE);
  /* The end is where the download has proved it to be. */
  gst_base_src_set_automatic_eos (src, FALSE);
  gst_pad_add_probe (GST_BASE_SRC_PAD (src),
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_BUFFER,
      on_pushed, self, NULL);
}

static void
gst_foxapi_video_src_class_init (GstFoxapiVideoSrcClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (foxapi_video_src_debug, "foxapivideosrc", 0,
      "FoxAPI video source");

  object_class->set_property = gst_foxapi_video_src_set_property;
  object_class->get_property = gst_foxapi_video_src_get_property;
  object_class->finalize = gst_foxapi_video_src_finalize;
  gst_foxapi_properties_install (object_class);
  g_object_class_install_property (object_class, PROP_OUTPUT,
      g_param_spec_enum ("output", "Output",
          "What is pushed: the video, or the task as JSON right after the "
          "submission", GST_TYPE_FOXAPI_OUTPUT, DEFAULT_OUTPUT,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY |
          G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class,
      "FoxAPI video source", "Source/Network",
      "Has a video generated from a prompt by the FoxAPI gateway and streams it",
      "The gst-foxapi authors");
  element_class->change_state = gst_foxapi_video_src_change_state;
  element_class->post_message = gst_foxapi_video_src_post_message;

  src_class->unlock = gst_foxapi_video_src_unlock;
  src_class->unlock_stop = gst_foxapi_video_src_unlock_stop;
  src_class->create = gst_foxapi_video_src_create;
  src_class->is_seekable = gst_foxapi_video_src_is_seekable;
  src_class->get_size = gst_foxapi_video_src_get_size;
  src_class->do_seek = gst_foxapi_video_src_do_seek;
  src_class->query = gst_foxapi_video_src_query;

  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_RESOLUTION, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_ASPECT_RATIO, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_SWITCH, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_OUTPUT, 0);
}
