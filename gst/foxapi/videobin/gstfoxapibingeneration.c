/* From a shot of the bin to a generation of its source
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads: the director's, and whoever starts. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapivideobinpriv.h"

#include "gstfoxapistage.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

/* Posts what is wrong, if so. Returns FALSE if nothing was begun. */
gboolean
gst_foxapi_video_bin_begin_generation (GstFoxapiVideoBin * self)
{
  g_autofree gchar *path = NULL;

  gst_element_set_state (self->stage, GST_STATE_NULL);
  gst_element_set_state (self->source, GST_STATE_NULL);

  gst_foxapi_bin_reports_new_generation (self->reports);
  path = gst_foxapi_bin_clips_begin (self->clips);
  self->is_generating = TRUE;
  self->is_aired = FALSE;
  self->patience = 0;

  gst_foxapi_bin_shots_set_up (self->shots, self->source, self->captures);
  gst_foxapi_stage_set_location (GST_FOXAPI_STAGE (self->stage), path);
  GST_DEBUG_OBJECT (self, "generating shot %u",
      gst_foxapi_bin_shots_get_number (self->shots));

  if (gst_element_set_state (self->stage, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE
      && gst_element_set_state (self->source, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE)
    return TRUE;
  gst_element_set_state (self->stage, GST_STATE_NULL);
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

  gst_foxapi_bin_reports_fail (self->reports, error);
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

  if (frame == NULL || !self->run.shot_continuity) {
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
void
gst_foxapi_video_bin_begin_next_shot (GstFoxapiVideoBin * self)
{
  /* What they have to say of the shot before is not about this one. */
  gst_element_set_state (self->stage, GST_STATE_NULL);
  gst_element_set_state (self->source, GST_STATE_READY);
  gst_foxapi_bin_shots_leave_failure (self->shots, self->reports);
  self->failure_is_seen = FALSE;
  if (!keep_last_frame (self))
    return;
  gst_foxapi_bin_shots_advance (self->shots);
  g_object_set (self->source, "task-id", NULL, NULL);
  if (!g_cancellable_is_cancelled (self->cancellable))
    gst_foxapi_video_bin_begin_generation (self);
}
