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
 * and sinks have locks of their own, taken inside this one. Static functions are
 * called with the lock, wake() and set() apart. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiprogram.h"

#include <gst/base/gstadapter.h>
#include <string.h>

GST_DEBUG_CATEGORY_STATIC (foxapi_program_debug);
#define GST_CAT_DEFAULT foxapi_program_debug

/* So many frames are decided ahead of the video thread while nothing is on the air:
 * a muxer may want the sound of a frame before it takes that frame. */
#define LOOKAHEAD 2

#define UNKNOWN GST_BUFFER_OFFSET_NONE

/* A result on its way through the program */
typedef struct
{
  GstFoxapiPlayer *player;      /* owned */
  GList *events;                /* (element-type GstEvent): ahead of its first frame */
  GstStructure *about;          /* (nullable): what on_air says of it; NULL while it
                                 * waits: it repeats what was shown before */
  gboolean has_been_told;       /* that it has ended */
  guint64 start;                /* its first frame */
  guint64 end;                  /* behind its last, or UNKNOWN */
  guint64 next;                 /* number, in the result, of the next to come */
  GstBuffer *skipped;           /* (nullable): the one before @next, if the sound has
                                 * overtaken it */
  GstAdapter *samples;          /* taken, not yet sounded */
  guint64 samples_start;        /* number, in the result, of their first */
} Clip;

struct _GstFoxapiProgram
{
  GstFoxapiProgramFunc func;
  gpointer user_data;

  GMutex lock;
  GCond changed;

  /* The lock to change them; fixed while the streams run, the audio's formats from
   * its first samples on, and read without it then */
  GstFoxapiProgramSettings settings;    /* but for "end" */
  gint rate;                    /* audio samples per second */
  gint bpf;                     /* bytes of an audio sample of all channels */

  /* All of these: the lock */
  gboolean is_flushing;
  guint64 first;                /* frame of the output, or UNKNOWN */
  guint64 decided;              /* what is below this will not change */
  guint64 video_next;           /* frame that the video will ask for next */
  guint64 audio_next;           /* the audio, likewise */
  gboolean video_is_linked;
  gboolean audio_is_due;        /* by the clock: @audio_next cannot wait */
  gboolean audio_is_gone;       /* nobody asks for samples any more */
  gboolean more_to_come;        /* after the results that are known */
  gboolean is_delivering;       /* a result has ended, its delivery has not */
  gboolean is_finished;         /* nothing more is to come, ever */
  gboolean ends;                /* likewise, and nothing is shown instead */
  gboolean wants_placeholder;   /* behind the clip that is on the air, if one is */
  guint64 end;                  /* of all, or UNKNOWN */
  gboolean is_interrupted[GST_FOXAPI_N_STREAMS];        /* nobody may wait */
  Clip *next;                   /* (nullable): what goes on the air next */
  GQueue clips;                 /* oldest first; the last may be on the air */
  GstBuffer *last_frame;        /* (nullable): that was shown of a result */
  GstBuffer *final_frame;       /* (nullable): with which a result has ended */
  GstFoxapiState state;         /* as of the latest frame */
  guint64 shown_since;          /* the first frame of what the latest frame shows */
  GstStructure *about;          /* (nullable): of the latest result */
};

/* @clip: (transfer full) */
static void
drop_clip (GstFoxapiProgram * self, Clip * clip)
{
  self->func (GST_FOXAPI_PROGRAM_GONE, clip->player, self->user_data);
  gst_object_unref (clip->player);
  g_list_free_full (clip->events, (GDestroyNotify) gst_mini_object_unref);
  gst_clear_structure (&clip->about);
  gst_clear_buffer (&clip->skipped);
  g_object_unref (clip->samples);
  g_free (clip);
}

static void
drop_next (GstFoxapiProgram * self)
{
  if (self->next != NULL)
    drop_clip (self, g_steal_pointer (&self->next));
}

static gboolean
next_is_new (GstFoxapiProgram * self)
{
  return self->next != NULL && self->next->about != NULL;
}

static void
drop_repetition (GstFoxapiProgram * self)
{
  if (!next_is_new (self))
    drop_next (self);
}

/* Whoever waits looks again. */
static void
wake (gpointer user_data)
{
  GstFoxapiProgram *self = user_data;

  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static void
set (GstFoxapiProgram * self, gboolean * flag, gboolean value)
{
  g_mutex_lock (&self->lock);
  *flag = value;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
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
  gst_clear_structure (&program->about);
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
  program->first = UNKNOWN;
  program->decided = 0;
  program->video_next = program->audio_next = 0;
  program->audio_is_due = program->audio_is_gone = FALSE;
  program->more_to_come = TRUE;
  program->is_delivering = FALSE;
  program->is_finished = program->ends = FALSE;
  program->wants_placeholder = FALSE;
  program->end = UNKNOWN;
  program->state = GST_FOXAPI_STATE_WAITING;
  gst_clear_structure (&program->about);
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

/* @events: (transfer full); @about: (nullable): what it is; NULL: it repeats what was
 * shown before, unless there is something new to show */
void
gst_foxapi_program_offer (GstFoxapiProgram * program, GstFoxapiPlayer * player,
    GList * events, const GstStructure * about)
{
  Clip *clip = g_new0 (Clip, 1);

  clip->player = gst_object_ref (player);
  clip->events = events;
  clip->about = about ? gst_structure_copy (about) : NULL;
  clip->end = UNKNOWN;
  clip->samples = gst_adapter_new ();
  gst_foxapi_player_set_listener (player, wake, program);
  g_mutex_lock (&program->lock);
  if (about == NULL && (next_is_new (program) || program->wants_placeholder)) {
    drop_clip (program, clip);
  } else {
    drop_next (program);
    program->next = clip;
    if (program->audio_is_gone)
      gst_foxapi_player_drop_audio (player);
    g_cond_broadcast (&program->changed);
  }
  g_mutex_unlock (&program->lock);
}

void
gst_foxapi_program_withdraw (GstFoxapiProgram * program,
    GstFoxapiPlayer * player)
{
  g_mutex_lock (&program->lock);
  if (program->next != NULL && program->next->player == player)
    drop_next (program);
  g_mutex_unlock (&program->lock);
  /* Where it is on the air, that is its end. */
  gst_foxapi_player_give_up (player);
}

void
gst_foxapi_program_set_more_to_come (GstFoxapiProgram * program,
    gboolean more_to_come)
{
  set (program, &program->more_to_come, more_to_come);
}

/* Another result shall follow what is known. Returns FALSE if the program
 * has not started, or has ended: nothing can follow. */
gboolean
gst_foxapi_program_ask_for_more (GstFoxapiProgram * program)
{
  gboolean is_open;

  g_mutex_lock (&program->lock);
  is_open = !program->is_flushing && program->end == UNKNOWN;
  if (is_open) {
    program->more_to_come = TRUE;
    program->is_finished = program->ends = FALSE;
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
  set (program, &program->is_delivering, FALSE);
}

/* From now on that follows the end of a result. Too late where the end is decided. */
void
gst_foxapi_program_set_end (GstFoxapiProgram * program, GstFoxapiEnd end)
{
  g_mutex_lock (&program->lock);
  program->settings.end = end;
  if (end != GST_FOXAPI_END_REPEAT)
    drop_repetition (program);
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
}

/* No result will come. Where there is no placeholder to go on with, that is
 * the end, and with @is_end whatever there is. */
void
gst_foxapi_program_finish (GstFoxapiProgram * program, gboolean is_end)
{
  g_mutex_lock (&program->lock);
  program->is_finished = TRUE;
  program->ends = is_end;
  program->more_to_come = FALSE;
  if (is_end)
    drop_repetition (program);
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
}

/* The program ends as soon as it can: with what is decided. */
void
gst_foxapi_program_close (GstFoxapiProgram * program)
{
  g_mutex_lock (&program->lock);
  program->end = MIN (program->end, program->decided);
  g_cond_broadcast (&program->changed);
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

/* The frame that is due at @time */
guint64
gst_foxapi_program_time_to_frame (GstFoxapiProgram * program, GstClockTime time)
{
  return gst_util_uint64_scale_ceil (time + 1, program->settings.fps_n,
      GST_SECOND * program->settings.fps_d) - 1;
}

/* The number of the first sample of @frame */
guint64
gst_foxapi_program_frame_to_sample (GstFoxapiProgram * program, guint64 frame)
{
  return gst_util_uint64_scale_round (frame, (guint64) program->rate
      * program->settings.fps_d, program->settings.fps_n);
}

/* Before the first samples are asked for */
void
gst_foxapi_program_set_audio_format (GstFoxapiProgram * program, gint rate,
    gint bpf)
{
  g_mutex_lock (&program->lock);
  program->rate = rate;
  program->bpf = bpf;
  g_mutex_unlock (&program->lock);
}

/* Of a sample, in a result that has @n of its kind in @d seconds */
static guint64
get_number (GstSample * sample, guint64 n, guint64 d)
{
  GstClockTime time = gst_segment_to_running_time (gst_sample_get_segment
      (sample), GST_FORMAT_TIME,
      GST_BUFFER_PTS (gst_sample_get_buffer (sample)));

  return GST_CLOCK_TIME_IS_VALID (time) ?
      gst_util_uint64_scale_round (time, n, GST_SECOND * d) : 0;
}

/* %FALSE: the stream must not wait. */
static gboolean
wait_for_change (GstFoxapiProgram * self, GstFoxapiStream stream)
{
  if (self->is_flushing || self->is_interrupted[stream])
    return FALSE;
  g_cond_wait (&self->changed, &self->lock);
  return TRUE;
}

static gboolean
next_is_ready (GstFoxapiProgram * self)
{
  return self->next != NULL && gst_foxapi_player_is_ready (self->next->player);
}

/* Whether what follows the last result is nothing of it */
static gboolean
is_before_result (GstFoxapiProgram * self)
{
  return self->last_frame == NULL || self->wants_placeholder;
}

/* Whether the program ends where nothing is on the air */
static gboolean
is_over (GstFoxapiProgram * self)
{
  if (self->next != NULL || self->more_to_come)
    return FALSE;
  return self->ends || (self->is_finished && !self->settings.has_placeholder)
      || (self->settings.end == GST_FOXAPI_END_EOS && !is_before_result (self));
}

/* Whether nothing can be shown before the next result is ready. A program that is
 * not live has the time. */
static gboolean
has_to_wait (GstFoxapiProgram * self)
{
  gboolean is_coming = self->next != NULL || self->more_to_come;
  gboolean repeats = self->settings.end == GST_FOXAPI_END_REPEAT
      && !self->is_finished;

  if (is_before_result (self))
    return !self->settings.has_placeholder;
  return !self->settings.is_live && (repeats || (is_coming
          && !self->settings.has_placeholder));
}

/* The pictures begin when there is something to show, or never
 * will be, and the sound with them. */
static gboolean
can_begin (GstFoxapiProgram * self, GstFoxapiStream stream)
{
  return self->first != UNKNOWN || self->end != UNKNOWN
      || (stream == GST_FOXAPI_STREAM_VIDEO && (is_over (self)
          || self->settings.has_placeholder || next_is_ready (self)));
}

/* In the video thread alone, which gives the lock up for the clock of @source */
static void
begin_now (GstFoxapiProgram * self, GstElement * source)
{
  GstClockTime now = 0;

  if (self->settings.is_live) {
    g_mutex_unlock (&self->lock);
    now = gst_element_get_current_running_time (source);
    g_mutex_lock (&self->lock);
  }
  self->first = GST_CLOCK_TIME_IS_VALID (now) ?
      gst_util_uint64_scale_ceil (now, self->settings.fps_n,
      GST_SECOND * self->settings.fps_d) : 0;
  self->decided = self->video_next = self->audio_next = self->first;
  GST_DEBUG ("the first frame is %" G_GUINT64_FORMAT, self->first);
  g_cond_broadcast (&self->changed);
}

/* Waits until the stream begins, with @frame. The video decides when: it may have a
 * first picture to wait for, and nothing may be late because of it. */
GstFlowReturn
gst_foxapi_program_begin (GstFoxapiProgram * program, GstFoxapiStream stream,
    GstElement * source, guint64 * frame)
{
  GstFoxapiProgram *self = program;
  GstFlowReturn flow = GST_FLOW_OK;

  g_mutex_lock (&self->lock);
  while (!can_begin (self, stream) && wait_for_change (self, stream));
  if (self->is_flushing || !can_begin (self, stream)) {
    flow = GST_FLOW_FLUSHING;
  } else if (self->first == UNKNOWN) {
    if (is_over (self))
      self->end = 0;
    if (self->end == UNKNOWN)
      begin_now (self, source);
    else
      flow = GST_FLOW_EOS;
    g_cond_broadcast (&self->changed);
  }
  *frame = self->first;
  g_mutex_unlock (&self->lock);
  return flow;
}

/* What is on the air, or NULL */
static Clip *
get_on_air (GstFoxapiProgram * self)
{
  Clip *clip = g_queue_peek_tail (&self->clips);

  return clip != NULL && clip->end == UNKNOWN ? clip : NULL;
}

static void
put_on_air (GstFoxapiProgram * self, guint64 frame)
{
  Clip *clip = g_steal_pointer (&self->next);
  Clip *before = g_queue_peek_tail (&self->clips);
  const GstStructure *same = before ? before->about : self->about;

  GST_DEBUG ("on the air with frame %" G_GUINT64_FORMAT, frame);
  self->wants_placeholder = FALSE;
  if (clip->about == NULL && same != NULL)
    clip->about = gst_structure_copy (same);
  clip->start = frame;
  g_queue_push_tail (&self->clips, clip);
  self->func (GST_FOXAPI_PROGRAM_ON_AIR, clip->player, self->user_data);
}

/* Lets go of clips that neither stream needs, and of which the video thread has
 * told. It may be waiting for the decision of the audio thread. */
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

/* The result ends in front of @frame */
static void
take_off_air (GstFoxapiProgram * self, Clip * clip, guint64 frame)
{
  GST_DEBUG ("off the air with frame %" G_GUINT64_FORMAT, frame);
  clip->end = frame;
  self->is_delivering = TRUE;
  gst_buffer_replace (&self->final_frame, clip->skipped ? clip->skipped :
      self->last_frame);
}

/* In the video thread: who asks for a frame has let go of those before it. */
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

/* Into @buffer. %FALSE: it is not there. */
static gboolean
take_next_frame (GstFoxapiProgram * self, Clip * clip, GstBuffer ** buffer)
{
  g_autoptr (GstSample) sample = gst_foxapi_player_take (clip->player,
      GST_FOXAPI_STREAM_VIDEO);

  if (sample == NULL)
    return FALSE;
  clip->next = MAX (clip->next, get_number (sample, self->settings.fps_n,
          self->settings.fps_d)) + 1;
  gst_buffer_replace (buffer, gst_sample_get_buffer (sample));
  return TRUE;
}

/* Frames that come too late to be shown are dropped: sound and picture stay
 * together. %FALSE: the frame is not there (yet). */
static gboolean
take_frame (GstFoxapiProgram * self, Clip * clip, guint64 frame)
{
  guint64 wanted = frame - clip->start;

  /* One that the sound has overtaken is not shown before its time either. */
  if (clip->skipped != NULL && (clip->next <= wanted + 1
          || self->last_frame == NULL)) {
    gst_buffer_replace (&self->last_frame, clip->skipped);
    gst_clear_buffer (&clip->skipped);
  }
  while (clip->next <= wanted
      && take_next_frame (self, clip, &self->last_frame));
  return clip->next > wanted;
}

static void
decide (GstFoxapiProgram * self, guint64 frame)
{
  if (frame <= self->decided)
    return;
  self->decided = frame;
  g_cond_broadcast (&self->changed);
}

/* What the player has in stock is decided, and so is the end when that is in
 * sight. */
static void
settle_clip (GstFoxapiProgram * self, Clip * clip)
{
  decide (self, clip->start + clip->next
      + gst_foxapi_player_count_frames (clip->player));
  if (gst_foxapi_player_has_ended (clip->player, GST_FOXAPI_STREAM_VIDEO))
    take_off_air (self, clip, MAX (self->decided, clip->start + clip->next));
}

/* Decides what can be decided now. Either stream does, so that none of them has to
 * wait until the other is let go by what it feeds: a muxer takes a frame only when
 * it has the sound behind it. */
static void
settle (GstFoxapiProgram * self)
{
  Clip *clip = get_on_air (self);

  if (clip != NULL)
    settle_clip (self, clip);
  if (get_on_air (self) != NULL || self->end != UNKNOWN)
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

/* %FALSE: not decided yet, and there is nothing to show. */
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

/* In a program that is not live, pictures that nobody takes follow the sound, as
 * they have no clock to follow. */
static gboolean
video_has_to_follow (GstFoxapiProgram * self, guint64 frame)
{
  return !self->settings.is_live && !self->video_is_linked
      && !self->audio_is_gone && frame > self->audio_next + LOOKAHEAD;
}

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

/* %FALSE: it cannot be shown yet. */
static gboolean
show (GstFoxapiProgram * self, guint64 frame)
{
  Clip *clip = find_clip (self, frame);

  if (clip != NULL)
    return show_clip (self, clip, frame);
  if (self->wants_placeholder)
    gst_clear_buffer (&self->last_frame);
  return frame < self->decided;
}

/* An end that was told of while frames were left is not told of again when they have
 * been taken. */
static gboolean
has_run_out (GstFoxapiProgram * self)
{
  Clip *clip = get_on_air (self);

  return clip != NULL && gst_foxapi_player_has_ended (clip->player,
      GST_FOXAPI_STREAM_VIDEO);
}

static GstFlowReturn
decide_frame (GstFoxapiProgram * self, guint64 frame)
{
  do {
    if (self->is_flushing)
      return GST_FLOW_FLUSHING;
    settle (self);
    tell_what_has_ended (self);
    if (self->end <= frame && !self->is_delivering)
      return GST_FLOW_EOS;
    if (!video_has_to_follow (self, frame) && show (self, frame)) {
      settle (self);
      return GST_FLOW_OK;
    }
  } while (has_run_out (self)
      || wait_for_change (self, GST_FOXAPI_STREAM_VIDEO));
  return GST_FLOW_FLUSHING;
}

/* What @frame shows. (nullable): the same as the frame before it */
static GstStructure *
note_shown (GstFoxapiProgram * self, guint64 frame)
{
  static const gchar *const names[] = {
    [GST_FOXAPI_STATE_PLACEHOLDER] = "placeholder",
    [GST_FOXAPI_STATE_CLIP] = "clip",
    [GST_FOXAPI_STATE_HOLD] = "hold",
  };
  Clip *clip = find_clip (self, frame);
  GstFoxapiState state = self->last_frame == NULL ?
      GST_FOXAPI_STATE_PLACEHOLDER : clip ? GST_FOXAPI_STATE_CLIP :
      GST_FOXAPI_STATE_HOLD;
  GstStructure *on_air;

  if (state == self->state && (clip == NULL
          || clip->start == self->shown_since))
    return NULL;
  self->state = state;
  self->shown_since = clip ? clip->start : frame;
  if (clip != NULL && state == GST_FOXAPI_STATE_CLIP && clip->about != NULL) {
    gst_clear_structure (&self->about);
    self->about = gst_structure_copy (clip->about);
  }
  on_air = state != GST_FOXAPI_STATE_PLACEHOLDER && self->about ?
      gst_structure_copy (self->about) :
      gst_structure_new_empty (GST_FOXAPI_ON_AIR_STRUCTURE);
  gst_structure_set (on_air, "what", G_TYPE_STRING, names[state],
      "running-time", G_TYPE_UINT64, gst_foxapi_program_frame_to_time (self,
          frame), NULL);
  return on_air;
}

/* @buffer: (nullable): NULL of the placeholder; @events: go ahead of it; @on_air:
 * (nullable): what is shown from this frame on, where that is new */
GstFlowReturn
gst_foxapi_program_get_frame (GstFoxapiProgram * program, guint64 frame,
    GstBuffer ** buffer, GList ** events, GstStructure ** on_air)
{
  GstFlowReturn flow;
  Clip *clip;

  *buffer = NULL;
  *events = NULL;
  *on_air = NULL;
  g_mutex_lock (&program->lock);
  program->video_next = frame;
  flow = decide_frame (program, frame);
  if (flow == GST_FLOW_OK) {
    gst_buffer_replace (buffer, program->last_frame);
    clip = find_clip (program, frame);
    if (clip != NULL && *buffer != NULL)
      *events = g_steal_pointer (&clip->events);
    *on_air = note_shown (program, frame);
  }
  clean_up (program);
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
  return flow;
}

/* Instead of the clip that is on the air, or of its last frame, until there is another
 * one: that may be decided already, and not be shown yet. %FALSE: there is none, or
 * nothing is shown at all. */
gboolean
gst_foxapi_program_show_placeholder (GstFoxapiProgram * program)
{
  g_autoptr (GstFoxapiPlayer) cut = NULL;
  gboolean is_possible;
  Clip *clip;

  g_mutex_lock (&program->lock);
  is_possible = program->settings.has_placeholder && !program->is_flushing
      && program->end == UNKNOWN;
  clip = get_on_air (program);
  if (is_possible && (clip == NULL || clip->start <= (program->video_is_linked ?
              program->video_next : program->audio_next))) {
    program->wants_placeholder = TRUE;
    drop_repetition (program);
    cut = clip ? gst_object_ref (clip->player) : NULL;
    g_cond_broadcast (&program->changed);
  }
  g_mutex_unlock (&program->lock);
  if (cut != NULL)
    gst_foxapi_player_give_up (cut);
  return is_possible;
}

/* @shot: the number of what is shown, or was last; 0: nothing was */
GstFoxapiState
gst_foxapi_program_get_state (GstFoxapiProgram * program, guint * shot)
{
  GstFoxapiState state;

  g_mutex_lock (&program->lock);
  state = program->is_flushing ? GST_FOXAPI_STATE_STOPPED :
      program->end != UNKNOWN && program->video_next >= program->end ?
      GST_FOXAPI_STATE_ENDED : program->state;
  if (program->is_flushing || program->about == NULL
      || !gst_structure_get_uint (program->about, "shot", shot))
    *shot = 0;
  g_mutex_unlock (&program->lock);
  return state;
}

/* %FALSE: none is there. */
static gboolean
take_samples (GstFoxapiProgram * self, Clip * clip)
{
  g_autoptr (GstSample) sample = gst_foxapi_player_take (clip->player,
      GST_FOXAPI_STREAM_AUDIO);

  if (sample == NULL)
    return FALSE;
  if (gst_adapter_available (clip->samples) == 0)
    clip->samples_start = get_number (sample, self->rate, 1);
  gst_adapter_push (clip->samples,
      gst_buffer_ref (gst_sample_get_buffer (sample)));
  return TRUE;
}

/* What @frame sounds, into @buffer, which is silent. %FALSE: not there yet. */
static gboolean
sound_clip (GstFoxapiProgram * self, Clip * clip, guint64 frame,
    GstBuffer * buffer)
{
  const gsize bpf = self->bpf;
  guint64 wanted = gst_foxapi_program_frame_to_sample (self, frame)
      - gst_foxapi_program_frame_to_sample (self, clip->start);
  guint64 end = wanted + gst_buffer_get_size (buffer) / bpf, there, n;

  for (;;) {
    there = gst_adapter_available (clip->samples) / bpf;
    /* What should have sounded before is late. */
    n = MIN (there, wanted - MIN (wanted, clip->samples_start));
    gst_adapter_flush (clip->samples, n * bpf);
    clip->samples_start += n;
    there -= n;
    if ((there > 0 && clip->samples_start + there >= end)
        || !take_samples (self, clip))
      break;
  }
  if (clip->samples_start + there < end && !self->settings.is_live
      && !self->audio_is_gone && !gst_foxapi_player_has_ended (clip->player,
          GST_FOXAPI_STREAM_AUDIO))
    return FALSE;
  if (there == 0 || clip->samples_start >= end)
    return TRUE;
  n = MIN (end - clip->samples_start, there);
  gst_buffer_fill (buffer, (clip->samples_start - wanted) * bpf,
      gst_adapter_map (clip->samples, n * bpf), n * bpf);
  gst_adapter_unmap (clip->samples);
  gst_adapter_flush (clip->samples, n * bpf);
  clip->samples_start += n;
  return TRUE;
}

/* Live, pictures that nobody takes in time must not keep the sound of the same file
 * from being decoded. */
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

/* Whether there is something to sound, or silence, for each frame whose time has
 * come */
static gboolean
is_on_time (GstFoxapiProgram * self)
{
  return self->audio_is_due && (get_on_air (self) || !has_to_wait (self));
}

/* %FALSE: it cannot be told yet. */
static gboolean
sound (GstFoxapiProgram * self, guint64 frame, GstBuffer * buffer)
{
  Clip *clip;

  skip_late_frames (self, frame);
  if (frame >= self->decided && !is_on_time (self))
    return FALSE;
  decide (self, frame + 1);
  clip = find_clip (self, frame);
  return clip == NULL || sound_clip (self, clip, frame, buffer);
}

static GstFlowReturn
decide_samples (GstFoxapiProgram * self, guint64 frame, GstBuffer * buffer)
{
  do {
    if (self->is_flushing)
      return GST_FLOW_FLUSHING;
    settle (self);
    if (self->end <= frame)
      return GST_FLOW_EOS;
    if (sound (self, frame, buffer))
      return GST_FLOW_OK;
  } while (wait_for_change (self, GST_FOXAPI_STREAM_AUDIO));
  return GST_FLOW_FLUSHING;
}

/* Waits until it is decided what @frame shows, or decides that when it is
 * due: live sound does not wait for pictures that are held up. @is_due: never where
 * the program is not live */
GstFlowReturn
gst_foxapi_program_get_samples (GstFoxapiProgram * program, guint64 frame,
    gboolean is_due, GstBuffer ** buffer)
{
  gsize size = program->bpf * (gst_foxapi_program_frame_to_sample (program,
          frame + 1) - gst_foxapi_program_frame_to_sample (program, frame));
  g_autoptr (GstBuffer) sound = gst_buffer_new_allocate (NULL, size, NULL);
  GstFlowReturn flow;

  /* In the formats of the output, that is silence. */
  gst_buffer_memset (sound, 0, 0, size);
  g_mutex_lock (&program->lock);
  program->audio_next = frame;
  program->audio_is_due = is_due;
  g_cond_broadcast (&program->changed);
  flow = decide_samples (program, frame, sound);
  clean_up (program);
  g_mutex_unlock (&program->lock);
  if (flow == GST_FLOW_OK)
    *buffer = g_steal_pointer (&sound);
  return flow;
}

/* Timestamps and offsets are counted, of frames or samples. */
void
gst_foxapi_program_stamp (GstFoxapiProgram * program, GstFoxapiStream stream,
    guint64 frame, GstBuffer * buffer)
{
  guint64 start = frame, end = frame + 1;
  guint64 n = program->settings.fps_n, d = program->settings.fps_d;

  if (stream == GST_FOXAPI_STREAM_AUDIO) {
    start = gst_foxapi_program_frame_to_sample (program, start);
    end = gst_foxapi_program_frame_to_sample (program, end);
    n = program->rate;
    d = 1;
  }
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (start, GST_SECOND * d, n);
  GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale (end, GST_SECOND * d, n)
      - GST_BUFFER_PTS (buffer);
  GST_BUFFER_OFFSET (buffer) = start;
  GST_BUFFER_OFFSET_END (buffer) = end;
}

void
gst_foxapi_program_set_video_is_linked (GstFoxapiProgram * program,
    gboolean is_linked)
{
  set (program, &program->video_is_linked, is_linked);
}

/* Whoever waits for the stream, or would, gets GST_FLOW_FLUSHING, and may ask for
 * the same frame again later. */
void
gst_foxapi_program_interrupt (GstFoxapiProgram * program,
    GstFoxapiStream stream, gboolean is_interrupted)
{
  set (program, &program->is_interrupted[stream], is_interrupted);
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
    gst_foxapi_player_drop_audio (program->next->player);
  clean_up (program);
  g_cond_broadcast (&program->changed);
  g_mutex_unlock (&program->lock);
}
