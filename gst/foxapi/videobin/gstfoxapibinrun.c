/* What the control thread does: starts generations, shows their clips, goes on
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinrun.h"

#include <stdio.h>

#include "foxapicatalogue.h"
#include "gstfoxapibinclips.h"
#include "gstfoxapicontrol.h"
#include "gstfoxapimessages.h"
#include "gstfoxapioutput.h"
#include "gstfoxapiplaceholder.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

/* The service's frame sizes */

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

/* The bin's choice of a placeholder, and what is written on it */

/* Threads: the control thread's, and whoever starts and stops. */

static gchar *
choose_uri (GstFoxapiVideoBin * self, const gchar * reference)
{
  switch ((GstFoxapiPlaceholderKind) self->run.placeholder) {
    case GST_FOXAPI_PLACEHOLDER_KIND_IMAGE:
      return gst_filename_to_uri (self->run.placeholder_location, NULL);
    case GST_FOXAPI_PLACEHOLDER_KIND_REFERENCE:
      return g_strdup (reference);
    default:
      return NULL;
  }
}

static void
show (GstFoxapiVideoBin * self, GstElement * placeholder)
{
  if (self->run.show_progress && !gst_foxapi_placeholder_draw_text
      (GST_FOXAPI_PLACEHOLDER (placeholder)))
    GST_ELEMENT_WARNING (self, CORE, MISSING_PLUGIN,
        ("The progress cannot be drawn: the element textoverlay is missing. "
            "Install the package gstreamer1.0-x."), (NULL));
  if (self->placeholder != NULL)
    gst_foxapi_bin_remove_locked (self, self->placeholder);
  gst_foxapi_bin_messages_new_placeholder (self->messages);
  self->placeholder = placeholder;
  gst_foxapi_bin_add_locked (self, placeholder);
  gst_foxapi_video_output_set_placeholder (GST_FOXAPI_VIDEO_OUTPUT
      (self->video_output), GST_FOXAPI_PLACEHOLDER (placeholder));
  gst_element_set_state (placeholder, GST_STATE_PLAYING);
}

/* Shows what the properties say, in the place of the one before. */
static void
bin_show_placeholder (GstFoxapiVideoBin * self, const gchar * reference)
{
  g_autofree gchar *uri = choose_uri (self, reference);

  if (self->run.placeholder == GST_FOXAPI_PLACEHOLDER_KIND_NONE)
    return;
  if (uri != NULL)
    show (self, gst_foxapi_placeholder_new_picture (uri, self->video_caps));
  else
    show (self, gst_foxapi_placeholder_new_pattern (self->run.placeholder
            == GST_FOXAPI_PLACEHOLDER_KIND_PATTERN ? "smpte" : "black",
            self->video_caps));
}

/* Writes how far the task is. */
static void
bin_update_text (GstFoxapiVideoBin * self)
{
  g_autofree gchar *text = NULL;

  if (self->placeholder == NULL || !self->run.show_progress)
    return;
  text = gst_foxapi_bin_messages_make_text (self->messages);
  gst_foxapi_placeholder_set_text (GST_FOXAPI_PLACEHOLDER (self->placeholder),
      text);
}

static void
bin_drop_placeholder (GstFoxapiVideoBin * self)
{
  gst_foxapi_video_output_set_placeholder (GST_FOXAPI_VIDEO_OUTPUT
      (self->video_output), NULL);
  if (self->placeholder != NULL)
    gst_foxapi_bin_remove_locked (self, g_steal_pointer (&self->placeholder));
}

/* From a shot of the bin to a generation of its source */

/* Threads: the control thread's, and whoever starts. */

/* Posts what is wrong, if so. Returns FALSE if nothing was begun. */
static gboolean
bin_begin_generation (GstFoxapiVideoBin * self)
{
  g_autofree gchar *path = NULL;

  gst_element_set_state (self->clip_sink, GST_STATE_NULL);
  gst_element_set_state (self->source, GST_STATE_NULL);

  gst_foxapi_bin_messages_new_generation (self->messages);
  path = gst_foxapi_bin_clips_begin (self->clips);
  self->is_generating = TRUE;
  self->has_ended = FALSE;
  self->preroll_ticks = 0;

  gst_foxapi_bin_shots_set_up (self->shots, self->source, self->captures);
  gst_foxapi_clip_sink_set_location (GST_FOXAPI_CLIP_SINK (self->clip_sink),
      path);
  GST_DEBUG_OBJECT (self, "generating shot %u",
      gst_foxapi_bin_shots_get_number (self->shots));

  if (gst_element_set_state (self->clip_sink, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE
      && gst_element_set_state (self->source, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE)
    return TRUE;
  gst_element_set_state (self->clip_sink, GST_STATE_NULL);
  return FALSE;
}

static void
fail_to_continue (GstFoxapiVideoBin * self, const GError * fault)
{
  g_autoptr (GError) error = g_error_new (GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_WRITE,
      "The last frame could not be made a reference of "
      "the next shot: %s. Nothing was sent for that shot. Make room, or set "
      "shot-continuity=false, then start again.",
      fault ? fault->message : "it cannot be read");

  gst_foxapi_bin_messages_fail (self->messages, error);
}

/* A model without references cannot continue a shot. */
static gboolean
can_continue (GstFoxapiVideoBin * self)
{
  g_autofree gchar *model = NULL, *path = NULL;

  g_object_get (self->source, "model", &model, NULL);
  path = foxapi_catalogue_find_path (foxapi_catalogue_find (model),
      "reference-image-urls");
  return self->run.shot_continuity && path != NULL;
}

/* The last frame, as a file for the next generation. %FALSE: it was wanted, and
 * there is none, so that the shot would not be what is asked for. */
static gboolean
keep_last_frame (GstFoxapiVideoBin * self)
{
  g_autoptr (GstBuffer) frame = gst_foxapi_program_dup_final_frame
      (self->program);
  g_autoptr (GError) fault = NULL;
  gchar *uri;

  if (frame == NULL || !can_continue (self)) {
    gst_foxapi_bin_shots_take_last_frame (self->shots, NULL);
    return TRUE;
  }
  uri = gst_foxapi_bin_folder_write_frame (self->folder, frame,
      self->video_caps, self->cancellable, &fault);
  if (uri != NULL) {
    gst_foxapi_bin_shots_take_last_frame (self->shots, uri);
    return TRUE;
  }
  /* The shot that has been shown keeps its reference: a start repeats that shot,
   * and without it would pay for another one. */
  if (!g_cancellable_is_cancelled (self->cancellable))
    fail_to_continue (self, fault);
  return FALSE;
}

/* One more shot was asked for, in so many words: it is submitted even where
 * it is equal to the one before. */
static void
bin_begin_next_shot (GstFoxapiVideoBin * self)
{
  /* What they have to say of the shot before is not about this one. */
  gst_element_set_state (self->clip_sink, GST_STATE_NULL);
  gst_element_set_state (self->source, GST_STATE_READY);
  gst_foxapi_bin_shots_leave_failure (self->shots, self->messages);
  self->failure_is_seen = FALSE;
  if (!keep_last_frame (self))
    return;
  gst_foxapi_bin_shots_advance (self->shots);
  g_object_set (self->source, "task-id", NULL, NULL);
  if (!g_cancellable_is_cancelled (self->cancellable))
    bin_begin_generation (self);
}

/* What is done at each message */

/* Threads: all of it is called by the control thread. */

/* So many seconds a result that was taken to its end waits for the bin to play,
 * which makes it a delivery; then the graph may need the end to preroll. */
#define MAX_PREROLL_TICKS 2

static void
on_captured (GstFoxapiVideoBin * self, GstElement * capture)
{
  if (!gst_foxapi_bin_captures_arrived (self->captures, capture))
    return;
  if (self->run.reference_branches == GST_FOXAPI_BRANCH_POLICY_RELEASE)
    gst_foxapi_bin_captures_release_branch (self->captures, capture);
  if (gst_foxapi_bin_captures_is_waiting (self->captures))
    return;

  if (self->run.placeholder == GST_FOXAPI_PLACEHOLDER_KIND_REFERENCE) {
    g_autofree gchar *uri = gst_foxapi_bin_shots_dup_first_reference
        (self->shots, self->captures);

    bin_show_placeholder (self, uri);
  }
  bin_begin_generation (self);
}

/* The application has taken a reference away that is waited for. Whether it wants
 * the rest to be paid for is not known. */
static void
on_released (GstFoxapiVideoBin * self, GstElement * capture)
{
  g_autoptr (GError) error = NULL;

  /* It stays awaited, so that nothing is generated. */
  if (!gst_foxapi_bin_captures_is_awaited (self->captures, capture))
    return;
  error = g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
      "The pad %s was released before its reference was there. Nothing was "
      "sent. Start again to generate without it.", GST_OBJECT_NAME (capture));
  gst_foxapi_bin_messages_fail (self->messages, error);
}

static void
on_downloaded (GstFoxapiVideoBin * self)
{
  GstEvent *task = gst_foxapi_bin_messages_make_task_event (self->messages);
  GstEvent *tags = gst_foxapi_clip_sink_dup_tags (GST_FOXAPI_CLIP_SINK
      (self->clip_sink));
  GList *events = NULL;

  if (tags != NULL)
    events = g_list_prepend (events, tags);
  if (task != NULL)
    events = g_list_prepend (events, task);
  gst_foxapi_bin_clips_show (self->clips, events);
  gst_foxapi_bin_shots_announce (self->shots, self->program);
}

static void
on_on_air (GstFoxapiVideoBin * self, GstObject * player)
{
  if (self->run.end == GST_FOXAPI_END_REPEAT)
    gst_foxapi_bin_clips_repeat (self->clips, player);
}

/* A graph that prerolls has everything and shows nothing: that is no delivery. But
 * an encoder may hold all of a result, and the preroll wait for what follows: EOS,
 * or the next shot. */
static void
let_go_if_shown (GstFoxapiVideoBin * self)
{
  if (!self->has_ended)
    return;
  self->preroll_ticks = 0;
  if (self->has_played || (!self->run.is_live
          && gst_foxapi_bin_shots_has_more (self->shots)))
    gst_foxapi_clip_sink_let_go (GST_FOXAPI_CLIP_SINK (self->clip_sink));
  else
    self->preroll_ticks = MAX_PREROLL_TICKS;
}

/* Sinks play before this does, and may have taken all of a short result by then:
 * only a graph that still does not play is one that prerolls. */
static void
count_preroll_tick (GstFoxapiVideoBin * self)
{
  if (self->preroll_ticks > 0 && --self->preroll_ticks == 0)
    gst_foxapi_program_delivered (self->program);
}

static void
on_ended (GstFoxapiVideoBin * self, GstObject * player)
{
  if (!gst_foxapi_bin_clips_is_latest (self->clips, player)
      || gst_foxapi_bin_messages_has_failed (self->messages)
      || !self->is_generating) {
    /* It is a repetition, or there is nothing to deliver any more. */
    gst_foxapi_program_delivered (self->program);
    return;
  }
  self->has_ended = TRUE;
  let_go_if_shown (self);
}

static void
on_delivered (GstFoxapiVideoBin * self)
{
  if (!self->is_generating)
    return;
  self->is_generating = FALSE;
  gst_foxapi_bin_messages_delivered (self->messages);
  if (gst_foxapi_bin_shots_has_more (self->shots))
    bin_begin_next_shot (self);
  gst_foxapi_program_delivered (self->program);
}

static void
on_next (GstFoxapiVideoBin * self)
{
  /* Without its references, nothing is generated. */
  if (gst_foxapi_bin_captures_is_waiting (self->captures))
    return;
  /* The message of the failure is still to come, and sees what was asked for. */
  if (gst_foxapi_bin_messages_has_failed (self->messages)
      && !self->failure_is_seen)
    return;
  if (self->is_generating)
    let_go_if_shown (self);
  else if (gst_foxapi_bin_shots_has_more (self->shots)
      && gst_foxapi_program_ask_for_more (self->program))
    /* The program has not ended since: it will show what is paid for. */
    bin_begin_next_shot (self);
}

/* Who has failures as errors stops at one, and is not to pay for what follows. */
static void
tell_of_waiting (GstFoxapiVideoBin * self, guint n)
{
  if (n > 0)
    GST_ELEMENT_WARNING (self, RESOURCE, FAILED,
        ("%u more shots that were asked for have not begun, because the one "
            "before them failed. Emit next to go on with them.", n), (NULL));
}

/* The placeholder goes on, or what there is. */
static void
on_failed (GstFoxapiVideoBin * self, GstObject * who)
{
  gboolean had_begun = self->is_generating;
  guint n_waiting;

  gst_foxapi_bin_clips_withdraw (self->clips, who);
  /* That of a shot which has been delivered, and the next one is on its way */
  if (!gst_foxapi_bin_messages_has_failed (self->messages))
    return;
  self->is_generating = FALSE;
  self->failure_is_seen = TRUE;
  /* Without its references, nothing is generated. */
  if (gst_foxapi_bin_captures_is_waiting (self->captures)) {
    gst_foxapi_program_finish (self->program);
  } else if (gst_foxapi_bin_shots_finish (self->shots, self->program,
          had_begun && self->run.on_error == GST_FOXAPI_ERROR_POLICY_WARNING,
          &n_waiting)) {
    if (had_begun)
      tell_of_waiting (self, n_waiting);
  } else {
    gst_foxapi_program_delivered (self->program);
    bin_begin_next_shot (self);
  }
}

void
gst_foxapi_video_bin_on_message (GstFoxapiControlMessage type,
    GstObject * object, gpointer user_data)
{
  GstFoxapiVideoBin *self = user_data;

  switch (type) {
    case GST_FOXAPI_CONTROL_CAPTURED:
      on_captured (self, GST_ELEMENT (object));
      break;
    case GST_FOXAPI_CONTROL_RELEASED:
      on_released (self, GST_ELEMENT (object));
      break;
    case GST_FOXAPI_CONTROL_DOWNLOADED:
      on_downloaded (self);
      break;
    case GST_FOXAPI_CONTROL_DELIVERED:
      on_delivered (self);
      break;
    case GST_FOXAPI_CONTROL_ON_AIR:
      on_on_air (self, object);
      break;
    case GST_FOXAPI_CONTROL_ENDED:
      on_ended (self, object);
      break;
    case GST_FOXAPI_CONTROL_GONE:
      gst_foxapi_bin_clips_gone (self->clips, object);
      break;
    case GST_FOXAPI_CONTROL_FAILED:
      on_failed (self, object);
      break;
    case GST_FOXAPI_CONTROL_WITHDRAWN:
      gst_foxapi_bin_clips_withdraw (self->clips, object);
      break;
    case GST_FOXAPI_CONTROL_PLAYING:
      self->has_played = TRUE;
      let_go_if_shown (self);
      break;
    case GST_FOXAPI_CONTROL_NEXT:
      on_next (self);
      break;
    case GST_FOXAPI_CONTROL_TICK:
      count_preroll_tick (self);
      bin_update_text (self);
      break;
  }
}

/* A run of the bin: its start and its stop */

/* Threads: whoever changes the bin's state. The control thread is started last, and
 * stopped first. */

static gboolean
read_options (GstFoxapiVideoBin * self)
{
  g_autofree gchar *fault = NULL;

  gst_foxapi_bin_options_clear (&self->run);
  GST_OBJECT_LOCK (self);
  gst_foxapi_bin_options_copy (&self->options, &self->run);
  GST_OBJECT_UNLOCK (self);
  fault = gst_foxapi_bin_options_check (&self->run);
  if (fault != NULL)
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s Nothing was sent.",
            fault), (NULL));
  return fault == NULL;
}

/* Properties that are wrong are told before anything waits for references. */
static gboolean
check_source (GstFoxapiVideoBin * self)
{
  g_autoptr (GstQuery) query = gst_query_new_custom (GST_QUERY_CUSTOM,
      gst_structure_new_empty (GST_FOXAPI_CHECK_QUERY));

  return gst_element_query (self->source, query);
}

static void
make_caps (GstFoxapiVideoBin * self)
{
  GstFoxapiResolution resolution;
  GstFoxapiAspectRatio aspect_ratio;
  g_autoptr (GstCaps) audio_caps = gst_caps_from_string (GST_FOXAPI_AUDIO_CAPS);
  gint width, height;

  g_object_get (self->source, "resolution", &resolution, "aspect-ratio",
      &aspect_ratio, NULL);
  get_frame_size (resolution, aspect_ratio, &width, &height);
  if (self->run.width > 0)
    width = self->run.width;
  if (self->run.height > 0)
    height = self->run.height;

  gst_clear_caps (&self->video_caps);
  self->video_caps = gst_caps_new_simple ("video/x-raw", "format",
      G_TYPE_STRING, "I420", "width", G_TYPE_INT, width, "height", G_TYPE_INT,
      height, "framerate", GST_TYPE_FRACTION, self->run.fps_n, self->run.fps_d,
      "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, "interlace-mode",
      G_TYPE_STRING, "progressive", "colorimetry", G_TYPE_STRING, "bt709",
      "chroma-site", G_TYPE_STRING, "mpeg2", NULL);
  gst_foxapi_video_output_set_caps (GST_FOXAPI_VIDEO_OUTPUT
      (self->video_output), self->video_caps);
  gst_foxapi_bin_clips_start (self->clips, self->video_caps, audio_caps);
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
    .rate = GST_FOXAPI_AUDIO_RATE,
    .bpf = GST_FOXAPI_AUDIO_BPF,
  };

  guint group_id = gst_util_group_id_next ();

  gst_foxapi_bin_output_set_group (GST_FOXAPI_BIN_OUTPUT (self->video_output),
      group_id);
  gst_foxapi_bin_output_set_group (GST_FOXAPI_BIN_OUTPUT (self->audio_output),
      group_id);
  gst_base_src_set_live (GST_BASE_SRC (self->video_output), self->run.is_live);
  gst_base_src_set_live (GST_BASE_SRC (self->audio_output), self->run.is_live);
  gst_foxapi_program_start (self->program, &settings);
  gst_foxapi_program_set_video_is_linked (self->program,
      gst_pad_is_linked (self->video_pad));
}

static gboolean
ensure_folder (GstFoxapiVideoBin * self)
{
  g_autoptr (GError) error = NULL;

  if (gst_foxapi_bin_folder_ensure (self->folder, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE,
      ("There is no place for files: %s. Set TMPDIR to a folder that can be "
          "written. Nothing was sent.", error->message), (NULL));
  return FALSE;
}

/* The generation waits for a pad that is linked to nothing, perhaps for ever. */
static void
tell_of_unlinked_pads (GstFoxapiVideoBin * self)
{
  g_autofree gchar *names = gst_foxapi_bin_captures_dup_unlinked
      (self->captures);

  if (names != NULL)
    GST_ELEMENT_INFO (self, CORE, PAD, ("Linked to nothing: %s. The generation "
            "begins when a reference has come through.", names), (NULL));
}

/* Where captures are waited for, it begins when they are there. */
static gboolean
begin (GstFoxapiVideoBin * self)
{
  g_autofree gchar *reference = NULL;
  gboolean is_waiting;

  gst_foxapi_bin_captures_start (self->captures,
      gst_foxapi_bin_folder_get_path (self->folder),
      self->run.reference_seconds * GST_SECOND);
  is_waiting = gst_foxapi_bin_captures_is_waiting (self->captures);
  if (!is_waiting)
    reference = gst_foxapi_bin_shots_dup_first_reference (self->shots,
        self->captures);
  else
    tell_of_unlinked_pads (self);
  bin_show_placeholder (self, reference);
  return is_waiting || bin_begin_generation (self);
}

static gboolean
start (GstFoxapiVideoBin * self)
{
  /* What came when nothing was running any more */
  gst_foxapi_control_clear (self->control);

  if (!read_options (self))
    return FALSE;
  gst_foxapi_bin_shots_start (self->shots,
      (const gchar * const *) self->run.next_prompts);
  gst_foxapi_bin_shots_set_up (self->shots, self->source, self->captures);
  if (!check_source (self) || !ensure_folder (self))
    return FALSE;

  g_cancellable_reset (self->cancellable);
  make_caps (self);
  start_program (self);
  self->has_played = FALSE;
  self->failure_is_seen = FALSE;
  if (!begin (self))
    return FALSE;
  gst_foxapi_control_start (self->control);
  return TRUE;
}

/* Posts what is wrong, if so; gst_foxapi_video_bin_stop() is to follow then,
 * too. Returns FALSE if it has not started. */
gboolean
gst_foxapi_video_bin_start (GstFoxapiVideoBin * self)
{
  gboolean is_started;

  gst_foxapi_bin_messages_set_is_starting (self->messages, TRUE);
  is_started = start (self);
  gst_foxapi_bin_messages_set_is_starting (self->messages, FALSE);
  return is_started;
}

/* Returns when nothing works any more. */
void
gst_foxapi_video_bin_stop (GstFoxapiVideoBin * self)
{
  gst_foxapi_bin_messages_stopping (self->messages);
  g_cancellable_cancel (self->cancellable);
  gst_foxapi_control_stop (self->control);
  gst_foxapi_program_stop (self->program);
  gst_element_set_state (self->clip_sink, GST_STATE_NULL);
  gst_element_set_state (self->source, GST_STATE_NULL);
  gst_foxapi_bin_captures_stop (self->captures);
  gst_foxapi_bin_clips_stop (self->clips);
  bin_drop_placeholder (self);

  gst_foxapi_control_clear (self->control);
  self->is_generating = FALSE;
  gst_foxapi_bin_shots_stop (self->shots);
  gst_foxapi_bin_messages_stopped (self->messages);
}
