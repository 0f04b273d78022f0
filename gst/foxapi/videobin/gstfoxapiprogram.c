/* What is on the air: placeholder, result, what follows its end
 *
 * Why not input-selector, compositor or concat: a switch among elements happens
 * where a buffer arrives, and each stream decides for itself. Here one frame
 * number decides for picture and sound, the output's timestamps are counted
 * rather than taken over, and a result that is late or broken delays nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: the video thread asks for each frame and decides, the audio
 * thread follows what is decided, the bin's control offers players. All of them
 * hold the lock, for moments; waiting happens on its condition. Players' counters
 * and sinks have locks of their own, taken inside this one. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiprogram.h"

#include <gst/base/gstadapter.h>
#include <string.h>

GST_DEBUG_CATEGORY_STATIC (foxapi_program_debug);
#define GST_CAT_DEFAULT foxapi_program_debug

/* So many frames are decided ahead of the video thread while nothing is on the
 * content: a muxer may want the sound of a frame before it takes that frame. */
#define LOOKAHEAD 2

/* A result on its way through the program */
typedef struct
{
  GstFoxapiPlayer *player;      /* owned */
  GList *events;                /* (element-type GstEvent): ahead of its first frame */
  gboolean has_been_told;       /* that it has ended */
  guint64 start;                /* its first frame */
  guint64 end;                  /* behind its last; G_MAXUINT64: not known */
  guint64 next;                 /* number, in the result, of the next to come */
  GstBuffer *skipped;           /* (nullable): before @next, not shown so far */
  GstAdapter *samples;          /* taken, not yet sounded */
  guint64 samples_start;        /* number, in the result, of their first */
} Clip;

struct _GstFoxapiProgram
{
  GstFoxapiProgramFunc func;
  gpointer user_data;

  GMutex lock;
  GCond changed;

  /* All of these: the lock */
  GstFoxapiProgramSettings settings;
  gboolean is_flushing;
  gboolean is_started;          /* first is known */
  guint64 first;                /* frame of the output */
  guint64 decided;              /* what is below this will not change */
  guint64 video_next;           /* frame that the video will ask for next */
  guint64 audio_next;           /* the audio, likewise */
  gboolean video_is_linked;
  gboolean audio_is_due;        /* by the clock: @audio_next cannot wait */
  gboolean audio_is_gone;       /* nobody asks for samples any more */
  gboolean more_to_come;        /* after the results that are known */
  gboolean is_delivering;       /* a result has ended, its delivery has not */
  gboolean is_finished;         /* nothing more is to come, ever */
  guint64 end;                  /* of all; G_MAXUINT64: not known */
  gboolean is_interrupted[GST_FOXAPI_N_STREAMS];        /* nobody may wait */
  GstFoxapiPlayer *next;        /* (nullable): what goes on the air next */
  GList *next_events;           /* of @next */
  GQueue clips;                 /* oldest first; the last may be on the air */
  GstBuffer *last_frame;        /* (nullable): that was shown of a result */
  GstBuffer *final_frame;       /* (nullable): with which a result has ended */
};

static void
unref_event (gpointer event)
{
  gst_event_unref (event);
}

static void
clip_free (Clip * clip)
{
  gst_object_unref (clip->player);
  g_clear_list (&clip->events, unref_event);
  gst_clear_buffer (&clip->skipped);
  g_object_unref (clip->samples);
  g_free (clip);
}

/* Called with the lock */
static void
drop_clip (GstFoxapiProgram * self, Clip * clip)
{
  self->func (GST_FOXAPI_PROGRAM_GONE, clip->player, self->user_data);
  clip_free (clip);
}

/* Called with the lock */
static void
drop_next (GstFoxapiProgram * self)
{
  if (self->next == NULL)
    return;
  self->func (GST_FOXAPI_PROGRAM_GONE, self->next, self->user_data);
  gst_clear_object (&self->next);
  g_clear_list (&self->next_events, unref_event);
}

static void
on_player_changed (gpointer user_data)
{
  gst_foxapi_program_wake (user_data);
}

GstFoxapiProgram *
gst_foxapi_program_new (GstFoxapiProgramFunc func, gpointer user_data)
{
  static gsize once = 0;
  GstFoxapiProgram *self = g_new0 (GstFoxapiProgram, 1);

  if (g_once_init_enter (&once)) {
    GST_DEBUG_CATEGORY_INIT (foxapi_program_debug, "foxapiprogram", 0,
        "What is on the air");
    g_once_init_leave (&once, 1);
  }
  self->func = func;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  g_queue_init (&self->clips);
  self->is_flushing = TRUE;
  return self;
}

void
gst_foxapi_program_free (GstFoxapiProgram * program)
{
  gst_clear_buffer (&program->last_frame);
  gst_clear_buffer (&program->final_frame);
  g_mutex_clear (&program->lock);
  g_cond_clear (&program->changed);
  g_free (program);
}

void
gst_foxapi_program_start (GstFoxapiProgram * program,
    const GstFoxapiProgramSettings * settings)
{
  g_mutex_lock (&program->lock);
  program->settings = *settings;
  program->is_flushing = FALSE;
  program->is_started = FALSE;
  program->first = program->decided = 0;
  program->video_next = program->audio_next = 0;
  program->audio_is_due = program->audio_is_gone = FALSE;
  program->more_to_come = TRUE;
  program->is_delivering = FALSE;
  program->is_finished = FALSE;
  program->end = G_MAXUINT64;
  gst_clear_buffer (&program->last_frame);
  gst_clear_buffer (&program->final_frame);
  g_mutex_unlock (&program->lock);
}

/* Whoever waits for it returns. All players are gone. */
void
gst_foxapi_program_stop (GstFoxapiProgram * program)
{
  Clip *clip;

  g_mutex_lock (&program->lock);
  program->is_flushing = TRUE;
  drop_next (program);
  while ((clip = g_queue_pop_head (&program->clips)) != NULL)
    drop_clip (program, clip);
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
}

void
gst_foxapi_program_offer (GstFoxapiProgram * program, GstFoxapiPlayer * player,
    GList * events)
{
  gst_foxapi_player_set_listener (player, on_player_changed, program);
  g_mutex_lock (&program->lock);
  drop_next (program);
  program->next = gst_object_ref (player);
  program->next_events = events;
  if (program->audio_is_gone)
    gst_foxapi_player_drop_audio (player);
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
}

void
gst_foxapi_program_withdraw (GstFoxapiProgram * program,
    GstFoxapiPlayer * player)
{
  g_mutex_lock (&program->lock);
  if (program->next == player)
    drop_next (program);
  g_mutex_unlock (&program->lock);
  /* Where it is on the air, that is its end. */
  gst_foxapi_player_give_up (player);
}

void
gst_foxapi_program_set_more_to_come (GstFoxapiProgram * program,
    gboolean more_to_come)
{
  g_mutex_lock (&program->lock);
  program->more_to_come = more_to_come;
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
}

/* Another result shall follow what is known. Returns FALSE if the program
 * has not started, or has ended: nothing can follow. */
gboolean
gst_foxapi_program_ask_for_more (GstFoxapiProgram * program)
{
  gboolean is_open;

  g_mutex_lock (&program->lock);
  is_open = !program->is_flushing && program->end == G_MAXUINT64;
  if (is_open) {
    program->more_to_come = TRUE;
    program->is_finished = FALSE;
  }
  g_mutex_unlock (&program->lock);
  return is_open;
}

/* The delivery of the result that has been shown has ended, or will never.
 * The pictures do not end before: who stops at EOS is not to find the task
 * again. */
void
gst_foxapi_program_delivered (GstFoxapiProgram * program)
{
  g_mutex_lock (&program->lock);
  program->is_delivering = FALSE;
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
}

/* No result will come. Where there is no placeholder to go on with, that is
 * the end. */
void
gst_foxapi_program_finish (GstFoxapiProgram * program)
{
  g_mutex_lock (&program->lock);
  program->is_finished = TRUE;
  program->is_delivering = FALSE;
  program->more_to_come = FALSE;
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
}

/* Called with the lock: nothing can be asked for any more. */
static void
end_here (GstFoxapiProgram * self)
{
  self->end = MIN (self->end, self->decided);
  g_cond_broadcast (&self->changed);
}

/* The program ends as soon as it can: with what is decided. */
void
gst_foxapi_program_close (GstFoxapiProgram * program)
{
  g_mutex_lock (&program->lock);
  end_here (program);
  g_mutex_unlock (&program->lock);
}

/* Returns the frame with which the latest result that has been shown to its
 * end has ended, or NULL. */
GstBuffer *
gst_foxapi_program_dup_final_frame (GstFoxapiProgram * program)
{
  GstBuffer *frame;

  g_mutex_lock (&program->lock);
  frame = program->final_frame ? gst_buffer_ref (program->final_frame) : NULL;
  g_mutex_unlock (&program->lock);
  return frame;
}

GstClockTime
gst_foxapi_program_frame_to_time (GstFoxapiProgram * program, guint64 frame)
{
  return gst_util_uint64_scale (frame,
      GST_SECOND * program->settings.fps_d, program->settings.fps_n);
}

guint64
gst_foxapi_program_frame_to_sample (GstFoxapiProgram * program, guint64 frame)
{
  return gst_util_uint64_scale_round (frame, (guint64) program->settings.rate
      * program->settings.fps_d, program->settings.fps_n);
}

/* Of a time in a result */
static guint64
time_to_frame (GstFoxapiProgram * self, GstClockTime time)
{
  return gst_util_uint64_scale_round (time, self->settings.fps_n,
      GST_SECOND * self->settings.fps_d);
}

static GstClockTime
get_time_in_result (GstSample * sample)
{
  GstClockTime time = gst_segment_to_running_time (gst_sample_get_segment
      (sample), GST_FORMAT_TIME,
      GST_BUFFER_PTS (gst_sample_get_buffer (sample)));

  return GST_CLOCK_TIME_IS_VALID (time) ? time : 0;
}

/* Called with the lock. %FALSE: the stream must not wait. */
static gboolean
wait_for_change (GstFoxapiProgram * self, GstFoxapiStream stream)
{
  if (self->is_flushing || self->is_interrupted[stream])
    return FALSE;
  g_cond_wait (&self->changed, &self->lock);
  return TRUE;
}

/* Called with the lock */
static gboolean
next_is_ready (GstFoxapiProgram * self)
{
  return self->next != NULL && gst_foxapi_player_is_ready (self->next);
}

/* Called with the lock: whether there is something to show, or never will be */
static gboolean
can_begin (GstFoxapiProgram * self)
{
  return self->is_started || self->end != G_MAXUINT64 || self->is_finished
      || self->settings.has_placeholder || next_is_ready (self);
}

/* Called with the lock, in the video thread alone, which gives it up for the
 * clock */
static void
start_at_now (GstFoxapiProgram * self, GstFoxapiProgramClock clock,
    gpointer user_data)
{
  GstClockTime now = 0;

  if (self->settings.is_live) {
    g_mutex_unlock (&self->lock);
    now = clock (user_data);
    g_mutex_lock (&self->lock);
  }
  self->first = gst_util_uint64_scale_ceil (now, self->settings.fps_n,
      GST_SECOND * self->settings.fps_d);
  self->decided = self->video_next = self->audio_next = self->first;
  self->is_started = TRUE;
  GST_DEBUG ("the first frame is %" G_GUINT64_FORMAT, self->first);
  g_cond_broadcast (&self->changed);
}

/* Waits until there is something to show, and begins then. Only the video
 * does: it may have a first picture to wait for, and nothing may be late
 * because of it. */
GstFoxapiContent
gst_foxapi_program_begin (GstFoxapiProgram * program,
    GstFoxapiProgramClock clock, gpointer user_data, guint64 * frame)
{
  GstFoxapiProgram *self = program;
  GstFoxapiContent content = GST_FOXAPI_CONTENT_FLUSHING;

  g_mutex_lock (&self->lock);
  while (!can_begin (self) && wait_for_change (self, GST_FOXAPI_STREAM_VIDEO));
  if (!self->is_flushing && can_begin (self)) {
    content = GST_FOXAPI_CONTENT_RESULT;
    if (self->next == NULL && self->is_finished
        && !self->settings.has_placeholder)
      end_here (self);
    if (self->end != G_MAXUINT64)
      content = GST_FOXAPI_CONTENT_EOS;
    else if (!self->is_started)
      start_at_now (self, clock, user_data);
  }
  *frame = self->first;
  g_mutex_unlock (&self->lock);
  return content;
}

/* Waits until the video has begun. */
GstFoxapiContent
gst_foxapi_program_wait_begun (GstFoxapiProgram * program, guint64 * frame)
{
  GstFoxapiProgram *self = program;
  GstFoxapiContent content = GST_FOXAPI_CONTENT_FLUSHING;

  g_mutex_lock (&self->lock);
  while (!self->is_started && self->end == G_MAXUINT64
      && wait_for_change (self, GST_FOXAPI_STREAM_AUDIO));
  if (self->is_started && !self->is_flushing)
    content = GST_FOXAPI_CONTENT_RESULT;
  else if (self->end != G_MAXUINT64 && !self->is_flushing)
    content = GST_FOXAPI_CONTENT_EOS;
  *frame = self->first;
  g_mutex_unlock (&self->lock);
  return content;
}

/* Called with the lock: what is on the air, or NULL */
static Clip *
get_on_air (GstFoxapiProgram * self)
{
  Clip *clip = g_queue_peek_tail (&self->clips);

  return clip != NULL && clip->end == G_MAXUINT64 ? clip : NULL;
}

/* Called with the lock */
static void
put_on_air (GstFoxapiProgram * self, guint64 frame)
{
  Clip *clip = g_new0 (Clip, 1);

  GST_DEBUG ("on the air with frame %" G_GUINT64_FORMAT, frame);
  clip->player = g_steal_pointer (&self->next);
  clip->events = g_steal_pointer (&self->next_events);
  clip->start = frame;
  clip->end = G_MAXUINT64;
  clip->samples = gst_adapter_new ();
  g_queue_push_tail (&self->clips, clip);
  self->func (GST_FOXAPI_PROGRAM_ON_AIR, clip->player, self->user_data);
}

/* Called with the lock: lets go of clips that neither stream needs, and of which
 * the pictures' thread has told. It may be waiting for what the sound's decides. */
static void
clean_up (GstFoxapiProgram * self)
{
  Clip *clip;

  while ((clip = g_queue_peek_head (&self->clips)) != NULL
      && clip->has_been_told && (self->audio_is_gone
          || clip->end <= self->audio_next)) {
    g_queue_pop_head (&self->clips);
    drop_clip (self, clip);
  }
}

/* Called with the lock: the result ends in front of @frame */
static void
take_off_air (GstFoxapiProgram * self, Clip * clip, guint64 frame)
{
  GST_DEBUG ("off the air with frame %" G_GUINT64_FORMAT, frame);
  clip->end = frame;
  self->is_delivering = TRUE;
  gst_buffer_replace (&self->final_frame, clip->skipped ? clip->skipped :
      self->last_frame);
}

/* Called with the lock, in the video thread: who asks for a frame has let go of
 * those before it. */
static void
tell_what_has_ended (GstFoxapiProgram * self)
{
  for (GList * l = self->clips.head; l != NULL; l = l->next) {
    Clip *clip = l->data;

    if (clip->end > self->video_next || clip->has_been_told)
      continue;
    clip->has_been_told = TRUE;
    self->func (GST_FOXAPI_PROGRAM_ENDED, clip->player, self->user_data);
  }
}

/* Called with the lock: whether the program ends where nothing is on the air */
static gboolean
is_over (GstFoxapiProgram * self)
{
  if (self->next != NULL || self->more_to_come)
    return FALSE;
  if (self->last_frame == NULL)
    return self->is_finished && !self->settings.has_placeholder;
  return self->settings.end == GST_FOXAPI_END_EOS || (self->is_finished
      && !self->settings.has_placeholder);
}

/* Called with the lock: whether nothing can be shown before the next result is
 * ready. A program that is not live has the time. */
static gboolean
has_to_wait (GstFoxapiProgram * self)
{
  gboolean is_coming = self->next != NULL || self->more_to_come;

  if (self->last_frame == NULL)
    return !self->settings.has_placeholder;
  if (self->settings.is_live)
    return FALSE;
  if (self->settings.end == GST_FOXAPI_END_REPEAT && !self->is_finished)
    return TRUE;
  return is_coming && !self->settings.has_placeholder;
}

/* Called with the lock: into @buffer. %FALSE: it is not there. */
static gboolean
take_next_frame (GstFoxapiProgram * self, Clip * clip, GstBuffer ** buffer)
{
  g_autoptr (GstSample) sample = gst_foxapi_player_take_frame (clip->player);
  guint64 number;

  if (sample == NULL)
    return FALSE;
  number = time_to_frame (self, get_time_in_result (sample));
  clip->next = MAX (number, clip->next) + 1;
  gst_buffer_replace (buffer, gst_sample_get_buffer (sample));
  return TRUE;
}

/* Called with the lock. Frames that come too late to be shown are dropped: sound
 * and picture stay together. %FALSE: the frame is not there (yet). */
static gboolean
take_frame (GstFoxapiProgram * self, Clip * clip, guint64 frame)
{
  guint64 wanted = frame - clip->start;

  if (clip->skipped != NULL) {
    gst_buffer_replace (&self->last_frame, clip->skipped);
    gst_clear_buffer (&clip->skipped);
  }
  while (clip->next <= wanted
      && take_next_frame (self, clip, &self->last_frame));
  return clip->next > wanted;
}

/* Called with the lock */
static void
decide (GstFoxapiProgram * self, guint64 frame)
{
  if (frame <= self->decided)
    return;
  self->decided = frame;
  g_cond_broadcast (&self->changed);
}

/* Called with the lock: what the player has in stock is decided, and so is the
 * end when that is in sight. */
static void
settle_clip (GstFoxapiProgram * self, Clip * clip)
{
  decide (self, clip->start + clip->next
      + gst_foxapi_player_count_frames (clip->player));
  if (gst_foxapi_player_video_has_ended (clip->player))
    take_off_air (self, clip, MAX (self->decided, clip->start + clip->next));
}

/* Called with the lock: decides what can be decided now. Either stream does, so
 * that none of them has to wait until the other is let go by what it feeds: a
 * muxer takes a frame only when it has the sound behind it. */
static void
settle (GstFoxapiProgram * self)
{
  Clip *clip = get_on_air (self);

  if (clip != NULL)
    settle_clip (self, clip);
  if (get_on_air (self) != NULL || self->end != G_MAXUINT64)
    return;

  if (next_is_ready (self)) {
    put_on_air (self, self->decided);
    settle_clip (self, get_on_air (self));
  } else if (is_over (self)) {
    self->end = self->decided;
    g_cond_broadcast (&self->changed);
  } else if (!has_to_wait (self)) {
    decide (self, (self->audio_is_due ? MAX (self->video_next,
                self->audio_next) : self->video_next) + 1 + LOOKAHEAD);
  }
}

/* Called with the lock. %FALSE: not decided yet, and there is nothing to show. */
static gboolean
show_clip (GstFoxapiProgram * self, Clip * clip, guint64 frame)
{
  if (take_frame (self, clip, frame))
    return TRUE;
  if (self->last_frame == NULL && !self->settings.has_placeholder)
    return FALSE;
  if (frame < self->decided)
    return TRUE;
  if (!self->settings.is_live)
    return FALSE;
  GST_WARNING ("frame %" G_GUINT64_FORMAT " is late, the one before it stays",
      frame);
  decide (self, frame + 1);
  return TRUE;
}

/* Called with the lock. In a program that is not live, pictures that nobody takes
 * follow the sound, as they have no clock to follow. */
static gboolean
video_has_to_follow (GstFoxapiProgram * self, guint64 frame)
{
  return !self->settings.is_live && !self->video_is_linked
      && !self->audio_is_gone && frame > self->audio_next + LOOKAHEAD;
}

/* Called with the lock */
static Clip *
find_clip (GstFoxapiProgram * self, guint64 frame)
{
  for (GList * l = self->clips.head; l != NULL; l = l->next) {
    Clip *clip = l->data;

    if (frame >= clip->start && frame < clip->end)
      return clip;
  }
  return NULL;
}

/* Called with the lock. %FALSE: it cannot be shown yet. */
static gboolean
show (GstFoxapiProgram * self, guint64 frame)
{
  Clip *clip = find_clip (self, frame);

  if (clip != NULL)
    return show_clip (self, clip, frame);
  return frame < self->decided;
}

/* Called with the lock: an end that was told of while frames were left is not told
 * of again when they have been taken. */
static gboolean
has_run_out (GstFoxapiProgram * self)
{
  Clip *clip = get_on_air (self);

  return clip != NULL && gst_foxapi_player_video_has_ended (clip->player);
}

/* Called with the lock */
static GstFoxapiContent
decide_frame (GstFoxapiProgram * self, guint64 frame)
{
  do {
    if (self->is_flushing)
      return GST_FOXAPI_CONTENT_FLUSHING;
    settle (self);
    tell_what_has_ended (self);
    if (self->end <= frame && !self->is_delivering)
      return GST_FOXAPI_CONTENT_EOS;
    if (!video_has_to_follow (self, frame) && show (self, frame)) {
      settle (self);
      return self->last_frame ? GST_FOXAPI_CONTENT_RESULT :
          GST_FOXAPI_CONTENT_PLACEHOLDER;
    }
  } while (has_run_out (self)
      || wait_for_change (self, GST_FOXAPI_STREAM_VIDEO));
  return GST_FOXAPI_CONTENT_FLUSHING;
}

/* Called with the lock: the events that go ahead of @frame */
static GList *
take_events (GstFoxapiProgram * self, guint64 frame)
{
  Clip *clip = find_clip (self, frame);

  return clip ? g_steal_pointer (&clip->events) : NULL;
}

GstFoxapiContent
gst_foxapi_program_get_frame (GstFoxapiProgram * program, guint64 frame,
    GstBuffer ** buffer, GList ** events)
{
  GstFoxapiContent content;

  g_mutex_lock (&program->lock);
  program->video_next = frame;
  content = decide_frame (program, frame);
  *buffer = content == GST_FOXAPI_CONTENT_RESULT ?
      gst_buffer_ref (program->last_frame) : NULL;
  *events = content == GST_FOXAPI_CONTENT_RESULT ?
      take_events (program, frame) : NULL;
  clean_up (program);
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
  return content;
}

/* Called with the lock. %FALSE: none is there. */
static gboolean
take_samples (GstFoxapiProgram * self, Clip * clip)
{
  GstSample *sample = gst_foxapi_player_take_samples (clip->player);

  if (sample == NULL)
    return FALSE;
  if (gst_adapter_available (clip->samples) == 0)
    clip->samples_start = gst_util_uint64_scale_round (get_time_in_result
        (sample), self->settings.rate, GST_SECOND);
  gst_adapter_push (clip->samples,
      gst_buffer_ref (gst_sample_get_buffer (sample)));
  gst_sample_unref (sample);
  return TRUE;
}

/* Called with the lock: drops what should have sounded before @wanted */
static void
drop_late_samples (GstFoxapiProgram * self, Clip * clip, guint64 wanted)
{
  gsize there = gst_adapter_available (clip->samples) / self->settings.bpf;
  guint64 late;

  if (wanted <= clip->samples_start || there == 0)
    return;
  late = MIN (wanted - clip->samples_start, there);
  gst_adapter_flush (clip->samples, late * self->settings.bpf);
  clip->samples_start += late;
}

/* Called with the lock: @n samples from @wanted on are there, or will not be */
static gboolean
collect_samples (GstFoxapiProgram * self, Clip * clip, guint64 wanted,
    guint64 n)
{
  do {
    drop_late_samples (self, clip, wanted);
    if (gst_adapter_available (clip->samples) > 0
        && clip->samples_start + gst_adapter_available (clip->samples)
        / self->settings.bpf >= wanted + n)
      return TRUE;
  } while (take_samples (self, clip));
  return self->settings.is_live || self->audio_is_gone
      || gst_foxapi_player_audio_has_ended (clip->player);
}

/* Called with the lock: into @data, which is silent */
static void
copy_samples (GstFoxapiProgram * self, Clip * clip, guint64 wanted,
    guint64 n, guint8 * data)
{
  gsize bpf = self->settings.bpf;
  guint64 there = gst_adapter_available (clip->samples) / bpf;
  guint64 skip = clip->samples_start > wanted ?
      clip->samples_start - wanted : 0;

  if (there == 0 || skip >= n)
    return;
  n = MIN (n - skip, there);
  gst_adapter_copy (clip->samples, data + skip * bpf, 0, n * bpf);
  gst_adapter_flush (clip->samples, n * bpf);
  clip->samples_start += n;
}

/* Called with the lock: what @frame sounds, into @data, which is silent. %FALSE:
 * not there yet. */
static gboolean
sound_clip (GstFoxapiProgram * self, Clip * clip, guint64 frame, guint8 * data)
{
  guint64 start = gst_foxapi_program_frame_to_sample (self, frame);
  guint64 n = gst_foxapi_program_frame_to_sample (self, frame + 1) - start;
  guint64 wanted = start
      - gst_foxapi_program_frame_to_sample (self, clip->start);

  if (!collect_samples (self, clip, wanted, n))
    return FALSE;
  copy_samples (self, clip, wanted, n, data);
  return TRUE;
}

/* Called with the lock. Live, pictures that nobody takes in time must not keep the
 * sound of the same file from being decoded. */
static void
skip_late_frames (GstFoxapiProgram * self, guint64 frame)
{
  Clip *clip = find_clip (self, frame);

  if (!self->audio_is_due || clip == NULL
      || !gst_foxapi_player_video_is_in_the_way (clip->player))
    return;
  while (clip->start + clip->next + LOOKAHEAD < frame
      && take_next_frame (self, clip, &clip->skipped));
}

/* Called with the lock: whether there is something to sound, or silence, for each
 * frame whose time has come */
static gboolean
is_on_time (GstFoxapiProgram * self)
{
  return self->audio_is_due && (get_on_air (self) || !has_to_wait (self));
}

/* Called with the lock. %FALSE: it cannot be told yet. */
static gboolean
sound (GstFoxapiProgram * self, guint64 frame, guint8 * data)
{
  Clip *clip;

  skip_late_frames (self, frame);
  if (frame >= self->decided && !is_on_time (self))
    return FALSE;
  decide (self, frame + 1);
  clip = find_clip (self, frame);
  return clip == NULL || sound_clip (self, clip, frame, data);
}

/* Called with the lock */
static GstFoxapiContent
decide_samples (GstFoxapiProgram * self, guint64 frame, guint8 * data)
{
  do {
    if (self->is_flushing)
      return GST_FOXAPI_CONTENT_FLUSHING;
    settle (self);
    if (self->end <= frame)
      return GST_FOXAPI_CONTENT_EOS;
    if (sound (self, frame, data))
      return GST_FOXAPI_CONTENT_RESULT;
  } while (wait_for_change (self, GST_FOXAPI_STREAM_AUDIO));
  return GST_FOXAPI_CONTENT_FLUSHING;
}

/* Waits until it is decided what @frame shows, or decides that when it is
 * due: live sound does not wait for pictures that are held up. */
GstFoxapiContent
gst_foxapi_program_get_samples (GstFoxapiProgram * program, guint64 frame,
    gboolean is_due, guint8 * data)
{
  GstFoxapiContent content;

  g_mutex_lock (&program->lock);
  program->audio_next = frame;
  program->audio_is_due = is_due && program->settings.is_live;
  g_cond_broadcast (&program->changed);
  content = decide_samples (program, frame, data);
  clean_up (program);
  g_mutex_unlock (&program->lock);
  return content;
}

/* Whoever waits looks again. */
void
gst_foxapi_program_wake (GstFoxapiProgram * program)
{
  g_mutex_lock (&program->lock);
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
}

void
gst_foxapi_program_set_video_is_linked (GstFoxapiProgram * program,
    gboolean is_linked)
{
  g_mutex_lock (&program->lock);
  program->video_is_linked = is_linked;
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
}

/* Whoever waits for the stream, or would, gets GST_FOXAPI_CONTENT_FLUSHING, and
 * may ask for the same frame again later. */
void
gst_foxapi_program_interrupt (GstFoxapiProgram * program,
    GstFoxapiStream stream, gboolean is_interrupted)
{
  g_mutex_lock (&program->lock);
  program->is_interrupted[stream] = is_interrupted;
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
}

void
gst_foxapi_program_audio_is_gone (GstFoxapiProgram * program)
{
  g_mutex_lock (&program->lock);
  program->audio_is_gone = TRUE;
  for (GList * l = program->clips.head; l != NULL; l = l->next) {
    Clip *clip = l->data;

    gst_foxapi_player_drop_audio (clip->player);
  }
  if (program->next != NULL)
    gst_foxapi_player_drop_audio (program->next);
  clean_up (program);
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
}
