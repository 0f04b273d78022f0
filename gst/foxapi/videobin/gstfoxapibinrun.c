/* A run of the bin: its start and its stop
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads: whoever changes the bin's state. The director is started last, and
 * stopped first. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapivideobinpriv.h"

#include "gstfoxapiaudioplayout.h"
#include "gstfoxapiframesize.h"
#include "gstfoxapimessages.h"
#include "gstfoxapivideoplayout.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

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
  gst_foxapi_get_frame_size (resolution, aspect_ratio, &width, &height);
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
  gst_foxapi_video_playout_set_caps (GST_FOXAPI_VIDEO_PLAYOUT
      (self->video_playout), self->video_caps);
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

  gst_foxapi_playout_set_group (GST_FOXAPI_PLAYOUT (self->video_playout),
      group_id);
  gst_foxapi_playout_set_group (GST_FOXAPI_PLAYOUT (self->audio_playout),
      group_id);
  gst_base_src_set_live (GST_BASE_SRC (self->video_playout), self->run.is_live);
  gst_base_src_set_live (GST_BASE_SRC (self->audio_playout), self->run.is_live);
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
  gst_foxapi_video_bin_show_placeholder (self, reference);
  return is_waiting || gst_foxapi_video_bin_begin_generation (self);
}

static gboolean
start (GstFoxapiVideoBin * self)
{
  /* What came when nothing was running any more */
  gst_foxapi_director_clear (self->director);

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
  gst_foxapi_director_start (self->director);
  return TRUE;
}

/* Posts what is wrong, if so; gst_foxapi_video_bin_stop() is to follow then,
 * too. Returns FALSE if it has not started. */
gboolean
gst_foxapi_video_bin_start (GstFoxapiVideoBin * self)
{
  gboolean is_started;

  gst_foxapi_bin_reports_set_is_starting (self->reports, TRUE);
  is_started = start (self);
  gst_foxapi_bin_reports_set_is_starting (self->reports, FALSE);
  return is_started;
}

/* Returns when nothing works any more. */
void
gst_foxapi_video_bin_stop (GstFoxapiVideoBin * self)
{
  gst_foxapi_bin_reports_stopping (self->reports);
  g_cancellable_cancel (self->cancellable);
  gst_foxapi_director_stop (self->director);
  gst_foxapi_program_stop (self->program);
  gst_element_set_state (self->stage, GST_STATE_NULL);
  gst_element_set_state (self->source, GST_STATE_NULL);
  gst_foxapi_bin_captures_stop (self->captures);
  gst_foxapi_bin_clips_stop (self->clips);
  gst_foxapi_video_bin_drop_placeholder (self);

  gst_foxapi_director_clear (self->director);
  self->is_generating = FALSE;
  gst_foxapi_bin_shots_stop (self->shots);
  gst_foxapi_bin_reports_stopped (self->reports);
}
