/* foxapivideobin: a prompt in a live graph
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/**
 * SECTION:element-foxapivideobin
 * @title: foxapivideobin
 *
 * foxapivideobin is foxapivideosrc for graphs that cannot wait: its output, raw
 * video and sound in fixed formats, begins at once with a placeholder and goes
 * over to the result when that is there, at a frame boundary and without a gap.
 * References may come from the graph: the request pads `image_%u` and `video_%u`
 * take encoded or raw media and make files of them, which are uploaded.
 *
 * It has the generation, service and task properties of foxapivideosrc, and its
 * messages; what is said there about money holds here. A result counts as
 * delivered when it has been shown to its end.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 foxapivideobin model=wan-2.7-text-to-video prompt="A kite over the dunes" placeholder=pattern show-progress=true ! videoconvert ! autovideosink
 * ]|
 * Shows a test pattern with the progress, then the video.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=1 ! foxapivideobin.image_0 foxapivideobin name=foxapivideobin prompt="It comes alive" placeholder=reference ! videoconvert ! autovideosink
 * ]|
 * Takes a frame of the graph as the reference, and shows it until the result is
 * there.
 *
 * Since: 0.1
 */

/* The way of the data:
 *
 *   image_%u, video_%u → captures → files ┐
 *                     properties of this ─┴→ foxapivideosrc → clip sink → file
 *                                                                      ↓
 *   video, audio ← tees ← outputs ← program ← players (file → frames, samples)
 *                             ↑
 *                        placeholder
 *
 * Only the outputs and the tees change their states with the bin. The others
 * work at PLAYING from the start to the stop, whatever the bin's state: a pipeline
 * that prerolls may be waiting for what they make. So their states are locked, and
 * none of them needs a clock.
 *
 * Here is the element itself: properties, pads, states. gstfoxapibinrun.c has what
 * works behind it, gstfoxapibinrun.h the threads and locks, and docs/internals/design.md
 * lists the rest in the order of the data.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinrun.h"

#include "gstfoxapioutput.h"
#include "gstfoxapicontrol.h"
#include "gstfoxapibinclips.h"
#include "gstfoxapivideosrc.h"

GST_DEBUG_CATEGORY (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

enum
{
  SIGNAL_NEXT,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* *INDENT-OFF* */
static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE ("video",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-raw, format = (string) I420, "
        "width = (int) [ 1, 8192 ], height = (int) [ 1, 8192 ], "
        "framerate = (fraction) [ 0, max ]"));

static GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE ("audio",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_FOXAPI_AUDIO_CAPS));

G_DEFINE_FINAL_TYPE (GstFoxapiVideoBin, gst_foxapi_video_bin, GST_TYPE_BIN)
GST_ELEMENT_REGISTER_DEFINE (foxapivideobin, "foxapivideobin", GST_RANK_NONE,
    GST_TYPE_FOXAPI_VIDEO_BIN)
/* *INDENT-ON* */

/* Properties */

/* What is set on a bin that is not running begins the program anew; while it runs
 * it is for the next generation. */
static void
set_source_property (GstFoxapiVideoBin * self, guint id, const GValue * value,
    GParamSpec * pspec)
{
  gboolean is_of_generation = id == GST_FOXAPI_PROP_TASK_ID
      || gst_foxapi_field_is_known (id);

  /* In one piece: a bin that starts meanwhile must not lose its shot. */
  GST_OBJECT_LOCK (self);
  gst_foxapi_bin_shots_set (self->shots, pspec->name, value);
  if (is_of_generation && GST_STATE (self) <= GST_STATE_READY)
    gst_foxapi_bin_shots_begin_anew (self->shots);
  GST_OBJECT_UNLOCK (self);

  g_object_set_property (G_OBJECT (self->source), pspec->name, value);
  if (id == GST_FOXAPI_PROP_TASK_ID && g_value_get_string (value) == NULL)
    gst_foxapi_bin_captures_forget (self->captures);
}

static void
gst_foxapi_video_bin_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (object);
  gboolean is_known;

  if (id <= GST_FOXAPI_PROP_LAST) {
    set_source_property (self, id, value, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  is_known = gst_foxapi_bin_options_set (&self->options, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!is_known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_foxapi_video_bin_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (object);
  gboolean is_known;

  if (gst_foxapi_bin_shots_get (self->shots, pspec->name, value))
    return;
  if (id <= GST_FOXAPI_PROP_LAST) {
    g_object_get_property (G_OBJECT (self->source), pspec->name, value);
    return;
  }
  GST_OBJECT_LOCK (self);
  is_known = gst_foxapi_bin_options_get (&self->options, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!is_known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

/* What comes from other threads: messages, messages, requests */

static void
gst_foxapi_video_bin_handle_message (GstBin * bin, GstMessage * message)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (bin);

  if (gst_foxapi_bin_messages_handle (self->messages, message))
    gst_message_unref (message);
  else
    GST_BIN_CLASS (gst_foxapi_video_bin_parent_class)->handle_message (bin,
        message);
}

static void
on_download_complete (gpointer user_data)
{
  GstFoxapiVideoBin *self = user_data;

  gst_foxapi_control_send (self->control, GST_FOXAPI_CONTROL_DOWNLOADED, NULL);
}

static void
on_program_event (GstFoxapiProgramEvent event, GstFoxapiPlayer * player,
    gpointer user_data)
{
  GstFoxapiVideoBin *self = user_data;
  static const GstFoxapiControlMessage types[] = {
    [GST_FOXAPI_PROGRAM_ON_AIR] = GST_FOXAPI_CONTROL_ON_AIR,
    [GST_FOXAPI_PROGRAM_ENDED] = GST_FOXAPI_CONTROL_ENDED,
    [GST_FOXAPI_PROGRAM_GONE] = GST_FOXAPI_CONTROL_GONE,
  };

  gst_foxapi_control_send (self->control, types[event], player);
}

static gboolean
gst_foxapi_video_bin_next (GstFoxapiVideoBin * self)
{
  if (!gst_foxapi_bin_shots_ask (self->shots, self->program, self->messages))
    return FALSE;
  gst_foxapi_control_send (self->control, GST_FOXAPI_CONTROL_NEXT, NULL);
  return TRUE;
}

/* States */

/* What a result is decoded with is looked for before it is paid for. */
static gboolean
can_decode (GstFoxapiVideoBin * self)
{
  const gchar *missing = gst_foxapi_player_find_missing ();

  if (missing != NULL)
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN,
        ("The element %s is missing. Install GStreamer's base and good plugins. "
            "Nothing was sent.", missing), (NULL));
  return missing == NULL;
}

static GstStateChangeReturn
gst_foxapi_video_bin_change_state (GstElement * element,
    GstStateChange transition)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !can_decode (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && !gst_foxapi_video_bin_start (self)) {
    gst_foxapi_video_bin_stop (self);
    return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_foxapi_video_bin_stop (self);

  result = GST_ELEMENT_CLASS (gst_foxapi_video_bin_parent_class)->change_state
      (element, transition);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && result == GST_STATE_CHANGE_FAILURE)
    gst_foxapi_video_bin_stop (self);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    gst_foxapi_bin_folder_close (self->folder);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING
      && result != GST_STATE_CHANGE_FAILURE) {
    gst_foxapi_bin_messages_set_is_playing (self->messages, TRUE);
    gst_foxapi_control_send (self->control, GST_FOXAPI_CONTROL_PLAYING, NULL);
  }
  return result;
}

/* The progress has ended: who has seen EOS waits for nothing else. */
static void
end_program (gpointer bin, gpointer user_data)
{
  gst_foxapi_program_close (GST_FOXAPI_VIDEO_BIN (bin)->program);
}

/* EOS from the application ends the program, not the generation. Whatever else
 * comes is for the output, too, and not for what works behind it. */
static gboolean
gst_foxapi_video_bin_send_event (GstElement * element, GstEvent * event)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (element);
  gboolean is_sent;

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    gst_event_unref (event);
    if (GST_STATE (self) < GST_STATE_PAUSED)
      return FALSE;
    gst_foxapi_bin_messages_ending (self->messages, end_program, NULL);
    return TRUE;
  }
  /* The base class of the outputs would flush and go on where it is. */
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK) {
    gst_event_unref (event);
    return FALSE;
  }
  is_sent = gst_element_send_event (self->video_output, gst_event_ref (event));
  is_sent &= gst_element_send_event (self->audio_output, event);
  return is_sent;
}

/* Of the output, not of what works behind it */
static gboolean
gst_foxapi_video_bin_query (GstElement * element, GstQuery * query)
{
  return gst_pad_query (GST_FOXAPI_VIDEO_BIN (element)->video_pad, query);
}

/* Pads */

static GstPad *
gst_foxapi_video_bin_request_new_pad (GstElement * element,
    GstPadTemplate * templ, const gchar * wanted, const GstCaps * caps)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (element);
  GstFoxapiCaptureKind kind = g_str_has_prefix (GST_PAD_TEMPLATE_NAME_TEMPLATE
      (templ), "image") ? GST_FOXAPI_CAPTURE_IMAGE : GST_FOXAPI_CAPTURE_VIDEO;
  g_autofree gchar *name = gst_foxapi_bin_captures_choose_name
      (self->captures, kind, wanted);
  g_autoptr (GstPad) existing = gst_element_get_static_pad (element, name);

  if (existing != NULL || GST_STATE (self) > GST_STATE_READY) {
    GST_WARNING_OBJECT (self, "%s cannot be requested %s", name,
        existing ? "twice" : "while the bin runs");
    return NULL;
  }
  return gst_foxapi_bin_captures_add (self->captures, templ, kind, name);
}

static void
gst_foxapi_video_bin_release_pad (GstElement * element, GstPad * pad)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (element);
  g_autoptr (GstElement) capture = gst_bin_get_by_name (GST_BIN (element),
      GST_OBJECT_NAME (pad));

  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  if (capture == NULL)
    return;
  gst_foxapi_bin_remove_locked (self, capture);
  if (GST_STATE (self) > GST_STATE_READY)
    gst_foxapi_control_send (self->control, GST_FOXAPI_CONTROL_RELEASED,
        capture);
}

static void
on_video_link_changed (GstPad * pad, GstPad * peer, gpointer user_data)
{
  GstFoxapiVideoBin *self = user_data;

  gst_foxapi_program_set_video_is_linked (self->program,
      gst_pad_is_linked (pad));
}

/* Both outputs go through a tee, which does not mind that nobody listens. */
static GstPad *
add_output (GstFoxapiVideoBin * self, GstElement * output,
    GstStaticPadTemplate * templ)
{
  g_autoptr (GstPadTemplate) pad_template = gst_static_pad_template_get (templ);
  GstElement *tee = gst_element_factory_make ("tee", NULL);
  g_autoptr (GstPad) target = NULL;
  GstPad *pad;

  g_object_set (tee, "allow-not-linked", TRUE, NULL);
  gst_bin_add_many (GST_BIN (self), output, tee, NULL);
  gst_element_link (output, tee);
  target = gst_element_request_pad_simple (tee, "src_%u");
  pad = gst_ghost_pad_new_from_template (templ->name_template, target,
      pad_template);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

/* The class */

static void
gst_foxapi_video_bin_dispose (GObject * object)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (object);
  GList *pads = NULL;

  GST_OBJECT_LOCK (self);
  for (GList * l = GST_ELEMENT (self)->sinkpads; l != NULL; l = l->next)
    pads = g_list_prepend (pads, gst_object_ref (l->data));
  GST_OBJECT_UNLOCK (self);
  for (GList * l = pads; l != NULL; l = l->next)
    gst_element_release_request_pad (GST_ELEMENT (self), l->data);
  g_list_free_full (pads, gst_object_unref);

  G_OBJECT_CLASS (gst_foxapi_video_bin_parent_class)->dispose (object);
}

static void
gst_foxapi_video_bin_finalize (GObject * object)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (object);

  gst_foxapi_control_free (self->control);
  g_object_unref (self->cancellable);
  gst_foxapi_bin_messages_free (self->messages);
  gst_foxapi_bin_clips_free (self->clips);
  gst_foxapi_bin_shots_free (self->shots);
  gst_foxapi_bin_captures_free (self->captures);
  gst_foxapi_bin_folder_free (self->folder);
  gst_foxapi_program_free (self->program);
  gst_foxapi_bin_options_clear (&self->options);
  gst_foxapi_bin_options_clear (&self->run);
  gst_clear_caps (&self->video_caps);

  G_OBJECT_CLASS (gst_foxapi_video_bin_parent_class)->finalize (object);
}

/* The parts, before there are children, which may post messages */
static void
init_parts (GstFoxapiVideoBin * self)
{
  gst_foxapi_bin_options_init (&self->options);
  gst_foxapi_bin_options_init (&self->run);
  self->cancellable = g_cancellable_new ();
  self->control =
      gst_foxapi_control_new (gst_foxapi_video_bin_on_message, self);
  self->program = gst_foxapi_program_new (on_program_event, self);
  self->folder = gst_foxapi_bin_folder_new ();
  self->captures = gst_foxapi_bin_captures_new (GST_BIN (self));
  self->shots = gst_foxapi_bin_shots_new (G_OBJECT_GET_CLASS (self));
  self->clips = gst_foxapi_bin_clips_new (GST_BIN (self), self->program,
      self->folder);
  self->source = g_object_new (GST_TYPE_FOXAPI_VIDEO_SRC, "name", "source",
      NULL);
  self->messages =
      gst_foxapi_bin_messages_new (GST_ELEMENT (self), self->source,
      &self->options, self->clips, self->control);
}

/* In the source's streaming thread, or wherever its task is set: by the
 * application, or by the control thread */
static void
on_source_notify (GObject * source, GParamSpec * pspec, gpointer user_data)
{
  g_object_notify (user_data, pspec->name);
}

static void
init_source (GstFoxapiVideoBin * self)
{
  static const gchar *const forwarded[] = {
    "notify::task-id", "notify::status", "notify::progress"
  };

  gst_foxapi_bin_add_locked (self, self->source);
  gst_element_link (self->source, self->clip_sink);
  for (guint i = 0; i < G_N_ELEMENTS (forwarded); i++)
    g_signal_connect_object (self->source, forwarded[i],
        G_CALLBACK (on_source_notify), self, 0);
}

static void
init_children (GstFoxapiVideoBin * self)
{
  self->clip_sink = gst_foxapi_clip_sink_new (on_download_complete, self);
  gst_foxapi_bin_add_locked (self, self->clip_sink);
  init_source (self);
  self->video_output = gst_foxapi_video_output_new (self->program);
  self->audio_output = gst_foxapi_audio_output_new (self->program);
  self->video_pad = add_output (self, self->video_output, &video_template);
  add_output (self, self->audio_output, &audio_template);
  g_signal_connect (self->video_pad, "linked",
      G_CALLBACK (on_video_link_changed), self);
  g_signal_connect (self->video_pad, "unlinked",
      G_CALLBACK (on_video_link_changed), self);
}

static void
gst_foxapi_video_bin_init (GstFoxapiVideoBin * self)
{
  /* Within are sinks, whose ends and prerolls are not the graph's. */
  gst_bin_set_suppressed_flags (GST_BIN (self), GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);

  init_parts (self);
  init_children (self);
}

static void
add_request_template (GstElementClass * klass, const gchar * name,
    GstFoxapiCaptureKind kind)
{
  g_autoptr (GstCaps) caps = gst_foxapi_capture_get_caps (kind);

  gst_element_class_add_pad_template (klass, gst_pad_template_new (name,
          GST_PAD_SINK, GST_PAD_REQUEST, caps));
}

static void
gst_foxapi_video_bin_class_init (GstFoxapiVideoBinClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (foxapi_video_bin_debug, "foxapivideobin", 0,
      "FoxAPI video bin");

  object_class->set_property = gst_foxapi_video_bin_set_property;
  object_class->get_property = gst_foxapi_video_bin_get_property;
  object_class->dispose = gst_foxapi_video_bin_dispose;
  object_class->finalize = gst_foxapi_video_bin_finalize;
  gst_foxapi_properties_install (object_class);
  gst_foxapi_bin_options_install (object_class);

  /**
   * GstFoxapiVideoBin::next:
   * @bin: the element
   *
   * Asks for another generation, with the properties as they are then. It begins
   * when all that was asked for before has been shown, and its result follows
   * what is on the air. Each is paid for.
   *
   * Returns: %FALSE if the element is not running, or its program has ended
   *
   * Since: 0.1
   */
  signals[SIGNAL_NEXT] = g_signal_new_class_handler ("next",
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_foxapi_video_bin_next), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 0);

  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &audio_template);
  add_request_template (element_class, "image_%u", GST_FOXAPI_CAPTURE_IMAGE);
  add_request_template (element_class, "video_%u", GST_FOXAPI_CAPTURE_VIDEO);
  gst_element_class_set_static_metadata (element_class, "FoxAPI video bin",
      "Source/Video/Audio",
      "Shows a placeholder, then a video generated from a prompt and from "
      "references that the graph offers", "The gst-foxapi authors");
  element_class->send_event = gst_foxapi_video_bin_send_event;
  element_class->query = gst_foxapi_video_bin_query;
  element_class->change_state = gst_foxapi_video_bin_change_state;
  element_class->request_new_pad = gst_foxapi_video_bin_request_new_pad;
  element_class->release_pad = gst_foxapi_video_bin_release_pad;
  GST_BIN_CLASS (klass)->handle_message = gst_foxapi_video_bin_handle_message;
}
