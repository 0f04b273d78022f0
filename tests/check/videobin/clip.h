/* Clips of which every frame and every sample tells its number.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/check/gstcheck.h>

G_BEGIN_DECLS

#define CLIP_RATE 48000

/* Of most clips and of the output */
#define FPS 25
#define SAMPLES_PER_FRAME (CLIP_RATE / FPS)

typedef struct
{
  guint n_frames;
  guint fps_n;
  guint fps_d;
  guint n_samples;              /* 0: no sound */
  gboolean is_matroska;         /* whose demuxer makes a buffer of each 10 ms */
} Clip;

/* (transfer full): a QuickTime or Matroska file of raw media */
GBytes *clip_make (const Clip * clip);

/* The grey of a frame, and which frame of a clip has it: numbers repeat after
 * CLIP_FRAMES. What is no clip's frame has the number -1. */
#define CLIP_FRAMES 50
guint8 clip_get_luma (guint64 frame);
gint clip_get_frame (guint8 luma);

/* The number of the sample of two channels at @data, -1 of silence */
gint64 clip_get_sample (const guint8 * data);

G_END_DECLS
