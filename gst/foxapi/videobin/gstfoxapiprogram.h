/* What is on the air: placeholder, result, what follows its end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapiplayer.h"

G_BEGIN_DECLS

/**
 * GstFoxapiEnd:
 * @GST_FOXAPI_END_EOS: the program ends
 * @GST_FOXAPI_END_HOLD: the last frame stays
 * @GST_FOXAPI_END_REPEAT: the result begins again
 *
 * What follows the end of a result.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_FOXAPI_END_EOS,
  GST_FOXAPI_END_HOLD,
  GST_FOXAPI_END_REPEAT,
} GstFoxapiEnd;

/**
 * GstFoxapiAir:
 * @GST_FOXAPI_AIR_PLACEHOLDER: there is no result yet
 * @GST_FOXAPI_AIR_RESULT: here it is
 * @GST_FOXAPI_AIR_EOS: the program has ended
 * @GST_FOXAPI_AIR_FLUSHING: it is being stopped, or interrupted
 */
typedef enum
{
  GST_FOXAPI_AIR_PLACEHOLDER,
  GST_FOXAPI_AIR_RESULT,
  GST_FOXAPI_AIR_EOS,
  GST_FOXAPI_AIR_FLUSHING,
} GstFoxapiAir;

/**
 * GstFoxapiStream:
 * @GST_FOXAPI_STREAM_VIDEO: the pictures
 * @GST_FOXAPI_STREAM_AUDIO: the sound
 */
typedef enum
{
  GST_FOXAPI_STREAM_VIDEO,
  GST_FOXAPI_STREAM_AUDIO,
  GST_FOXAPI_N_STREAMS,
} GstFoxapiStream;

/**
 * GstFoxapiProgramEvent:
 * @GST_FOXAPI_PROGRAM_ON_AIR: it is decided which frame is the player's first
 * @GST_FOXAPI_PROGRAM_AIRED: its last frame has been let go, to the proven end
 * @GST_FOXAPI_PROGRAM_GONE: the player is not needed any more
 */
typedef enum
{
  GST_FOXAPI_PROGRAM_ON_AIR,
  GST_FOXAPI_PROGRAM_AIRED,
  GST_FOXAPI_PROGRAM_GONE,
} GstFoxapiProgramEvent;

/**
 * GstFoxapiProgramFunc:
 * @event: what has happened
 * @player: (transfer none): to whom
 * @user_data: as given
 *
 * Called with the program's lock: it may do no more than pass the news on.
 */
typedef void (*GstFoxapiProgramFunc) (GstFoxapiProgramEvent event,
    GstFoxapiPlayer * player, gpointer user_data);

/**
 * GstFoxapiProgramSettings:
 * @is_live: frames are due when the clock says so, whether they are there or not
 * @has_placeholder: there is something to show before the first result
 * @end: what follows the end of a result
 * @fps_n: frames in @fps_d seconds
 * @fps_d: seconds of @fps_n frames
 * @rate: audio samples per second
 * @bpf: bytes of an audio sample of all channels
 */
typedef struct
{
  gboolean is_live;
  gboolean has_placeholder;
  GstFoxapiEnd end;
  gint fps_n;
  gint fps_d;
  gint rate;
  gint bpf;
} GstFoxapiProgramSettings;

/**
 * GstFoxapiProgram:
 *
 * The one place where it is decided what each frame shows and each audio block
 * sounds. Time is counted in frames of the output, from running time 0.
 */
typedef struct _GstFoxapiProgram GstFoxapiProgram;

GstFoxapiProgram *gst_foxapi_program_new (GstFoxapiProgramFunc func,
    gpointer user_data);
void gst_foxapi_program_free (GstFoxapiProgram * program);

void gst_foxapi_program_start (GstFoxapiProgram * program,
    const GstFoxapiProgramSettings * settings);
void gst_foxapi_program_stop (GstFoxapiProgram * program);

void gst_foxapi_program_offer (GstFoxapiProgram * program,
    GstFoxapiPlayer * player, GstEvent * event);
void gst_foxapi_program_withdraw (GstFoxapiProgram * program,
    GstFoxapiPlayer * player);
void gst_foxapi_program_set_more_to_come (GstFoxapiProgram * program,
    gboolean more_to_come);
gboolean gst_foxapi_program_ask_for_more (GstFoxapiProgram * program);
void gst_foxapi_program_delivered (GstFoxapiProgram * program);
void gst_foxapi_program_finish (GstFoxapiProgram * program);
void gst_foxapi_program_close (GstFoxapiProgram * program);
GstBuffer *gst_foxapi_program_dup_final_frame (GstFoxapiProgram * program);

GstClockTime gst_foxapi_program_frame_to_time (GstFoxapiProgram * program,
    guint64 frame);
guint64 gst_foxapi_program_frame_to_sample (GstFoxapiProgram * program,
    guint64 frame);

typedef GstClockTime (*GstFoxapiProgramClock) (gpointer user_data);
GstFoxapiAir gst_foxapi_program_begin (GstFoxapiProgram * program,
    GstFoxapiProgramClock clock, gpointer user_data, guint64 * frame);
GstFoxapiAir gst_foxapi_program_wait_begun (GstFoxapiProgram * program,
    guint64 * frame);
GstFoxapiAir gst_foxapi_program_get_frame (GstFoxapiProgram * program,
    guint64 frame, GstBuffer ** buffer, GstEvent ** event);
GstFoxapiAir gst_foxapi_program_get_samples (GstFoxapiProgram * program,
    guint64 frame, gboolean is_due, guint8 * data);

void gst_foxapi_program_wake (GstFoxapiProgram * program);
void gst_foxapi_program_interrupt (GstFoxapiProgram * program,
    GstFoxapiStream stream, gboolean is_interrupted);
void gst_foxapi_program_set_video_is_linked (GstFoxapiProgram * program,
    gboolean is_linked);
void gst_foxapi_program_audio_is_gone (GstFoxapiProgram * program);

G_END_DECLS
