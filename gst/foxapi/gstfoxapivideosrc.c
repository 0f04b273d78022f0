/* foxapivideosrc: a prompt as a source
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-foxapivideosrc
 * @title: foxapivideosrc
 *
 * foxapivideosrc generates a video from a prompt with the FoxAPI service and
 * streams the finished file: a source like a camera or a file. It submits the
 * request when it goes from READY to PAUSED, posts the returned task on the bus
 * as an ELEMENT message `foxapi-task`, polls the task until it has ended, and
 * pushes the result's bytes as they arrive. The pipeline prerolls meanwhile.
 *
 * A generation costs money. An element submits once for a set of generation
 * properties: after a stop it resumes its task. Each submission is recorded on
 * disk (the property `task-store`), so that a new process resumes what an
 * interrupted one has paid for. A record goes when the result has arrived: when
 * every sink has received the end of the stream while playing.
 *
 * Put the key into the environment, as FOXAPI_API_KEY: GStreamer logs launch
 * lines, and other users see them in the list of processes.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 foxapivideosrc model=wan-2.7-text-to-video prompt="A graceful dance performance on a moonlit stage" ! decodebin ! autovideosink
 * ]|
 * Shows a generated video, without its sound.
 * |[
 * gst-launch-1.0 foxapivideosrc model=wan-2.7-text-to-video prompt="Rain on a tin roof" duration=2 resolution=720p ! filesink location=rain.mp4
 * ]|
 * Saves the file as the service made it.
 * |[
 * gst-launch-1.0 -m foxapivideosrc model=wan-2.7-text-to-video prompt="A lighthouse in a storm" output=task ! filesink location=task.json
 * ]|
 * Submits, writes the task as JSON, and does not wait for the video. Later, on
 * any machine, `task-id` resumes the task at no charge.
 *
 * Since: 0.1
 */

/* Threads and locks:
 *
 * - prepare() and release() run in the thread that changes the state, when there
 *   is no streaming thread. They never touch the network.
 * - create() runs in the streaming thread, which alone uses the network, and
 *   works synchronously: submit, poll, wait, download.
 * - unlock() is called from any thread. It cancels what create() is in; that is
 *   all it does.
 * - Properties and queries come from any thread; what they share with the
 *   others is guarded by the object lock. No lock is held when a message is
 *   posted.
 * - The bus tells of the end in whatever thread posts it. That may be late:
 *   release() waits until it has been dealt with.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapivideosrc.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "foxapiuri.h"
#include "gstfoxapiarrival.h"
#include "gstfoxapidelivery.h"
#include "gstfoxapiengine.h"
#include "gstfoxapienums.h"
#include "gstfoxapimessages.h"

GST_DEBUG_CATEGORY_STATIC (foxapi_video_src_debug);
#define GST_CAT_DEFAULT foxapi_video_src_debug

/* Large enough that the work for each buffer, and the kernel's for each reading,
 * does not count. */
#define BLOCK_SIZE (512 * 1024)

/* Between two messages about the download */
#define REPORT_US (G_USEC_PER_SEC / 2)

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

  GstFoxapiEngine engine;       /* has its own rules */

  /* The object lock */
  GstFoxapiOutput output;       /* property */
  gboolean has_size;
  guint64 size;
  gboolean seekable;
  gboolean end_is_pushed;
  gboolean has_played;          /* since it was started */
  gboolean has_failed;          /* an ERROR was posted since then, by anyone */
  gboolean has_arrived;
  gboolean is_told_to_end;      /* by the application, since it was last sought */

  GMutex arrival_lock;          /* while it is found out whether the result has
                                 * arrived; before the object lock */

  /* From prepare() to release(): whoever changes the state */
  GstBus *bus;                  /* of the pipeline, if it has one */
  gulong bus_handler;

  /* From prepare() to release(): the streaming thread */
  Phase phase;
  GstFoxapiDelivery delivery;
  gboolean is_at_end;           /* create() has said EOS */
  gboolean is_repeated;         /* all was pushed before it was last sought */
  gint64 reported_us;           /* when PROGRESS told of the download last */
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

static void
gst_foxapi_video_src_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (object);

  if (id == PROP_OUTPUT) {
    GST_OBJECT_LOCK (self);
    self->output = g_value_get_enum (value);
    GST_OBJECT_UNLOCK (self);
  } else if (!gst_foxapi_settings_set_item (object, id, value)
      && !gst_foxapi_engine_set_property (&self->engine, id, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_foxapi_video_src_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (object);

  if (id == PROP_OUTPUT) {
    GST_OBJECT_LOCK (self);
    g_value_set_enum (value, self->output);
    GST_OBJECT_UNLOCK (self);
  } else if (!gst_foxapi_settings_get_item (object, id, value)
      && !gst_foxapi_engine_get_property (&self->engine, id, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

/* URIs, and what presets need */

GstFoxapiFields *
gst_foxapi_video_src_get_fields (GstFoxapiVideoSrc * self)
{
  return &self->engine.settings.fields;
}

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
  return gst_foxapi_engine_dup_uri (&GST_FOXAPI_VIDEO_SRC (handler)->engine);
}

static gboolean
set_uri (GstURIHandler * handler, const gchar * uri, GError ** error)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (handler);
  g_autoptr (GError) fault = NULL;

  if (GST_STATE (self) > GST_STATE_READY) {
    g_set_error_literal (error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE,
        _("The URI can be changed in the states NULL and READY only"));
    return FALSE;
  }
  if (gst_foxapi_engine_set_uri (&self->engine, uri, &fault))
    return TRUE;
  g_set_error_literal (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
      fault->message);
  return FALSE;
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

/* Starting and stopping */

/* Whether the result has arrived: every sink that it reaches has its end, it was
 * not only to be looked at (gst-discoverer prerolls), and nothing failed behind
 * this source. Then nothing is left that a record would have to keep.
 *
 * The pipeline tells of it by its EOS, or with message-forward by that of each
 * sink, before the application hears of that, and of failures by ERRORs. Where no
 * pipeline tells (another branch goes on, an application drops the messages) the
 * sinks' pads are looked at when this element leaves PLAYING. Neither touches
 * anything of the application's. */
static void
note_arrival (GstFoxapiVideoSrc * self, GstObject * ended)
{
  gboolean may_have_arrived;

  g_mutex_lock (&self->arrival_lock);
  GST_OBJECT_LOCK (self);
  may_have_arrived = self->end_is_pushed && self->has_played
      && !self->has_failed && !self->has_arrived;
  GST_OBJECT_UNLOCK (self);
  if (may_have_arrived
      && gst_foxapi_arrival_is_complete (GST_BASE_SRC_PAD (self), ended)) {
    GST_INFO_OBJECT (self, "the result has arrived");
    GST_OBJECT_LOCK (self);
    self->has_arrived = TRUE;
    GST_OBJECT_UNLOCK (self);
    foxapi_generation_delivered (self->engine.generation, &self->engine.run);
  }
  g_mutex_unlock (&self->arrival_lock);
}

static void
on_bus_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (user_data);
  g_autoptr (GstMessage) forwarded = NULL;

  if (gst_message_has_name (message, "GstBinForwarded")
      && gst_structure_get (gst_message_get_structure (message), "message",
          GST_TYPE_MESSAGE, &forwarded, NULL))
    message = forwarded;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    /* Sinks post it in PLAYING, which they reach before this element does. */
    GST_OBJECT_LOCK (self);
    self->has_played = TRUE;
    GST_OBJECT_UNLOCK (self);
    note_arrival (self, GST_MESSAGE_SRC (message));
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    GST_OBJECT_LOCK (self);
    self->has_failed = TRUE;
    GST_OBJECT_UNLOCK (self);
  }
}

/* This is not the start() of the base class, as that follows up a failure with
 * an ERROR of its own. */
static gboolean
prepare (GstFoxapiVideoSrc * self)
{
  g_autoptr (GError) error = NULL;
  gboolean until_task;

  GST_OBJECT_LOCK (self);
  until_task = self->output == GST_FOXAPI_OUTPUT_TASK;
  GST_OBJECT_UNLOCK (self);

  if (!gst_foxapi_engine_start (&self->engine, until_task, &error)) {
    gst_element_post_message (GST_ELEMENT (self),
        gst_foxapi_new_error (GST_ELEMENT (self), error, NULL, FALSE));
    return FALSE;
  }
  self->phase = PHASE_GENERATE;
  self->is_at_end = self->is_repeated = FALSE;
  gst_foxapi_delivery_init (&self->delivery, &self->engine);
  self->bus = gst_foxapi_arrival_watch (GST_ELEMENT (self),
      G_CALLBACK (on_bus_message), &self->bus_handler);
  return TRUE;
}

static void
release (GstFoxapiVideoSrc * self)
{
  gst_foxapi_arrival_unwatch (&self->bus, &self->bus_handler);
  g_mutex_lock (&self->arrival_lock);
  GST_OBJECT_LOCK (self);
  self->has_size = FALSE;
  self->seekable = FALSE;
  self->end_is_pushed = FALSE;
  self->has_played = FALSE;
  self->has_failed = FALSE;
  self->has_arrived = FALSE;
  self->is_told_to_end = FALSE;
  GST_OBJECT_UNLOCK (self);
  g_mutex_unlock (&self->arrival_lock);
  gst_foxapi_delivery_clear (&self->delivery);
  gst_foxapi_engine_stop (&self->engine);
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
    task_id = g_strdup (self->engine.task_id);
    GST_OBJECT_UNLOCK (self);
    message = gst_foxapi_explain_stream_error (message, task_id);
  }
  return GST_ELEMENT_CLASS (gst_foxapi_video_src_parent_class)->post_message
      (element, message);
}

static gboolean
gst_foxapi_video_src_send_event (GstElement * element, GstEvent * event)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (element);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    GST_OBJECT_LOCK (self);
    self->is_told_to_end = TRUE;
    GST_OBJECT_UNLOCK (self);
  }
  return GST_ELEMENT_CLASS (gst_foxapi_video_src_parent_class)->send_event
      (element, event);
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
    note_arrival (self, NULL);

  result = GST_ELEMENT_CLASS (gst_foxapi_video_src_parent_class)->change_state
      (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && result == GST_STATE_CHANGE_FAILURE))
    release (self);
  return result;
}

static gboolean
gst_foxapi_video_src_unlock (GstBaseSrc * src)
{
  g_cancellable_cancel (GST_FOXAPI_VIDEO_SRC (src)->engine.run.cancellable);
  return TRUE;
}

static gboolean
gst_foxapi_video_src_unlock_stop (GstBaseSrc * src)
{
  g_cancellable_reset (GST_FOXAPI_VIDEO_SRC (src)->engine.run.cancellable);
  return TRUE;
}

/* The streaming thread, from here on. What failed has been told of: it ends
 * create() with FLUSHING, not ERROR, for which the base class would post an ERROR
 * of its own, and send an EOS as if the result were complete. */

/* Sends the task and the tags downstream, ahead of the buffers. A demuxer hands
 * them on only to the pads that it has by then, so they come again with the
 * first buffers after each opening, and with the end. */
static void
announce_task (GstFoxapiVideoSrc * self)
{
  GstPad *pad = GST_BASE_SRC_PAD (self);

  gst_pad_push_event (pad, gst_foxapi_engine_new_task_event (&self->engine));
  gst_pad_push_event (pad, gst_foxapi_engine_new_tag_event (&self->engine));
}

static GstFlowReturn
deliver_task (GstFoxapiVideoSrc * self, GstBuffer ** buffer)
{
  FoxapiTask *task = self->engine.generation->first_answer;
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("application/json");

  if (!gst_base_src_set_caps (GST_BASE_SRC (self), caps))
    return GST_FLOW_NOT_NEGOTIATED;
  announce_task (self);
  *buffer = gst_buffer_new_memdup (task->json, strlen (task->json));
  return GST_FLOW_OK;
}

static void
publish_size (GstFoxapiVideoSrc * self)
{
  GstBaseSrc *src = GST_BASE_SRC (self);
  guint64 size;
  gboolean has_size = foxapi_result_get_size (self->delivery.result, &size);
  gboolean is_new;

  if (!has_size && self->is_at_end) {
    size = self->delivery.position;
    has_size = TRUE;
  }
  GST_OBJECT_LOCK (self);
  is_new = has_size && !self->has_size;
  self->has_size = has_size;
  self->size = size;
  /* With do-timestamp the segment is of time, in which nothing can be found. */
  self->seekable = src->segment.format == GST_FORMAT_BYTES
      && foxapi_result_is_seekable (self->delivery.result);
  if (has_size && src->segment.format == GST_FORMAT_BYTES)
    src->segment.duration = size;
  GST_OBJECT_UNLOCK (self);

  if (is_new)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_duration_changed (GST_OBJECT (self)));
}

/* PROGRESS of the download. Not before PLAYING: whoever sees an open PROGRESS keeps
 * the pipeline in PAUSED (gst-launch-1.0), where the download stands still. */
static void
report_download (GstFoxapiVideoSrc * self, gboolean is_complete)
{
  GstFoxapiEngine *engine = &self->engine;
  guint64 position = self->delivery.position, size;
  g_autofree gchar *done = g_format_size (position);
  g_autofree gchar *total = NULL, *text = NULL;
  gint64 now_us = g_get_monotonic_time ();
  gboolean has_played;
  gint percent = -1;

  GST_OBJECT_LOCK (self);
  has_played = self->has_played;
  GST_OBJECT_UNLOCK (self);

  if (engine->progress_code == NULL && (has_played || is_complete)) {
    gst_foxapi_engine_post_progress (engine, GST_FOXAPI_PROGRESS_DOWNLOAD,
        GST_PROGRESS_TYPE_START, -1, _("Downloading the video"));
    self->reported_us = now_us;
  }
  if (is_complete) {
    text = g_strdup_printf (_("Downloaded the video (%s)"), done);
    gst_foxapi_engine_post_progress (engine, GST_FOXAPI_PROGRESS_DOWNLOAD,
        GST_PROGRESS_TYPE_COMPLETE, -1, text);
    return;
  }
  if (engine->progress_code == NULL || now_us < self->reported_us + REPORT_US)
    return;
  self->reported_us = now_us;
  if (foxapi_result_get_size (self->delivery.result, &size) && size > 0) {
    percent = MIN (position, size) * 100 / size;
    total = g_format_size (size);
    text = g_strdup_printf (_("%d %%, %s of %s"), percent, done, total);
  }
  gst_foxapi_engine_post_progress (engine, GST_FOXAPI_PROGRESS_DOWNLOAD,
      GST_PROGRESS_TYPE_CONTINUE, percent, text ? text : done);
}

/* Whether the EOS that is about to leave is the end of the delivery. A demuxer
 * that has all that the file's index names says EOS by itself, and create() is
 * not called again: if it saw every byte, that is the end as well. The EOS that
 * the base class sends behind a failure downstream (a full disk) is not: then the
 * ERROR was posted before it. Nor is one from the application, where a seek has
 * flushed what was on its way. */
static gboolean
is_end_of_delivery (GstFoxapiVideoSrc * self)
{
  gboolean has_failed, is_cut;

  GST_OBJECT_LOCK (self);
  has_failed = self->has_failed;
  is_cut = self->is_told_to_end && self->is_repeated;
  GST_OBJECT_UNLOCK (self);
  if (has_failed)
    return FALSE;

  if (self->phase == PHASE_TASK_DELIVERED)
    return TRUE;
  return self->phase == PHASE_DELIVER_MEDIA && (self->is_at_end || (!is_cut
          && gst_foxapi_delivery_is_complete (&self->delivery)));
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
  gst_pad_send_event (peer, gst_foxapi_engine_new_task_event (&self->engine));
  gst_pad_send_event (peer, gst_foxapi_engine_new_tag_event (&self->engine));
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

/* Buffers are of the element's own memory, so the answer is not needed. The base class
 * asks whenever something downstream is linked, and the query would wait in each queue
 * behind what that holds, for ever where a branch of a tee prerolls. */
static GstPadProbeReturn
on_query (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  return GST_QUERY_TYPE (GST_PAD_PROBE_INFO_QUERY (info)) ==
      GST_QUERY_ALLOCATION ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
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

  if (self->phase == PHASE_DELIVER_MEDIA && self->engine.progress_code != NULL
      && gst_foxapi_delivery_is_complete (&self->delivery))
    report_download (self, TRUE);
  /* The application ends the stream while the task still runs. */
  gst_foxapi_engine_close_progress (&self->engine, _("Ended before the "
          "result"));
  if (self->phase == PHASE_DELIVER_MEDIA && !self->is_at_end)
    announce_task_before_end (self, pad);
  if (type == GST_EVENT_EOS && is_end_of_delivery (self)) {
    if (self->phase == PHASE_DELIVER_MEDIA)
      foxapi_generation_handed_out (self->engine.generation);
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

  /* With do-timestamp the base class does not say where. */
  if (offset == GST_BUFFER_OFFSET_NONE)
    offset = self->delivery.position;
  if (length == 0)
    length = BLOCK_SIZE;
  self->is_at_end = FALSE;
  if (!gst_foxapi_delivery_open (&self->delivery, offset, &error))
    goto failed;
  publish_size (self);
  if (self->delivery.count < ANNOUNCED_BUFFERS)
    announce_task (self);

  n = gst_foxapi_delivery_read (&self->delivery, length, &new_buffer, &error);
  if (n < 0)
    goto failed;
  if (n == 0) {
    /* The end may be the first to tell the size. */
    self->is_at_end = TRUE;
    publish_size (self);
    report_download (self, TRUE);
    announce_task (self);
    return GST_FLOW_EOS;
  }
  report_download (self, FALSE);
  *buffer = g_steal_pointer (&new_buffer);
  return GST_FLOW_OK;

failed:
  gst_foxapi_engine_fail (&self->engine, error);
  return GST_FLOW_FLUSHING;
}

static GstFlowReturn
gst_foxapi_video_src_create (GstBaseSrc * src, guint64 offset, guint length,
    GstBuffer ** buffer)
{
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (src);

  switch (self->phase) {
    case PHASE_GENERATE:
      if (!gst_foxapi_engine_generate (&self->engine))
        return GST_FLOW_FLUSHING;
      self->phase = self->engine.run.until_task ? PHASE_DELIVER_TASK :
          PHASE_DELIVER_MEDIA;
      return gst_foxapi_video_src_create (src, offset, length, buffer);
    case PHASE_DELIVER_TASK:
      return deliver_task (self, buffer);
    case PHASE_TASK_DELIVERED:
      return GST_FLOW_EOS;
    case PHASE_DELIVER_MEDIA:
    default:
      return deliver_media (self, offset, length, buffer);
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
  GstFoxapiVideoSrc *self = GST_FOXAPI_VIDEO_SRC (src);

  if (segment->rate < 0.0)
    return FALSE;

  /* The streaming thread waits meanwhile. */
  self->is_at_end = FALSE;
  self->is_repeated = gst_foxapi_delivery_is_complete (&self->delivery);
  GST_OBJECT_LOCK (self);
  self->end_is_pushed = FALSE;
  self->is_told_to_end = FALSE;
  GST_OBJECT_UNLOCK (self);
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

/* What a start would check. What is wrong is posted, as the start would do. */
static gboolean
answer_check (GstFoxapiVideoSrc * self, GstQuery * query)
{
  g_autofree gchar *request = NULL, *doubt = NULL;
  g_autoptr (GError) error = NULL;

  if (gst_foxapi_engine_check (&self->engine, &request, &doubt, &error)) {
    gst_structure_set (gst_query_writable_structure (query), "request",
        G_TYPE_STRING, request, "doubt", G_TYPE_STRING, doubt, NULL);
    return TRUE;
  }
  gst_element_post_message (GST_ELEMENT (self),
      gst_foxapi_new_error (GST_ELEMENT (self), error, NULL, FALSE));
  return FALSE;
}

static gboolean
gst_foxapi_video_src_query (GstBaseSrc * src, GstQuery * query)
{
  const GstStructure *structure = gst_query_get_structure (query);

  if (GST_QUERY_TYPE (query) == GST_QUERY_CUSTOM && structure != NULL
      && gst_structure_has_name (structure, GST_FOXAPI_CHECK_QUERY))
    return answer_check (GST_FOXAPI_VIDEO_SRC (src), query);
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

  gst_foxapi_engine_clear (&self->engine);
  g_mutex_clear (&self->arrival_lock);

  G_OBJECT_CLASS (gst_foxapi_video_src_parent_class)->finalize (object);
}

static void
gst_foxapi_video_src_init (GstFoxapiVideoSrc * self)
{
  static const GstFoxapiEngineFuncs plain = { NULL };
  GstBaseSrc *src = GST_BASE_SRC (self);

  gst_foxapi_engine_init (&self->engine, GST_ELEMENT (self), &plain);
  self->output = DEFAULT_OUTPUT;
  g_mutex_init (&self->arrival_lock);

  gst_base_src_set_format (src, GST_FORMAT_BYTES);
  gst_base_src_set_blocksize (src, BLOCK_SIZE);
  /* The end is where the download has proved it to be. */
  gst_base_src_set_automatic_eos (src, FALSE);
  gst_pad_add_probe (GST_BASE_SRC_PAD (src),
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_BUFFER,
      on_pushed, self, NULL);
  gst_pad_add_probe (GST_BASE_SRC_PAD (src),
      GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_query, NULL, NULL);
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
  gst_foxapi_settings_install (object_class);
  g_object_class_install_property (object_class, PROP_OUTPUT,
      g_param_spec_enum ("output", "Output",
          "Which data the element delivers: the video, or the task as JSON "
          "right after the submission", GST_TYPE_FOXAPI_OUTPUT, DEFAULT_OUTPUT,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY |
          G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class,
      "FoxAPI video source", "Source/Network",
      "Generates a video from a prompt with the FoxAPI service and streams it",
      "The gst-foxapi authors");
  element_class->change_state = gst_foxapi_video_src_change_state;
  element_class->post_message = gst_foxapi_video_src_post_message;
  element_class->send_event = gst_foxapi_video_src_send_event;

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
