/* A pipeline around foxapivideobin that keeps what each frame showed and sounded.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "clip.h"
#include "foxapiharness.h"

G_BEGIN_DECLS

/* One of the output's streams */
typedef struct
{
  GMutex lock;                  /* of all */
  GCond grown;
  GArray *times;                /* of GstClockTime: timestamps */
  GArray *ends;                 /* likewise, with the durations */
  GArray *numbers;              /* of gint64: of frames, of first samples */
  GString *flow;                /* as of a Run */
  GstBuffer *last;
  GstCaps *caps;
} Track;

typedef struct
{
  GstElement *pipeline;
  GstElement *bin;
  GstElement *sinks[2];         /* (nullable): video, audio */
  GstBus *bus;
  Track video;
  Track audio;
} Recorder;

/* As a fixture, with harness_teardown(): the simulator's results are clips of
 * so many frames, with as much sound. */
#define N_FRAMES 20
void recorder_setup (void);

/* (transfer full): for the simulator and the store, as harness_source() */
GstElement *recorder_bin (const gchar * property, ...);
/* Takes the bin; fakesinks that keep to the clock where it is live */
Recorder *recorder_new (GstElement * bin, gboolean video, gboolean audio);
void recorder_free (Recorder * recorder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recorder, recorder_free)

/* Otherwise placeholders are made by the thousand */
void recorder_keep_to_the_clock (Recorder * recorder);
void recorder_play (Recorder * recorder);
/* (transfer full): the next message of these types */
GstMessage *recorder_wait_message (Recorder * recorder, GstMessageType types);
/* Fails on an ERROR, and without EOS */
void recorder_to_eos (Recorder * recorder);
/* Until a stream has so many buffers; their number */
guint recorder_wait (Track * track, guint n);
void recorder_wait_both (Recorder * recorder, guint n);
/* Until one has this number, and is not the one before @from; its place */
guint recorder_wait_number (Track * track, gint64 number, guint from);

#define recorder_get(track, array, type, i) \
  g_array_index ((track)->array, type, i)
#define recorder_number(track, i) recorder_get (track, numbers, gint64, i)
#define recorder_time(track, i) recorder_get (track, times, GstClockTime, i)

/* Nothing is missing, doubled or late; the events are there once */
void recorder_assert_video (Recorder * recorder, guint fps_n, guint fps_d);
void recorder_assert_audio (Recorder * recorder, guint fps_n, guint fps_d);
void recorder_assert_both (Recorder * recorder, guint fps_n, guint fps_d);

G_END_DECLS
