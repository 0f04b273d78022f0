/* What is on the air: placeholder, result, what follows its end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapiplayer.h"

G_BEGIN_DECLS

/* What follows the end of a result. */
typedef enum
{
  GST_FOXAPI_END_EOS,           /* the program ends */
  GST_FOXAPI_END_HOLD,          /* the last frame stays */
  GST_FOXAPI_END_REPEAT,        /* the result begins again */
} GstFoxapiEnd;

/* What the output shows. */
typedef enum
{
  GST_FOXAPI_STATE_STOPPED,     /* the bin is not running */
  GST_FOXAPI_STATE_WAITING,     /* nothing: there is nothing to show yet */
  GST_FOXAPI_STATE_PLACEHOLDER, /* the placeholder */
  GST_FOXAPI_STATE_CLIP,        /* a result */
  GST_FOXAPI_STATE_HOLD,        /* the frame with which a result has ended */
  GST_FOXAPI_STATE_ENDED,       /* nothing: the program has ended */
} GstFoxapiState;

/* Tells that something else is shown: `what` string, `running-time` uint64, and of a
 * result `shot` uint, `task-id` string. */
#define GST_FOXAPI_ON_AIR_STRUCTURE "foxapi-on-air"

typedef enum
{
  /* it is decided which frame is the player's first */
  GST_FOXAPI_PROGRAM_ON_AIR,
  /* its last frame has been let go, to the proven end */
  GST_FOXAPI_PROGRAM_ENDED,
  GST_FOXAPI_PROGRAM_GONE,      /* the player is not needed any more */
} GstFoxapiProgramEvent;

/* Called with the program's lock: it may do no more than pass the news on. */
typedef void (*GstFoxapiProgramFunc) (GstFoxapiProgramEvent event,
    GstFoxapiPlayer * player, gpointer user_data);

typedef struct
{
  /* frames are due when the clock says so, whether they are there or not */
  gboolean is_live;
  /* there is something to show before the first result */
  gboolean has_placeholder;
  GstFoxapiEnd end;             /* what follows the end of a result */
  gint fps_n;                   /* frames in @fps_d seconds */
  gint fps_d;                   /* seconds of @fps_n frames */
} GstFoxapiProgramSettings;

/* The one place where it is decided what each frame shows and each audio
 * block sounds. Time is counted in frames of the output, from running time
 * 0. */
typedef struct _GstFoxapiProgram GstFoxapiProgram;

GstFoxapiProgram *gst_foxapi_program_new (GstFoxapiProgramFunc func,
    gpointer user_data);
void gst_foxapi_program_free (GstFoxapiProgram * program);

void gst_foxapi_program_start (GstFoxapiProgram * program,
    const GstFoxapiProgramSettings * settings);
void gst_foxapi_program_stop (GstFoxapiProgram * program);

void gst_foxapi_program_offer (GstFoxapiProgram * program,
    GstFoxapiPlayer * player, GList * events, const GstStructure * about);
void gst_foxapi_program_withdraw (GstFoxapiProgram * program,
    GstFoxapiPlayer * player);
void gst_foxapi_program_set_more_to_come (GstFoxapiProgram * program,
    gboolean more_to_come);
gboolean gst_foxapi_program_ask_for_more (GstFoxapiProgram * program);
void gst_foxapi_program_delivered (GstFoxapiProgram * program);
void gst_foxapi_program_set_end (GstFoxapiProgram * program, GstFoxapiEnd end);
void gst_foxapi_program_finish (GstFoxapiProgram * program, gboolean is_end);
void gst_foxapi_program_close (GstFoxapiProgram * program);
GstBuffer *gst_foxapi_program_dup_final_frame (GstFoxapiProgram * program);
gboolean gst_foxapi_program_show_placeholder (GstFoxapiProgram * program);
GstFoxapiState gst_foxapi_program_get_state (GstFoxapiProgram * program,
    guint * shot);

GstClockTime gst_foxapi_program_frame_to_time (GstFoxapiProgram * program,
    guint64 frame);
guint64 gst_foxapi_program_time_to_frame (GstFoxapiProgram * program,
    GstClockTime time);
guint64 gst_foxapi_program_frame_to_sample (GstFoxapiProgram * program,
    guint64 frame);
void gst_foxapi_program_set_audio_format (GstFoxapiProgram * program,
    gint rate, gint bpf);

GstFlowReturn gst_foxapi_program_begin (GstFoxapiProgram * program,
    GstFoxapiStream stream, GstElement * source, guint64 * frame);
GstFlowReturn gst_foxapi_program_get_frame (GstFoxapiProgram * program,
    guint64 frame, GstBuffer ** buffer, GList ** events,
    GstStructure ** on_air);
GstFlowReturn gst_foxapi_program_get_samples (GstFoxapiProgram * program,
    guint64 frame, gboolean is_due, GstBuffer ** buffer);
void gst_foxapi_program_stamp (GstFoxapiProgram * program,
    GstFoxapiStream stream, guint64 frame, GstBuffer * buffer);

void gst_foxapi_program_interrupt (GstFoxapiProgram * program,
    GstFoxapiStream stream, gboolean is_interrupted);
void gst_foxapi_program_set_video_is_linked (GstFoxapiProgram * program,
    gboolean is_linked);
void gst_foxapi_program_audio_is_gone (GstFoxapiProgram * program);

G_END_DECLS
