/* What happens, and what the bin does about it: starts generations, shows their clips,
 * goes on
 *
 * The handlers run in the control thread; what is left at a stop, in the thread that
 * stops.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinprivate.h"

#include <glib/gi18n-lib.h>

#include "gstfoxapiencoding.h"
#include "gstfoxapimessages.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

/* Shots */

/* Queued like any other event */
static void
fail (GstFoxapiVideoBin * self, const GError * error)
{
  gst_foxapi_control_tell (self->control, GST_FOXAPI_EVENT_FAILED, NULL,
      gst_foxapi_new_error (GST_ELEMENT (self), error, NULL, FALSE));
}

static void
begin_generation_or_fail (GstFoxapiVideoBin * self)
{
  g_autoptr (GError) error = NULL;

  if (!g_cancellable_is_cancelled (self->cancellable)
      && !gst_foxapi_video_bin_begin_generation (self, &error))
    fail (self, error);
}

/* Returns the URI of an image of it, or NULL. */
static gchar *
write_frame (GstFoxapiVideoBin * self, GstBuffer * buffer, GError ** error)
{
  g_autoptr (GstFoxapiCaptureFile) file = NULL;
  g_autofree gchar *path = NULL;
  GstVideoInfo info;

  file = gst_foxapi_capture_file_new (self->folder.path, "last", error);
  if (file != NULL && gst_video_info_from_caps (&info, self->video_caps)
      && gst_foxapi_png_write (buffer, &info, file, G_MAXUINT64,
          self->cancellable, error))
    path = gst_foxapi_capture_file_keep (file, "image/png", error);
  return path ? gst_filename_to_uri (path, error) : NULL;
}

/* The last frame, as a file for the next generation. @uri: (out) (nullable). %FALSE:
 * it was wanted, and there is none, so that the shot would not be what is asked for. */
static gboolean
write_last_frame (GstFoxapiVideoBin * self, gchar ** uri)
{
  g_autoptr (GstBuffer) frame = gst_foxapi_program_dup_final_frame
      (self->program);
  g_autoptr (GError) fault = NULL, error = NULL;
  gboolean is_wanted = frame != NULL
      && gst_foxapi_video_bin_can_continue (self);

  *uri = is_wanted ? write_frame (self, frame, &fault) : NULL;
  if (*uri != NULL || !is_wanted)
    return TRUE;
  /* The shot that has been shown keeps its reference: a start repeats that shot,
   * and without it would pay for another one. */
  error = g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
      _("The next shot is to begin with the last frame of this one, so nothing "
          "was sent for it. %s Without that frame it can be made with "
          "shot-continuity=false."),
      fault ? fault->message : _("The frame cannot be read."));
  if (!g_cancellable_is_cancelled (self->cancellable))
    fail (self, error);
  return FALSE;
}

static void
leave_failure (GstFoxapiVideoBin * self)
{
  gst_foxapi_video_bin_end_generation (self);
  GST_OBJECT_LOCK (self);
  self->has_failed = FALSE;
  self->holds_back = FALSE;
  self->asked_since_failure = FALSE;
  self->begins_at_end = FALSE;
  GST_OBJECT_UNLOCK (self);
}

/* One more shot was asked for, in so many words: it is submitted even where
 * it is equal to the one before, unless the application has named a task for it. */
static void
begin_shot (GstFoxapiVideoBin * self)
{
  /* What is paid for is resumed, whatever has been set since. */
  self->engine.is_retry = gst_foxapi_video_bin_unpark (self);
  self->engine.is_next_shot = !self->engine.is_retry;
  begin_generation_or_fail (self);
  self->engine.is_retry = FALSE;
  g_object_notify (G_OBJECT (self), "task-id");
}

/* Unless the program has ended: it would not show what is paid for. */
static void
begin_next_shot (GstFoxapiVideoBin * self)
{
  g_autofree gchar *last_frame = NULL;

  if (!gst_foxapi_program_ask_for_more (self->program))
    return;
  /* Its first frame is the last one of a clip that is still shown: see on_ended(). */
  if (!g_queue_is_empty (&self->kept)
      && gst_foxapi_video_bin_can_continue (self)) {
    GST_OBJECT_LOCK (self);
    self->begins_at_end = TRUE;
    GST_OBJECT_UNLOCK (self);
    return;
  }
  leave_failure (self);
  if (!write_last_frame (self, &last_frame))
    return;
  if (gst_foxapi_video_bin_advance (self, last_frame))
    begin_shot (self);
  else
    gst_foxapi_video_bin_announce_shots (self);
}

/* The one that has failed. What is paid for, or may be, is not paid for again: then
 * the start resumes it, or says what there is to do. */
static void
on_retry (GstFoxapiVideoBin * self, gpointer object, GstMessage * message)
{
  gboolean is_delivered;

  if (self->is_generating || gst_foxapi_video_bin_is_waiting (self)
      || !gst_foxapi_program_ask_for_more (self->program))
    return;
  GST_OBJECT_LOCK (self);
  is_delivered = self->is_delivered;
  GST_OBJECT_UNLOCK (self);
  /* The one behind it has failed before it was the next one. */
  if (is_delivered) {
    begin_next_shot (self);
    return;
  }
  leave_failure (self);
  GST_OBJECT_LOCK (self);
  self->engine.is_new_try = self->engine.task != NULL
      && self->engine.task->state == FOXAPI_TASK_FAILED;
  GST_OBJECT_UNLOCK (self);
  /* Of this start alone, also if it fails */
  self->engine.is_retry = TRUE;
  begin_generation_or_fail (self);
  self->engine.is_retry = FALSE;
  g_object_notify (G_OBJECT (self), "task-id");
}

/* What is done at each event */

/* So many seconds a result that was taken to its end waits for the bin to play,
 * which makes it a delivery; then the graph may need the end to preroll. */
#define MAX_PREROLL_TICKS 2

static void
on_captured (GstFoxapiVideoBin * self, GstElement * capture)
{
  if (!gst_foxapi_video_bin_capture_arrived (self, capture))
    return;
  if (self->run.reference_branches == GST_FOXAPI_BRANCH_POLICY_RELEASE)
    gst_foxapi_capture_release_branch (GST_FOXAPI_CAPTURE (capture));
  if (gst_foxapi_video_bin_is_waiting (self)
      || !gst_foxapi_program_ask_for_more (self->program))
    return;

  if (self->run.placeholder == GST_FOXAPI_PLACEHOLDER_KIND_REFERENCE) {
    g_autofree gchar *uri = gst_foxapi_video_bin_dup_first_reference (self);

    gst_foxapi_video_bin_show_placeholder (self, uri);
  }
  begin_generation_or_fail (self);
}

static void
on_released (GstFoxapiVideoBin * self, gpointer capture, GstMessage * message)
{
  g_autoptr (GError) error = NULL;

  if (!gst_foxapi_video_bin_await_released (self, capture))
    return;
  gst_foxapi_video_bin_set_released_error (capture, &error);
  fail (self, error);
}

/* Whether the engine has nothing to do but to wait for the end of a clip, and the
 * next shot does not wait for its last frame. The one that this clip began with is
 * kept until then: a start that repeats the shot names it. */
static gboolean
may_look_ahead (GstFoxapiVideoBin * self)
{
  gboolean goes_on;

  GST_OBJECT_LOCK (self);
  goes_on = !self->has_failed && (!self->holds_back
      || self->asked_since_failure);
  GST_OBJECT_UNLOCK (self);
  return goes_on && self->is_generating && self->has_played
      && !self->has_ended && self->downloaded == self->latest
      && self->kept.length < self->run.prefetch
      && gst_foxapi_video_bin_has_more (self) && self->last_frame == NULL
      && !gst_foxapi_video_bin_can_continue (self)
      && gst_foxapi_program_ask_for_more (self->program);
}

static void
look_ahead (GstFoxapiVideoBin * self)
{
  if (!may_look_ahead (self) || !gst_foxapi_video_bin_keep_generation (self))
    return;
  leave_failure (self);
  begin_shot (self);
}

static void
on_downloaded (GstFoxapiVideoBin * self, gpointer object, GstMessage * message)
{
  GList *events = NULL;

  gst_foxapi_video_bin_join_worker (self);
  events = g_list_prepend (events,
      gst_foxapi_engine_new_tag_event (&self->engine));
  events = g_list_prepend (events,
      gst_foxapi_engine_new_task_event (&self->engine));
  gst_foxapi_video_bin_show_clip (self, events);
  gst_foxapi_video_bin_announce_shots (self);
  look_ahead (self);
}

/* After a failure; @goes_on: with what waits. Who has failures as errors stops at one,
 * and is not to pay for what follows. %FALSE: the next shot is to begin. */
static gboolean
finish_failed (GstFoxapiVideoBin * self, gboolean goes_on, gboolean tells)
{
  gboolean ends = self->run.on_error == GST_FOXAPI_ERROR_POLICY_EOS;
  g_autofree gchar *text = NULL;
  guint n;

  if (!gst_foxapi_video_bin_finish (self, goes_on, &n))
    return FALSE;
  text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u more shot has not "
          "begun, because the one before it failed.%s",
          "%u more shots have not "
          "begun, because the one before them failed.%s", n), n,
      ends ? "" : _(" Emit next to go on."));
  if (tells && n > 0)
    GST_ELEMENT_WARNING (self, RESOURCE, FAILED, ("%s", text), (NULL));
  if (ends)
    gst_foxapi_program_finish (self->program, TRUE);
  return TRUE;
}

/* The result has been shown, or will be for certain. An ERROR of anything else in
 * the pipeline means that it may not have arrived where it was to be stored: then
 * the task's record stays. */
static void
deliver (GstFoxapiVideoBin * self)
{
  FoxapiGeneration *generation = self->engine.generation;
  gboolean has_arrived, holds_back;

  GST_OBJECT_LOCK (self);
  self->is_delivered = TRUE;
  has_arrived = !self->pipeline_has_failed;
  holds_back = self->holds_back;
  GST_OBJECT_UNLOCK (self);
  self->is_generating = FALSE;
  foxapi_generation_handed_out (generation);
  if (has_arrived)
    foxapi_generation_delivered (generation, &self->engine.run);
  if (gst_foxapi_video_bin_has_more (self)
      && !(holds_back && finish_failed (self, FALSE, TRUE)))
    begin_next_shot (self);
  gst_foxapi_program_delivered (self->program);
}

/* A graph that prerolls has everything and shows nothing: that is no delivery. But
 * an encoder may hold all of a result, and the preroll wait for what follows: EOS,
 * or the next shot. */
static void
deliver_if_shown (GstFoxapiVideoBin * self)
{
  if (!self->is_generating || !self->has_ended)
    return;
  self->preroll_ticks = 0;
  if (self->is_playing || (!self->run.is_live
          && gst_foxapi_video_bin_has_more (self)))
    deliver (self);
  else
    self->preroll_ticks = MAX_PREROLL_TICKS;
}

/* Sinks play before this does, and may have taken all of a short result by then:
 * only a graph that still does not play is one that prerolls. */
static void
on_tick (GstFoxapiVideoBin * self, gpointer object, GstMessage * message)
{
  if (self->preroll_ticks > 0 && --self->preroll_ticks == 0)
    gst_foxapi_program_delivered (self->program);
  gst_foxapi_video_bin_update_text (self);
}

static void
on_ended (GstFoxapiVideoBin * self, gpointer player, GstMessage * message)
{
  /* Another shot is behind it: see deliver_if_shown(). */
  if (gst_foxapi_video_bin_finish_kept (self,
          gst_foxapi_video_bin_get_result (player), self->is_playing
          || !self->run.is_live, NULL)) {
    if (self->begins_at_end)
      begin_next_shot (self);
    gst_foxapi_program_delivered (self->program);
    look_ahead (self);
    return;
  }
  if (!gst_foxapi_video_bin_is_latest (self, player) || !self->is_generating) {
    /* It is a repetition, or there is nothing to deliver any more. */
    gst_foxapi_program_delivered (self->program);
    return;
  }
  self->has_ended = TRUE;
  deliver_if_shown (self);
}

static void
on_next (GstFoxapiVideoBin * self, gpointer object, GstMessage * message)
{
  /* Without its references, nothing is generated. */
  if (gst_foxapi_video_bin_is_waiting (self))
    return;
  if (self->is_generating) {
    deliver_if_shown (self);
    look_ahead (self);
  } else if (gst_foxapi_video_bin_has_more (self)) {
    begin_next_shot (self);
  }
}

/* With end=repeat, what is on the air is repeated, and not the result that has
 * failed. */
static void
fall_back (GstFoxapiVideoBin * self, GstObject * player)
{
  if (self->run.on_error != GST_FOXAPI_ERROR_POLICY_EOS)
    gst_foxapi_video_bin_give_up_clip (self, player);
}

/* The placeholder goes on, or what there is. @part: (nullable): what has failed, if
 * it was not the generation itself */
static void
on_failed (GstFoxapiVideoBin * self, gpointer part, GstMessage * message)
{
  gboolean had_begun = self->is_generating;

  if (part != NULL && GST_IS_FOXAPI_PLAYER (part))
    gst_foxapi_program_withdraw (self->program, GST_FOXAPI_PLAYER (part));
  /* Without its references, nothing is generated, whatever is asked for. */
  GST_OBJECT_LOCK (self);
  self->lacks_reference = gst_foxapi_video_bin_is_waiting (self);
  GST_OBJECT_UNLOCK (self);
  if (!gst_foxapi_video_bin_tell_failure (self, part, message))
    return;
  if (part != NULL && GST_IS_FOXAPI_PLAYER (part))
    fall_back (self, part);
  self->is_generating = FALSE;
  if (self->lacks_reference) {
    gst_foxapi_program_finish (self->program,
        self->run.on_error == GST_FOXAPI_ERROR_POLICY_EOS);
  } else if (!finish_failed (self, had_begun
          && self->run.on_error == GST_FOXAPI_ERROR_POLICY_WARNING,
          had_begun)) {
    gst_foxapi_program_delivered (self->program);
    begin_next_shot (self);
  }
}

/* Until there is another result, the last frame of this one is held. */
static void
tell_repetition_failed (GstFoxapiVideoBin * self, GstMessage * message)
{
  g_autoptr (GstMessage) explained = gst_message_ref (message);

  if (self->run.end != GST_FOXAPI_END_REPEAT) {
    gst_foxapi_video_bin_post_as_warning (self, message);
    return;
  }
  explained = gst_foxapi_explain_error (explained,
      _("The result cannot be repeated: its last frame stays. Set TMPDIR to a "
          "folder whose files are left alone, then start again."), NULL);
  gst_foxapi_video_bin_post_as_warning (self, explained);
  gst_foxapi_program_set_end (self->program, GST_FOXAPI_END_HOLD);
}

/* Not of the latest: a result that was shown before cannot be repeated, which is not
 * the generation's failure; or one that is to be shown, while the next one is made
 * already, cannot be. */
static void
on_earlier_failed (GstFoxapiVideoBin * self, GstObject * player,
    GstMessage * message)
{
  guint clip = gst_foxapi_video_bin_get_result (player);
  gboolean begins_at_end = self->begins_at_end;
  g_autofree gchar *task_id = NULL;

  gst_foxapi_program_withdraw (self->program, GST_FOXAPI_PLAYER (player));
  if (!gst_foxapi_video_bin_finish_kept (self, clip, FALSE, &task_id)) {
    tell_repetition_failed (self, message);
    return;
  }
  GST_OBJECT_LOCK (self);
  self->holds_back = self->run.on_error != GST_FOXAPI_ERROR_POLICY_WARNING;
  self->begins_at_end = FALSE;
  GST_OBJECT_UNLOCK (self);
  gst_foxapi_video_bin_post_failure (self, message, task_id);
  if (self->run.on_error == GST_FOXAPI_ERROR_POLICY_EOS)
    gst_foxapi_program_finish (self->program, TRUE);
  fall_back (self, player);
  if (begins_at_end && !finish_failed (self,
          self->run.on_error == GST_FOXAPI_ERROR_POLICY_WARNING, FALSE))
    begin_next_shot (self);
  look_ahead (self);
}

/* A capture is complete, or something has failed. */
static void
on_child (GstFoxapiVideoBin * self, gpointer part, GstMessage * message)
{
  if (GST_IS_FOXAPI_PLACEHOLDER (part)) {
    gst_foxapi_video_bin_tell_placeholder_error (self, part, message);
  } else if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR) {
    /* Its generation tells of itself behind it. */
    gst_foxapi_video_bin_post_as_own (self, message);
    on_captured (self, part);
  } else if (GST_IS_FOXAPI_PLAYER (part)
      && !gst_foxapi_player_claim_failure (GST_FOXAPI_PLAYER (part))) {
    GST_DEBUG_OBJECT (self, "what follows from a failure is no news");
  } else if (GST_IS_FOXAPI_CAPTURE (part)
      || gst_foxapi_video_bin_is_latest (self, part)) {
    on_failed (self, part, message);
  } else {
    on_earlier_failed (self, part, message);
  }
}

static void
on_playing (GstFoxapiVideoBin * self, gpointer object, GstMessage * message)
{
  self->is_playing = self->has_played = TRUE;
  gst_foxapi_video_bin_release_progress (self);
  deliver_if_shown (self);
  look_ahead (self);
}

/* Those that count while it plays */
static void
on_options (GstFoxapiVideoBin * self, gpointer object, GstMessage * message)
{
  GstFoxapiBinOptions *run = &self->run;
  gint end = run->end;
  g_autofree gchar *fault = gst_foxapi_bin_options_update (run,
      GST_ELEMENT (self));

  if (fault != NULL)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, (_("%s The earlier "
                "value stays."), fault), (NULL));
  if (run->end == end)
    return;
  gst_foxapi_program_set_end (self->program, run->end);
  if (run->end == GST_FOXAPI_END_REPEAT)
    gst_foxapi_video_bin_repeat_clip (self, NULL);
}

static void
on_paused (GstFoxapiVideoBin * self, gpointer object, GstMessage * message)
{
  self->is_playing = FALSE;
}

static void
on_dropped (GstFoxapiVideoBin * self, gpointer object, GstMessage * message)
{
  /* Otherwise the shot that is on its way is still to be announced. */
  if (!self->is_generating || self->downloaded == self->latest)
    gst_foxapi_video_bin_announce_shots (self);
}

/* The application has ended the program. */
static void
on_close (GstFoxapiVideoBin * self, gpointer object, GstMessage * message)
{
  /* In this order: who has seen EOS waits for nothing else. */
  gst_foxapi_video_bin_close_progress (self);
  gst_foxapi_program_close (self->program);
}

static void
on_air (GstFoxapiVideoBin * self, gpointer player, GstMessage * message)
{
  gboolean ends;

  GST_OBJECT_LOCK (self);
  ends = self->has_failed && self->run.on_error == GST_FOXAPI_ERROR_POLICY_EOS;
  GST_OBJECT_UNLOCK (self);
  gst_foxapi_video_bin_on_air (self, player);
  gst_foxapi_program_set_end (self->program, self->run.end);
  if (self->run.end == GST_FOXAPI_END_REPEAT && !ends)
    gst_foxapi_video_bin_repeat_clip (self, player);
}

void
gst_foxapi_video_bin_on_program_event (GstFoxapiProgramEvent event,
    GstFoxapiPlayer * player, gpointer user_data)
{
  static const GstFoxapiEvent events[] = {
    [GST_FOXAPI_PROGRAM_ON_AIR] = GST_FOXAPI_EVENT_ON_AIR,
    [GST_FOXAPI_PROGRAM_ENDED] = GST_FOXAPI_EVENT_ENDED,
    [GST_FOXAPI_PROGRAM_GONE] = GST_FOXAPI_EVENT_GONE,
  };

  gst_foxapi_control_tell (GST_FOXAPI_VIDEO_BIN (user_data)->control,
      events[event], player, NULL);
}

void
gst_foxapi_video_bin_on_event (GstFoxapiEvent event, gpointer object,
    GstMessage * message, gpointer user_data)
{
  static void (*const handlers[]) (GstFoxapiVideoBin *, gpointer,
      GstMessage *) = {
    [GST_FOXAPI_EVENT_TICK] = on_tick,
    [GST_FOXAPI_EVENT_CHILD] = on_child,
    [GST_FOXAPI_EVENT_RELEASED] = on_released,
    [GST_FOXAPI_EVENT_PROGRESS] = gst_foxapi_video_bin_tell_progress,
    [GST_FOXAPI_EVENT_DOWNLOADED] = on_downloaded,
    [GST_FOXAPI_EVENT_FAILED] = on_failed,
    [GST_FOXAPI_EVENT_ON_AIR] = on_air,
    [GST_FOXAPI_EVENT_ENDED] = on_ended,
    [GST_FOXAPI_EVENT_GONE] = gst_foxapi_video_bin_remove_player,
    [GST_FOXAPI_EVENT_PLAYING] = on_playing,
    [GST_FOXAPI_EVENT_PAUSED] = on_paused,
    [GST_FOXAPI_EVENT_NEXT] = on_next,
    [GST_FOXAPI_EVENT_DROPPED] = on_dropped,
    [GST_FOXAPI_EVENT_RETRY] = on_retry,
    [GST_FOXAPI_EVENT_CLOSE] = on_close,
    [GST_FOXAPI_EVENT_OPTIONS] = on_options,
  };

  handlers[event] (user_data, object, message);
}
