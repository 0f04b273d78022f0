/* What the bin's director does at each cue
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads: all of it is called by the director. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapivideobinpriv.h"

#include "gstfoxapistage.h"

/* So many seconds a result that was taken to its end waits for the bin to play,
 * which makes it a delivery; then the graph may need the end to preroll. */
#define PREROLL_TICKS 2

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

    gst_foxapi_video_bin_show_placeholder (self, uri);
  }
  gst_foxapi_video_bin_begin_generation (self);
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
  gst_foxapi_bin_reports_fail (self->reports, error);
}

static void
on_staged (GstFoxapiVideoBin * self)
{
  GstFoxapiBinTask *task = gst_foxapi_bin_reports_get_task (self->reports);

  gst_foxapi_bin_clips_show (self->clips,
      gst_foxapi_bin_task_make_event (task));
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
  if (!self->is_aired)
    return;
  self->patience = 0;
  if (self->has_played || (!self->run.is_live
          && gst_foxapi_bin_shots_has_more (self->shots)))
    gst_foxapi_stage_let_go (GST_FOXAPI_STAGE (self->stage));
  else
    self->patience = PREROLL_TICKS;
}

/* Sinks play before this does, and may have taken all of a short result by then:
 * only a graph that still does not play is one that prerolls. */
static void
lose_patience (GstFoxapiVideoBin * self)
{
  if (self->patience > 0 && --self->patience == 0)
    gst_foxapi_program_delivered (self->program);
}

static void
on_aired (GstFoxapiVideoBin * self, GstObject * player)
{
  if (!gst_foxapi_bin_clips_is_latest (self->clips, player)
      || gst_foxapi_bin_reports_has_failed (self->reports)
      || !self->is_generating) {
    /* It is a repetition, or there is nothing to deliver any more. */
    gst_foxapi_program_delivered (self->program);
    return;
  }
  self->is_aired = TRUE;
  let_go_if_shown (self);
}

static void
on_delivered (GstFoxapiVideoBin * self)
{
  if (!self->is_generating)
    return;
  self->is_generating = FALSE;
  gst_foxapi_bin_reports_delivered (self->reports);
  if (gst_foxapi_bin_shots_has_more (self->shots))
    gst_foxapi_video_bin_begin_next_shot (self);
  gst_foxapi_program_delivered (self->program);
}

static void
on_next (GstFoxapiVideoBin * self)
{
  /* Without its references, nothing is generated. */
  if (gst_foxapi_bin_captures_is_waiting (self->captures))
    return;
  /* The cue of the failure is still to come, and sees what was asked for. */
  if (gst_foxapi_bin_reports_has_failed (self->reports)
      && !self->failure_is_seen)
    return;
  if (self->is_generating)
    let_go_if_shown (self);
  else if (gst_foxapi_bin_shots_has_more (self->shots)
      && gst_foxapi_program_ask_for_more (self->program))
    /* The program has not ended since: it will show what is paid for. */
    gst_foxapi_video_bin_begin_next_shot (self);
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
  if (!gst_foxapi_bin_reports_has_failed (self->reports))
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
    gst_foxapi_video_bin_begin_next_shot (self);
  }
}

void
gst_foxapi_video_bin_on_cue (GstFoxapiCue cue, GstObject * object,
    gpointer user_data)
{
  GstFoxapiVideoBin *self = user_data;

  switch (cue) {
    case GST_FOXAPI_CUE_CAPTURED:
      on_captured (self, GST_ELEMENT (object));
      break;
    case GST_FOXAPI_CUE_RELEASED:
      on_released (self, GST_ELEMENT (object));
      break;
    case GST_FOXAPI_CUE_STAGED:
      on_staged (self);
      break;
    case GST_FOXAPI_CUE_DELIVERED:
      on_delivered (self);
      break;
    case GST_FOXAPI_CUE_ON_AIR:
      on_on_air (self, object);
      break;
    case GST_FOXAPI_CUE_AIRED:
      on_aired (self, object);
      break;
    case GST_FOXAPI_CUE_GONE:
      gst_foxapi_bin_clips_gone (self->clips, object);
      break;
    case GST_FOXAPI_CUE_FAILED:
      on_failed (self, object);
      break;
    case GST_FOXAPI_CUE_WITHDRAWN:
      gst_foxapi_bin_clips_withdraw (self->clips, object);
      break;
    case GST_FOXAPI_CUE_PLAYING:
      self->has_played = TRUE;
      let_go_if_shown (self);
      break;
    case GST_FOXAPI_CUE_NEXT:
      on_next (self);
      break;
    case GST_FOXAPI_CUE_TICK:
      lose_patience (self);
      gst_foxapi_video_bin_update_text (self);
      break;
  }
}
