/* What the control thread does: starts generations, shows their clips, goes on
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapivideobin.h"

#include <glib/gi18n-lib.h>

#include "gstfoxapiencoding.h"
#include "gstfoxapimessages.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

/* The queue of what it is to do. States of elements cannot be changed in the streaming
 * threads in which things happen. */

typedef struct
{
  GstFoxapiBinCall *func;       /* NULL: the thread is to end */
  gpointer object;              /* (nullable) */
  GstMessage *message;          /* (nullable) */
} Call;

static void
call_free (gpointer data)
{
  Call *call = data;

  g_clear_object (&call->object);
  gst_clear_message (&call->message);
  g_free (call);
}

GAsyncQueue *
gst_foxapi_video_bin_new_calls (void)
{
  return g_async_queue_new_full (call_free);
}

/* Called from any thread. @object: (nullable): whom it is about; @message: (transfer
 * full) (nullable) */
void
gst_foxapi_video_bin_call (GstFoxapiVideoBin * self, GstFoxapiBinCall * func,
    gpointer object, GstMessage * message)
{
  Call *call = g_new0 (Call, 1);

  call->func = func;
  call->object = object ? gst_object_ref (object) : NULL;
  call->message = message;
  g_async_queue_push (self->calls, call);
}

/* Shots */

/* The control thread acts on it when it comes to it. */
static void
fail (GstFoxapiVideoBin * self, const GError * error)
{
  gst_foxapi_video_bin_call (self, gst_foxapi_video_bin_on_failed, NULL,
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

/* The last frame, as a file for the next generation. %FALSE: it was wanted, and
 * there is none, so that the shot would not be what is asked for. */
static gboolean
keep_last_frame (GstFoxapiVideoBin * self)
{
  g_autoptr (GstBuffer) frame = gst_foxapi_program_dup_final_frame
      (self->program);
  g_autoptr (GError) fault = NULL, error = NULL;
  gboolean is_wanted = frame != NULL
      && gst_foxapi_video_bin_can_continue (self);
  gchar *uri = is_wanted ? write_frame (self, frame, &fault) : NULL;

  if (uri != NULL || !is_wanted) {
    GST_OBJECT_LOCK (self);
    gst_foxapi_video_bin_set_last_frame (self, uri);
    GST_OBJECT_UNLOCK (self);
    return TRUE;
  }
  /* The shot that has been shown keeps its reference: a start repeats that shot,
   * and without it would pay for another one. */
  error = g_error_new (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
      _("The last frame could not be kept for the next shot: %s. Nothing "
          "was sent for that shot. Free space, or set shot-continuity=false, "
          "then start again."),
      fault ? fault->message : _("it cannot be read"));
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
  GST_OBJECT_UNLOCK (self);
}

/* One more shot was asked for, in so many words: it is submitted even where
 * it is equal to the one before, unless the application has named a task for it. */
static void
begin_next_shot (GstFoxapiVideoBin * self)
{
  leave_failure (self);
  if (!keep_last_frame (self))
    return;
  if (!gst_foxapi_video_bin_advance (self)) {
    gst_foxapi_video_bin_announce_shots (self);
    return;
  }
  self->engine.is_next_shot = !gst_foxapi_video_bin_unpark (self);
  begin_generation_or_fail (self);
  g_object_notify (G_OBJECT (self), "task-id");
}

/* The one that has failed. What is paid for, or may be, is not paid for again: then
 * the start resumes it, or says what there is to do. */
void
gst_foxapi_video_bin_on_retry (GstFoxapiVideoBin * self, gpointer object,
    GstMessage * message)
{
  if (self->is_generating || gst_foxapi_video_bin_is_waiting (self))
    return;
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

/* What is done at each message, in the control thread */

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
  if (gst_foxapi_video_bin_is_waiting (self))
    return;

  if (self->run.placeholder == GST_FOXAPI_PLACEHOLDER_KIND_REFERENCE) {
    g_autofree gchar *uri = gst_foxapi_video_bin_dup_first_reference (self);

    gst_foxapi_video_bin_show_placeholder (self, uri);
  }
  begin_generation_or_fail (self);
}

void
gst_foxapi_video_bin_on_released (GstFoxapiVideoBin * self, gpointer capture,
    GstMessage * message)
{
  g_autoptr (GError) error = NULL;

  if (!gst_foxapi_video_bin_await_released (self, capture))
    return;
  gst_foxapi_video_bin_set_released_error (capture, &error);
  fail (self, error);
}

static void
look_ahead (GstFoxapiVideoBin * self)
{
  if (gst_foxapi_video_bin_look_ahead (self))
    begin_next_shot (self);
}

void
gst_foxapi_video_bin_on_downloaded (GstFoxapiVideoBin * self, gpointer object,
    GstMessage * message)
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
count_preroll_tick (GstFoxapiVideoBin * self)
{
  if (self->preroll_ticks > 0 && --self->preroll_ticks == 0)
    gst_foxapi_program_delivered (self->program);
}

static void
on_ended (GstFoxapiVideoBin * self, gpointer player, GstMessage * message)
{
  if (gst_foxapi_video_bin_finish_kept (self,
          gst_foxapi_video_bin_get_result (player), self->is_playing, NULL)) {
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

void
gst_foxapi_video_bin_on_next (GstFoxapiVideoBin * self, gpointer object,
    GstMessage * message)
{
  /* Without its references, nothing is generated. */
  if (gst_foxapi_video_bin_is_waiting (self))
    return;
  if (self->is_generating) {
    deliver_if_shown (self);
    look_ahead (self);
  } else if (gst_foxapi_video_bin_has_more (self)
      && gst_foxapi_program_ask_for_more (self->program)) {
    /* The program has not ended since: it will show what is paid for. */
    begin_next_shot (self);
  }
}

/* The placeholder goes on, or what there is. @part: (nullable): what has failed, if
 * it was not the generation itself */
void
gst_foxapi_video_bin_on_failed (GstFoxapiVideoBin * self, gpointer part,
    GstMessage * message)
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

/* Not of the latest: a result that was shown before cannot be repeated, which is not
 * the generation's failure; or one that is to be shown, while the next one is made
 * already, cannot be. */
static void
on_earlier_failed (GstFoxapiVideoBin * self, GstObject * player,
    GstMessage * message)
{
  guint clip = gst_foxapi_video_bin_get_result (player);
  g_autofree gchar *task_id = NULL;

  gst_foxapi_program_withdraw (self->program, GST_FOXAPI_PLAYER (player));
  if (!gst_foxapi_video_bin_finish_kept (self, clip, FALSE, &task_id)) {
    gst_foxapi_video_bin_post_as_warning (self, message);
    return;
  }
  GST_OBJECT_LOCK (self);
  self->holds_back = self->run.on_error != GST_FOXAPI_ERROR_POLICY_WARNING;
  GST_OBJECT_UNLOCK (self);
  gst_foxapi_video_bin_post_failure (self, message, task_id);
  if (self->run.on_error == GST_FOXAPI_ERROR_POLICY_EOS)
    gst_foxapi_program_finish (self->program, TRUE);
  look_ahead (self);
}

/* A capture is complete, or something has failed. */
void
gst_foxapi_video_bin_on_child (GstFoxapiVideoBin * self, gpointer part,
    GstMessage * message)
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
    gst_foxapi_video_bin_on_failed (self, part, message);
  } else {
    on_earlier_failed (self, part, message);
  }
}

void
gst_foxapi_video_bin_on_playing (GstFoxapiVideoBin * self, gpointer object,
    GstMessage * message)
{
  self->is_playing = self->has_played = TRUE;
  gst_foxapi_video_bin_release_progress (self);
  deliver_if_shown (self);
  look_ahead (self);
}

/* Those that count while it plays */
void
gst_foxapi_video_bin_on_options (GstFoxapiVideoBin * self, gpointer object,
    GstMessage * message)
{
  GstFoxapiBinOptions *run = &self->run, now = { 0 };
  gint end = run->end;
  g_autofree gchar *fault = NULL;

  gst_foxapi_bin_options_read (&now, GST_ELEMENT (self));
  fault = gst_foxapi_bin_options_check (&now, TRUE);
  if (fault == NULL) {
    run->end = now.end;
    run->on_error = now.on_error;
  } else {
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, (_("%s The earlier "
                "values stay."), fault), (NULL));
  }
  gst_foxapi_bin_options_clear (&now);
  if (run->end == end)
    return;
  gst_foxapi_program_set_end (self->program, run->end);
  if (run->end == GST_FOXAPI_END_REPEAT)
    gst_foxapi_video_bin_repeat_clip (self, NULL);
}

void
gst_foxapi_video_bin_on_paused (GstFoxapiVideoBin * self, gpointer object,
    GstMessage * message)
{
  self->is_playing = FALSE;
}

void
gst_foxapi_video_bin_on_dropped (GstFoxapiVideoBin * self, gpointer object,
    GstMessage * message)
{
  /* Otherwise the shot that is on its way is still to be announced. */
  if (!self->is_generating || self->downloaded == self->latest)
    gst_foxapi_video_bin_announce_shots (self);
}

/* The application has ended the program. */
void
gst_foxapi_video_bin_on_close (GstFoxapiVideoBin * self, gpointer object,
    GstMessage * message)
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
  if (self->run.end == GST_FOXAPI_END_REPEAT && !ends)
    gst_foxapi_video_bin_repeat_clip (self, player);
}

void
gst_foxapi_video_bin_on_program_event (GstFoxapiProgramEvent event,
    GstFoxapiPlayer * player, gpointer user_data)
{
  static GstFoxapiBinCall *const calls[] = {
    [GST_FOXAPI_PROGRAM_ON_AIR] = on_air,
    [GST_FOXAPI_PROGRAM_ENDED] = on_ended,
    [GST_FOXAPI_PROGRAM_GONE] = gst_foxapi_video_bin_remove_player,
  };

  gst_foxapi_video_bin_call (user_data, calls[event], player, NULL);
}

/* The thread */

static gpointer
control (gpointer data)
{
  GstFoxapiVideoBin *self = data;
  gint64 tick_us = g_get_monotonic_time () + G_USEC_PER_SEC;
  gboolean is_over = FALSE;

  while (!is_over) {
    gint64 now_us = g_get_monotonic_time ();
    Call *call = g_async_queue_timeout_pop (self->calls, MAX (tick_us - now_us,
            0));

    if (call == NULL) {
      tick_us = g_get_monotonic_time () + G_USEC_PER_SEC;
      count_preroll_tick (self);
      gst_foxapi_video_bin_update_text (self);
      continue;
    }
    is_over = call->func == NULL;
    if (!is_over)
      call->func (self, call->object, call->message);
    call_free (call);
  }
  return NULL;
}

void
gst_foxapi_video_bin_start_control (GstFoxapiVideoBin * self)
{
  self->control = g_thread_new ("foxapicontrol", control, self);
}

/* Returns when the thread has ended; what it has not got to stays in the queue. */
void
gst_foxapi_video_bin_stop_control (GstFoxapiVideoBin * self)
{
  if (self->control == NULL)
    return;
  g_async_queue_push_front (self->calls, g_new0 (Call, 1));
  g_thread_join (g_steal_pointer (&self->control));
}

/* While it is stopped: the queue is empty then. What is torn down has nothing to tell,
 * but, if @tells, that what it was at has ended. */
void
gst_foxapi_video_bin_drain_calls (GstFoxapiVideoBin * self, gboolean tells)
{
  Call *call;

  while ((call = g_async_queue_try_pop (self->calls)) != NULL) {
    if (tells && call->func == gst_foxapi_video_bin_tell_progress)
      call->func (self, NULL, call->message);
    call_free (call);
  }
}
