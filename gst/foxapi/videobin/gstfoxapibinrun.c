/* A run of the bin: its start, its generations, its stop
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapivideobin.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

#include "gstfoxapiarrival.h"
#include "gstfoxapienums.h"
#include "gstfoxapimessages.h"
#include "gstfoxapioutput.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

/* Children that work whatever the state of the bin */

void
gst_foxapi_bin_add_locked (gpointer bin, GstElement * element)
{
  gst_element_set_locked_state (element, TRUE);
  gst_bin_add (GST_BIN (bin), element);
}

void
gst_foxapi_bin_remove_locked (gpointer bin, GstElement * element)
{
  gst_element_set_state (element, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (bin), element);
}

/* One generation: its worker, from the request to the result's file */

/* Large enough that the work for each block does not count */
#define BLOCK_SIZE (128 * 1024)

/* Reading to an address off a multiple of this costs twice the processor time
 * (measured). */
#define BLOCK_ALIGNMENT 64

static void
set_write_error (GError ** error, const GError * fault, const gchar * path)
{
  gboolean is_full = g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_NO_SPACE);

  g_set_error (error, GST_RESOURCE_ERROR, is_full ?
      GST_RESOURCE_ERROR_NO_SPACE_LEFT : GST_RESOURCE_ERROR_WRITE,
      _("The result could not be written to %s: %s. Free some space, or set "
          "TMPDIR to another folder, then start again."), path, fault->message);
}

/* Nobody has seen what lies in a file: the task's record stays until the result
 * has been shown. */
static gboolean
download (GstFoxapiVideoBin * self, guint8 * block, GError ** error)
{
  g_autoptr (FoxapiResult) source =
      foxapi_result_new (self->engine.generation, &self->engine.run, error);
  g_autoptr (GError) fault = NULL;
  gssize n;

  if (source == NULL || !foxapi_result_open (source, 0, error))
    return FALSE;
  while ((n = foxapi_result_read (source, block, BLOCK_SIZE, error)) > 0) {
    if (!g_output_stream_write_all (self->result, block, n, NULL, NULL, &fault)) {
      set_write_error (error, fault, self->result_path);
      return FALSE;
    }
  }
  if (n == 0 && !g_output_stream_close (self->result, NULL, &fault))
    set_write_error (error, fault, self->result_path);
  return n == 0 && fault == NULL;
}

static gpointer
work (gpointer data)
{
  GstFoxapiVideoBin *self = data;
  guint8 *block;
  g_autoptr (GError) error = NULL;

  if (!gst_foxapi_engine_generate (&self->engine))
    return NULL;
  block = g_aligned_alloc (1, BLOCK_SIZE, BLOCK_ALIGNMENT);
  if (download (self, block, &error))
    gst_foxapi_video_bin_call (self, gst_foxapi_video_bin_on_downloaded, NULL,
        NULL);
  else
    gst_foxapi_engine_fail (&self->engine, error);
  g_aligned_free (block);
  return NULL;
}

static void
on_progress (GstElement * element, const gchar * code, GstProgressType type,
    gint percent, const gchar * text)
{
  gst_foxapi_video_bin_call (GST_FOXAPI_VIDEO_BIN (element),
      gst_foxapi_video_bin_tell_progress, NULL, gst_foxapi_new_progress
      (element, code, type, percent, text));
}

static void
on_failed (GstElement * element, const GError * error,
    const gchar * task_id, gboolean is_kept)
{
  gst_foxapi_video_bin_call (GST_FOXAPI_VIDEO_BIN (element),
      gst_foxapi_video_bin_on_failed, NULL, gst_foxapi_new_error (element,
          error, task_id, is_kept));
}

void
gst_foxapi_video_bin_init_engine (GstFoxapiVideoBin * self)
{
  static const GstFoxapiEngineFuncs funcs = {
    .adapt = gst_foxapi_video_bin_adapt_fields,
    .progress = on_progress,
    .failed = on_failed,
  };

  gst_foxapi_engine_init (&self->engine, GST_ELEMENT (self), &funcs);
}

/* Returns when it has ended: by itself, or because the engine was cancelled. */
void
gst_foxapi_video_bin_join_worker (GstFoxapiVideoBin * self)
{
  if (self->worker != NULL)
    g_thread_join (g_steal_pointer (&self->worker));
}

void
gst_foxapi_video_bin_end_generation (GstFoxapiVideoBin * self)
{
  gst_foxapi_video_bin_join_worker (self);
  gst_foxapi_engine_stop (&self->engine);
  g_clear_object (&self->result);
  g_clear_pointer (&self->result_path, g_free);
}

static gboolean
open_result (GstFoxapiVideoBin * self, GError ** error)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (GFile) file = NULL;

  self->result_path = gst_foxapi_video_bin_begin_clip (self);
  file = g_file_new_for_path (self->result_path);
  self->result = G_OUTPUT_STREAM (g_file_replace (file, NULL, FALSE,
          G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION, NULL,
          &fault));
  if (self->result == NULL)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
        _("The element cannot make a file for the result: %s. Set TMPDIR to "
            "a writable folder, then start again."), fault->message);
  return self->result != NULL;
}

/* The application has taken a reference away before the request went out. Whether it
 * wants the rest to be paid for is not known. */
void
gst_foxapi_video_bin_set_released_error (GstElement * capture, GError ** error)
{
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
      _("The pad %s was released before its reference was there. Nothing "
          "was sent. Start again to generate without it."),
      GST_OBJECT_NAME (capture));
}

/* %FALSE: nothing was begun. */
gboolean
gst_foxapi_video_bin_begin_generation (GstFoxapiVideoBin * self,
    GError ** error)
{
  GstElement *released;

  gst_foxapi_video_bin_end_generation (self);
  GST_OBJECT_LOCK (self);
  self->has_failed = FALSE;
  self->is_delivered = FALSE;
  if (g_queue_is_empty (&self->kept))
    self->pipeline_has_failed = FALSE;
  GST_DEBUG ("generating shot %u", self->shot);
  GST_OBJECT_UNLOCK (self);
  self->is_generating = TRUE;
  self->has_ended = FALSE;
  self->preroll_ticks = 0;
  self->begun_us = g_get_monotonic_time ();
  if (!open_result (self, error)
      || !gst_foxapi_engine_start (&self->engine, FALSE, error))
    return FALSE;
  released = gst_foxapi_video_bin_find_released (self);
  if (released != NULL) {
    gst_foxapi_video_bin_set_released_error (released, error);
    return FALSE;
  }
  self->worker = g_thread_new ("foxapivideobin", work, self);
  return TRUE;
}

/* The start and the stop */

/* Threads: whoever changes the bin's state. The control thread is started last, and
 * stopped first. */

static gboolean
read_options (GstFoxapiVideoBin * self)
{
  g_autofree gchar *fault = NULL;

  gst_foxapi_bin_options_read (&self->run, GST_ELEMENT (self));
  fault = gst_foxapi_bin_options_check (&self->run, FALSE);
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
  gst_foxapi_video_bin_drain_calls (self, FALSE);
  GST_OBJECT_LOCK (self);
  self->asked_since_failure = FALSE;
  self->has_failed = FALSE;
  self->lacks_reference = FALSE;
  self->holds_back = FALSE;
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

/* Posts what is wrong, if so; gst_foxapi_video_bin_stop() is to follow then, too.
 * Returns FALSE if it has not started. */
gboolean
gst_foxapi_video_bin_start (GstFoxapiVideoBin * self)
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
  if (!begin (self))
    return FALSE;
  gst_foxapi_video_bin_start_control (self);
  return TRUE;
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
  gst_foxapi_video_bin_stop_control (self);
  gst_foxapi_program_stop (self->program);
  gst_foxapi_video_bin_end_generation (self);
  gst_foxapi_video_bin_park (self);
  gst_foxapi_video_bin_stop_captures (self);
  gst_foxapi_video_bin_stop_clips (self);
  gst_foxapi_video_bin_drop_placeholder (self);
  gst_foxapi_arrival_unwatch (&self->bus, &self->bus_handler);

  gst_foxapi_video_bin_drain_calls (self, TRUE);
  gst_clear_message (&self->held);
  gst_clear_message (&self->open);
  self->is_generating = FALSE;
}
