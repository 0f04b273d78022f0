/* A run of the bin: its start and its stop
 *
 * Threads: whoever changes the bin's state. The control thread is started last, and
 * stopped first.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinprivate.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

#include "gstfoxapiarrival.h"
#include "gstfoxapienums.h"
#include "gstfoxapimessages.h"
#include "gstfoxapioutput.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

static gboolean
read_options (GstFoxapiVideoBin * self)
{
  g_autofree gchar *fault = NULL;

  gst_foxapi_bin_options_read (&self->run, GST_ELEMENT (self));
  fault = gst_foxapi_bin_options_check (&self->run);
  if (fault != NULL)
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, (_("%s Nothing was sent."),
            fault), (NULL));
  return fault == NULL;
}

static gboolean
fail_start (GstFoxapiVideoBin * self, const GError * error)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_foxapi_new_error (GST_ELEMENT (self), error, NULL, FALSE));
  return FALSE;
}

static const gchar *
get_nick (GType type, gint value)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (type);
  GEnumValue *known = g_enum_get_value (klass, value);

  return known ? known->value_nick : "";
}

/* What docs/service.md says of the default model's results. Of other words, what
 * they say: `480p` is the shorter side, and what says nothing (`adaptive`) counts
 * as the default. */
static void
get_frame_size (GstFoxapiResolution resolution,
    GstFoxapiAspectRatio aspect_ratio, gint * width, gint * height)
{
  static const gint sizes[2][5][2] = {
    {{1280, 720}, {720, 1280}, {960, 960}, {1088, 832}, {832, 1088}},
    {{1920, 1080}, {1080, 1920}, {1440, 1440}, {1632, 1248}, {1248, 1632}},
  };
  const gchar *size = get_nick (GST_TYPE_FOXAPI_RESOLUTION, resolution);
  const gchar *shape = get_nick (GST_TYPE_FOXAPI_ASPECT_RATIO, aspect_ratio);
  gint side, w, h;

  if ((guint) resolution < G_N_ELEMENTS (sizes)
      && (guint) aspect_ratio < G_N_ELEMENTS (sizes[0])) {
    *width = sizes[resolution][aspect_ratio][0];
    *height = sizes[resolution][aspect_ratio][1];
    return;
  }
  if (sscanf (shape, "%dx%d", width, height) == 2)
    return;
  if (g_str_equal (size, "4k"))
    side = 2160;
  else if (sscanf (size, "%dp", &side) != 1)
    side = 1080;
  if (sscanf (shape, "%d:%d", &w, &h) != 2) {
    w = 16;
    h = 9;
  }
  *width = MAX (side, side * w / h) & ~1;
  *height = MAX (side, side * h / w) & ~1;
}

/* Of a property that the application has left open, anything that downstream takes
 * will do. @width, @height: the shape of the result */
static void
set_video_caps (GstFoxapiVideoBin * self, gint width, gint height)
{
  const GstFoxapiBinOptions *run = &self->run;
  g_autoptr (GstCaps) preferred = gst_caps_new_simple ("video/x-raw", "width",
      G_TYPE_INT, width, "height", G_TYPE_INT, height, "framerate",
      GST_TYPE_FRACTION, run->fps_n > 0 ? run->fps_n : 30, run->fps_d, NULL);
  g_autoptr (GstCaps) possible = gst_caps_from_string ("video/x-raw, "
      "format=I420, width=[1,8192], height=[1,8192], framerate=[1/1000,240/1], "
      "pixel-aspect-ratio=1/1, interlace-mode=progressive, colorimetry=bt709, "
      "chroma-site=mpeg2");

  if (run->width > 0)
    gst_caps_set_simple (possible, "width", G_TYPE_INT, run->width, NULL);
  if (run->height > 0)
    gst_caps_set_simple (possible, "height", G_TYPE_INT, run->height, NULL);
  if (run->fps_n > 0)
    gst_caps_set_simple (possible, "framerate", GST_TYPE_FRACTION, run->fps_n,
        run->fps_d, NULL);
  gst_foxapi_bin_output_set_caps (GST_FOXAPI_BIN_OUTPUT (self->video_output),
      possible, preferred);
}

static void
make_caps (GstFoxapiVideoBin * self)
{
  GstFoxapiResolution resolution;
  GstFoxapiAspectRatio aspect_ratio;
  const GValue *values = self->engine.settings.fields.values;
  g_autoptr (GstCaps) sound = gst_caps_from_string (GST_FOXAPI_AUDIO_CAPS);
  g_autoptr (GstCaps) preferred_sound = gst_caps_from_string
      (GST_FOXAPI_AUDIO_PREFERRED_CAPS);
  gint width, height;

  GST_OBJECT_LOCK (self);
  resolution = g_value_get_enum (&values[GST_FOXAPI_PROP_RESOLUTION]);
  aspect_ratio = g_value_get_enum (&values[GST_FOXAPI_PROP_ASPECT_RATIO]);
  GST_OBJECT_UNLOCK (self);
  get_frame_size (resolution, aspect_ratio, &width, &height);
  set_video_caps (self, width, height);
  gst_foxapi_bin_output_set_caps (GST_FOXAPI_BIN_OUTPUT (self->audio_output),
      sound, preferred_sound);
}

/* The pictures' format is needed at once, for the placeholder; that of the sound when
 * its stream starts, or a result is there. */
static void
fix_video_caps (GstFoxapiVideoBin * self)
{
  gst_clear_caps (&self->video_caps);
  self->video_caps = gst_foxapi_bin_output_fix_caps (GST_FOXAPI_BIN_OUTPUT
      (self->video_output));
  gst_structure_get_fraction (gst_caps_get_structure (self->video_caps, 0),
      "framerate", &self->run.fps_n, &self->run.fps_d);
}

/* Downstream's caps that cannot be kept would be found after the charge. */
static gboolean
check_output (GstFoxapiVideoBin * self, GstElement * output)
{
  gboolean is_video = output == self->video_output;
  g_autofree gchar *possible = gst_foxapi_bin_output_find_mismatch
      (GST_FOXAPI_BIN_OUTPUT (output));

  if (possible != NULL)
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        (_("No format suits both the pad %s and what is linked to it. The "
                "pad can have: %s. Put %s behind the pad, or change the caps "
                "there. Nothing was sent."), is_video ? "video" : "audio",
            possible, is_video ? "\"videoconvert ! videoscale ! videorate\"" :
            "\"audioconvert ! audioresample\""), (NULL));
  return possible == NULL;
}

static void
start_program (GstFoxapiVideoBin * self)
{
  const GstFoxapiProgramSettings settings = {
    .is_live = self->run.is_live,
    .has_placeholder = self->run.placeholder
        != GST_FOXAPI_PLACEHOLDER_KIND_NONE,
    .end = self->run.end,
    .fps_n = self->run.fps_n,
    .fps_d = self->run.fps_d,
  };

  GstElement *outputs[] = { self->video_output, self->audio_output };
  guint group_id = gst_util_group_id_next ();

  for (guint i = 0; i < G_N_ELEMENTS (outputs); i++)
    gst_foxapi_bin_output_set_up (GST_FOXAPI_BIN_OUTPUT (outputs[i]),
        self->run.is_live, self->run.max_lateness, group_id);
  gst_foxapi_program_start (self->program, &settings);
  gst_foxapi_program_set_video_is_linked (self->program,
      gst_pad_is_linked (self->video_pad));
}

static gboolean
ensure_folder (GstFoxapiVideoBin * self)
{
  g_autoptr (GError) error = NULL;

  if (gst_foxapi_folder_ensure (&self->folder, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE,
      (_("The element cannot make temporary files: %s. Set TMPDIR to a "
              "writable folder. Nothing was sent."), error->message), (NULL));
  return FALSE;
}

/* Where captures are waited for, it begins when they are there. */
static gboolean
begin (GstFoxapiVideoBin * self)
{
  g_autofree gchar *reference = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_waiting;

  gst_foxapi_video_bin_start_captures (self);
  is_waiting = gst_foxapi_video_bin_is_waiting (self);
  if (!is_waiting)
    reference = gst_foxapi_video_bin_dup_first_reference (self);
  else
    gst_foxapi_video_bin_tell_of_unlinked_pads (self);
  gst_foxapi_video_bin_show_placeholder (self, reference);
  return is_waiting || gst_foxapi_video_bin_begin_generation (self, &error)
      || fail_start (self, error);
}

static void
on_bus_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  GstFoxapiVideoBin *self = user_data;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return;
  /* What the bin has to say of a generation is no fault of the graph. */
  GST_OBJECT_LOCK (self);
  self->pipeline_has_failed |= GST_MESSAGE_SRC (message) != GST_OBJECT (self)
      || self->output_has_failed;
  GST_OBJECT_UNLOCK (self);
}

static void
reset (GstFoxapiVideoBin * self)
{
  /* What came when nothing was running any more */
  gst_foxapi_control_drain (self->control, FALSE);
  GST_OBJECT_LOCK (self);
  self->asked_since_failure = FALSE;
  self->has_failed = FALSE;
  self->lacks_reference = FALSE;
  self->holds_back = FALSE;
  self->begins_at_end = FALSE;
  self->output_has_failed = FALSE;
  GST_OBJECT_UNLOCK (self);
  self->is_playing = self->has_played = FALSE;
  self->is_closed = FALSE;
  g_cancellable_reset (self->cancellable);
  g_cancellable_reset (self->engine.run.cancellable);
}

/* What is wrong is told before anything waits for references, by the name of the pad
 * if it is one's. What is resumed needs no references. */
static gboolean
check_generation (GstFoxapiVideoBin * self, GError ** error)
{
  g_autofree gchar *request = NULL;
  g_autoptr (GError) fault = NULL;
  gboolean is_right;

  self->is_checking = TRUE;
  is_right = gst_foxapi_engine_check (&self->engine, &request, NULL, &fault);
  self->is_checking = FALSE;
  if ((!is_right || request != NULL)
      && !gst_foxapi_video_bin_check_pads (self, error))
    return FALSE;
  if (!is_right)
    g_propagate_error (error, g_steal_pointer (&fault));
  return is_right;
}

/* Whether a start goes on with the shot that was being made or shown, whatever has been
 * set since: while the bin runs, that is for the next one. What pads capture is
 * compared: it may be something else now. */
static gboolean
goes_on (GstFoxapiVideoBin * self)
{
  gboolean is_open;

  GST_OBJECT_LOCK (self);
  is_open = !self->begins_anew && !self->has_failed && !self->is_delivered
      && GST_ELEMENT (self)->sinkpads == NULL;
  GST_OBJECT_UNLOCK (self);
  return is_open;
}

static gboolean
start (GstFoxapiVideoBin * self)
{
  g_autoptr (GError) error = NULL;

  reset (self);
  gst_foxapi_video_bin_await_captures (self);
  if (!read_options (self))
    return FALSE;
  gst_foxapi_video_bin_reset_shots (self);
  if (!check_generation (self, &error)
      || !gst_foxapi_video_bin_check_shots (self, &error))
    return fail_start (self, error);
  if (!ensure_folder (self))
    return FALSE;

  make_caps (self);
  if (!check_output (self, self->video_output)
      || !check_output (self, self->audio_output))
    return FALSE;
  fix_video_caps (self);
  start_program (self);
  self->bus = gst_foxapi_arrival_watch (GST_ELEMENT (self),
      G_CALLBACK (on_bus_message), &self->bus_handler);
  return begin (self);
}

/* Posts what is wrong, if so; gst_foxapi_video_bin_stop() is to follow then, too.
 * Returns FALSE if it has not started. */
gboolean
gst_foxapi_video_bin_start (GstFoxapiVideoBin * self)
{
  gboolean is_started;

  self->engine.is_retry = goes_on (self);
  is_started = start (self);
  self->engine.is_retry = FALSE;
  GST_OBJECT_LOCK (self);
  self->begins_anew &= !is_started;
  GST_OBJECT_UNLOCK (self);
  if (is_started)
    gst_foxapi_control_start (self->control);
  return is_started;
}

/* Returns when nothing works any more. */
void
gst_foxapi_video_bin_stop (GstFoxapiVideoBin * self)
{
  GST_OBJECT_LOCK (self);
  self->output_has_failed = TRUE;
  GST_OBJECT_UNLOCK (self);
  g_cancellable_cancel (self->cancellable);
  g_cancellable_cancel (self->engine.run.cancellable);
  gst_foxapi_control_stop (self->control);
  gst_foxapi_program_stop (self->program);
  gst_foxapi_video_bin_end_generation (self);
  gst_foxapi_video_bin_park (self);
  gst_foxapi_video_bin_stop_captures (self);
  gst_foxapi_video_bin_stop_clips (self);
  gst_foxapi_video_bin_drop_placeholder (self);
  gst_foxapi_arrival_unwatch (&self->bus, &self->bus_handler);

  gst_foxapi_control_drain (self->control, TRUE);
  gst_clear_message (&self->held);
  gst_clear_message (&self->open);
  self->is_generating = FALSE;
}
