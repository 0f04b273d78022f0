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
 * take encoded or raw media and make files of them, which are uploaded. The pads
 * `first_frame`, `last_frame` and `source_video` do so for models that have these.
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
 *   image_%u, first_frame, … → captures → files ┐
 *                                    properties ─┴→ engine → worker → file
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
 * Here is the element itself: properties, pads, states. gstfoxapibinprivate.h has the
 * threads and locks, and docs/internals/design.md lists the rest in the order of the
 * data.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinprivate.h"

#include <glib/gi18n-lib.h>

#include "gstfoxapioutput.h"

GST_DEBUG_CATEGORY (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

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

/* Called with the object lock, so that a bin that starts meanwhile does not lose its
 * shot: what is set on a bin that is not running begins the program anew. */
static void
begin_program_anew (GstFoxapiVideoBin * self)
{
  if (MAX (GST_STATE (self), GST_STATE_NEXT (self)) > GST_STATE_READY)
    return;
  g_clear_pointer (&self->prompts, g_strfreev);
  self->begins_anew = TRUE;
  self->shot = 0;
  gst_clear_structure (&self->current);
  g_queue_clear_full (&self->waiting, (GDestroyNotify) gst_structure_free);
  gst_foxapi_video_bin_forget_parked (self);
  gst_foxapi_video_bin_set_last_frame (self, NULL);
  g_clear_pointer (&self->engine.takes, g_hash_table_unref);
}

/* While the bin runs it is for the next generation. */
static void
set_generation_property (GstFoxapiVideoBin * self, guint id,
    const GValue * value)
{
  GST_OBJECT_LOCK (self);
  if (id == GST_FOXAPI_PROP_TASK_ID || gst_foxapi_field_is_known (id))
    begin_program_anew (self);
  GST_OBJECT_UNLOCK (self);
  gst_foxapi_engine_set_property (&self->engine, id, value);
  if (id == GST_FOXAPI_PROP_TASK_ID && g_value_get_string (value) == NULL)
    gst_foxapi_video_bin_forget_captures (self);
}

static void
gst_foxapi_video_bin_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (object);
  GValue *option;

  if (gst_foxapi_settings_set_item (object, id, value))
    return;
  if (id <= GST_FOXAPI_PROP_LAST) {
    set_generation_property (self, id, value);
    return;
  }
  option = &self->options[id - GST_FOXAPI_BIN_PROP_FIRST_OPTION];
  GST_OBJECT_LOCK (self);
  if (g_str_equal (pspec->name, "next-prompts")
      && gst_value_compare (option, value) != GST_VALUE_EQUAL)
    begin_program_anew (self);
  g_value_copy (value, option);
  GST_OBJECT_UNLOCK (self);
  if (pspec->flags & GST_PARAM_MUTABLE_PLAYING)
    gst_foxapi_control_tell (self->control, GST_FOXAPI_EVENT_OPTIONS, NULL,
        NULL);
}

static void
gst_foxapi_video_bin_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (object);
  guint shot;
  GstFoxapiState state;

  if (gst_foxapi_settings_get_item (object, id, value)
      || gst_foxapi_engine_get_property (&self->engine, id, value))
    return;
  state = gst_foxapi_program_get_state (self->program, &shot);
  switch (id) {
    case GST_FOXAPI_BIN_PROP_STATE:
      g_value_set_enum (value, state);
      break;
    case GST_FOXAPI_BIN_PROP_CURRENT_SHOT:
      g_value_set_uint (value, shot);
      break;
    case GST_FOXAPI_BIN_PROP_QUEUED_SHOTS:
      gst_foxapi_video_bin_list_shots (self, value);
      break;
    default:
      GST_OBJECT_LOCK (self);
      g_value_copy (&self->options[id - GST_FOXAPI_BIN_PROP_FIRST_OPTION],
          value);
      GST_OBJECT_UNLOCK (self);
  }
}

/* What comes from other threads */

static void
gst_foxapi_video_bin_handle_message (GstBin * bin, GstMessage * message)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (bin);

  if (gst_foxapi_video_bin_take_message (self, message))
    gst_message_unref (message);
  else
    GST_BIN_CLASS (gst_foxapi_video_bin_parent_class)->handle_message (bin,
        message);
}

static gboolean
gst_foxapi_video_bin_cut (GstFoxapiVideoBin * self)
{
  return gst_foxapi_program_show_placeholder (self->program);
}

/* States */

static gboolean
has_factory (GstElementFactoryListType type, const gchar * format)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (format);
  GList *all = gst_element_factory_list_get_elements (type, GST_RANK_MARGINAL);
  GList *found = gst_element_factory_list_filter (all, caps, GST_PAD_SINK,
      FALSE);
  gboolean has_one = found != NULL;

  gst_plugin_feature_list_free (found);
  gst_plugin_feature_list_free (all);
  return has_one;
}

/* What a result is decoded with is looked for before it is paid for. The service
 * makes MP4 with H.264; which models make H.265 is not known. */
static gboolean
can_decode (GstFoxapiVideoBin * self)
{
  const gchar *missing = gst_foxapi_player_find_missing ();

  if (missing != NULL)
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN,
        (_("The element %s is missing. Install GStreamer's base and good "
                "plugins. Nothing was sent."), missing), (NULL));
  else if (!has_factory (GST_ELEMENT_FACTORY_TYPE_DEMUXER, "video/quicktime"))
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN,
        (_("No element reads MP4 files. Install GStreamer's good plugins "
                "(gstreamer1.0-plugins-good). Nothing was sent.")), (NULL));
  else if (!has_factory (GST_ELEMENT_FACTORY_TYPE_DECODER, "video/x-h264"))
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN,
        (_("No element decodes H.264 video. Install GStreamer's libav plugin "
                "(gstreamer1.0-libav). Nothing was sent.")), (NULL));
  else
    return TRUE;
  return FALSE;
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
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    gst_foxapi_control_tell (self->control, GST_FOXAPI_EVENT_PAUSED, NULL,
        NULL);

  result = GST_ELEMENT_CLASS (gst_foxapi_video_bin_parent_class)->change_state
      (element, transition);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && result == GST_STATE_CHANGE_FAILURE)
    gst_foxapi_video_bin_stop (self);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    gst_foxapi_folder_close (&self->folder);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING
      && result != GST_STATE_CHANGE_FAILURE)
    gst_foxapi_control_tell (self->control, GST_FOXAPI_EVENT_PLAYING, NULL,
        NULL);
  return result;
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
    gst_foxapi_control_tell (self->control, GST_FOXAPI_EVENT_CLOSE, NULL, NULL);
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

/* Outputs */

static void
on_video_link_changed (GstPad * pad, GstPad * peer, gpointer user_data)
{
  GstFoxapiVideoBin *self = user_data;

  gst_foxapi_program_set_video_is_linked (self->program,
      gst_pad_is_linked (pad));
}

/* Both outputs go through a tee, which does not mind that nobody listens. */
static GstPad *
add_output (GstFoxapiVideoBin * self, GstFoxapiStream stream,
    const gchar * name, GstStaticPadTemplate * templ, GstElement ** output)
{
  g_autoptr (GstPadTemplate) pad_template = gst_static_pad_template_get (templ);
  GstElement *tee = gst_element_factory_make ("tee", NULL);
  g_autoptr (GstPad) target = NULL;
  GstPad *pad;

  *output = gst_foxapi_bin_output_new (stream, name,
      GST_PAD_TEMPLATE_CAPS (pad_template), self->program);
  g_object_set (tee, "allow-not-linked", TRUE, NULL);
  gst_bin_add_many (GST_BIN (self), *output, tee, NULL);
  gst_element_link (*output, tee);
  target = gst_element_request_pad_simple (tee, "src_%u");
  pad = gst_ghost_pad_new_from_template (templ->name_template, target,
      pad_template);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

/* The class */

static void
gst_foxapi_video_bin_finalize (GObject * object)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (object);

  g_clear_pointer (&self->prompts, g_strfreev);
  g_queue_clear_full (&self->waiting, (GDestroyNotify) gst_structure_free);
  gst_clear_structure (&self->current);
  gst_foxapi_video_bin_forget_parked (self);
  gst_foxapi_control_free (self->control);
  g_object_unref (self->cancellable);
  gst_foxapi_video_bin_set_last_frame (self, NULL);
  gst_foxapi_engine_clear (&self->engine);
  g_hash_table_unref (self->pending);
  g_hash_table_unref (self->arrived);
  gst_foxapi_folder_clear (&self->folder);
  gst_foxapi_program_free (self->program);
  for (guint i = 0; i < GST_FOXAPI_BIN_N_OPTIONS; i++)
    g_value_unset (&self->options[i]);
  gst_foxapi_bin_options_clear (&self->run);
  gst_clear_caps (&self->video_caps);

  G_OBJECT_CLASS (gst_foxapi_video_bin_parent_class)->finalize (object);
}

static void
init_parts (GstFoxapiVideoBin * self)
{
  gst_foxapi_bin_options_init (self->options);
  gst_foxapi_video_bin_init_engine (self);
  self->cancellable = g_cancellable_new ();
  self->control = gst_foxapi_control_new (gst_foxapi_video_bin_on_event, self);
  self->program = gst_foxapi_program_new
      (gst_foxapi_video_bin_on_program_event, self);
  self->folder.fd = -1;
  self->pending = g_hash_table_new_full (NULL, NULL, gst_object_unref, NULL);
  self->arrived = g_hash_table_new_full (NULL, NULL, gst_object_unref, NULL);
}

static void
init_outputs (GstFoxapiVideoBin * self)
{
  self->video_pad = add_output (self, GST_FOXAPI_STREAM_VIDEO, "videooutput",
      &video_template, &self->video_output);
  add_output (self, GST_FOXAPI_STREAM_AUDIO, "audiooutput", &audio_template,
      &self->audio_output);
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
  init_outputs (self);
}

static void
add_request_template (GstElementClass * klass, const gchar * name,
    GstFoxapiCaptureKind kind)
{
  g_autoptr (GstCaps) caps = gst_foxapi_recorder_get_caps (kind);

  gst_element_class_add_pad_template (klass, gst_pad_template_new (name,
          GST_PAD_SINK, GST_PAD_REQUEST, caps));
}

static void
install_signals (GstFoxapiVideoBinClass * klass)
{
  const GSignalFlags flags = G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION;
  GType type = G_TYPE_FROM_CLASS (klass);

  /**
   * GstFoxapiVideoBin::next:
   * @bin: the element
   *
   * Asks for another generation, with the properties as they are then. It begins
   * when all that was asked for before has been shown, and its result follows
   * what is on the air. Each is paid for. If a shot has failed and others wait,
   * the element goes on with those, and adds none.
   *
   * Returns: %FALSE if the element is not running, its program has ended, or a
   * reference has failed, without which no shot is made until the next start
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("next", type, flags,
      G_CALLBACK (gst_foxapi_video_bin_next), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 0);
  /**
   * GstFoxapiVideoBin::queue-shot:
   * @bin: the element
   * @prompt: (nullable): what the shot shows; %NULL: as the property says
   * @fields: (nullable): other generation properties of this shot, by their names
   *
   * Asks for another generation, like #GstFoxapiVideoBin::next, with values of its
   * own. What is not in @fields is as the properties say when the shot begins.
   *
   * Returns: the number of the shot, which foxapi-on-air has as well; 0 if the
   * element is not running, its program has ended, or the shot is wrong (then a
   * WARNING says which)
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("queue-shot", type,
      flags, G_CALLBACK (gst_foxapi_video_bin_queue_shot), NULL, NULL, NULL,
      G_TYPE_UINT, 2, G_TYPE_STRING, GST_TYPE_STRUCTURE);
  /**
   * GstFoxapiVideoBin::drop-shot:
   * @bin: the element
   * @shot: the number of a shot
   *
   * Takes a shot out of the queue. Nothing is paid for it.
   *
   * Returns: %FALSE if it does not wait there: it has begun, or never was
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("drop-shot", type,
      flags, G_CALLBACK (gst_foxapi_video_bin_drop_shot), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 1, G_TYPE_UINT);
  /**
   * GstFoxapiVideoBin::retry:
   * @bin: the element
   *
   * Begins the shot again that has failed. A task that has failed is submitted
   * anew, and paid for; any other that is paid for is resumed.
   *
   * Returns: %FALSE if none has failed, or the program has ended
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("retry", type, flags,
      G_CALLBACK (gst_foxapi_video_bin_retry), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 0);
  /**
   * GstFoxapiVideoBin::show-placeholder:
   * @bin: the element
   *
   * Shows the placeholder from now on, until the next result is there. The clip
   * that is on the air ends with the frames that are decoded, and counts as
   * delivered.
   *
   * Returns: %FALSE if there is no placeholder, the element is not running, or its
   * program has ended
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("show-placeholder", type, flags,
      G_CALLBACK (gst_foxapi_video_bin_cut), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 0);
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
  object_class->finalize = gst_foxapi_video_bin_finalize;
  gst_foxapi_settings_install (object_class);
  gst_foxapi_bin_options_install (object_class);
  install_signals (klass);

  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &audio_template);
  add_request_template (element_class, "image_%u", GST_FOXAPI_CAPTURE_IMAGE);
  add_request_template (element_class, "video_%u", GST_FOXAPI_CAPTURE_VIDEO);
  add_request_template (element_class, "first_frame", GST_FOXAPI_CAPTURE_IMAGE);
  add_request_template (element_class, "last_frame", GST_FOXAPI_CAPTURE_IMAGE);
  add_request_template (element_class, "source_video",
      GST_FOXAPI_CAPTURE_VIDEO);
  gst_element_class_set_static_metadata (element_class, "FoxAPI video bin",
      "Source/Video/Audio",
      "Shows a placeholder, then a video that the FoxAPI service generates from "
      "a prompt and from references in the pipeline", "The gst-foxapi authors");
  element_class->send_event = gst_foxapi_video_bin_send_event;
  element_class->query = gst_foxapi_video_bin_query;
  element_class->change_state = gst_foxapi_video_bin_change_state;
  element_class->request_new_pad = gst_foxapi_video_bin_request_new_pad;
  element_class->release_pad = gst_foxapi_video_bin_release_pad;
  GST_BIN_CLASS (klass)->handle_message = gst_foxapi_video_bin_handle_message;
}
