/* The beat of the sound
 *
 * A buffer for each frame of the pictures, so that one decision is about both.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: all of it runs in the streaming thread. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiaudioplayout.h"

struct _GstFoxapiAudioPlayout
{
  GstFoxapiPlayout parent;
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_FOXAPI_AUDIO_CAPS));

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (GstFoxapiAudioPlayout, gst_foxapi_audio_playout,
    GST_TYPE_FOXAPI_PLAYOUT)
/* *INDENT-ON* */

static GstBuffer *
make_silence (guint64 n_samples)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL,
      n_samples * GST_FOXAPI_AUDIO_BPF, NULL);

  gst_buffer_memset (buffer, 0, 0, gst_buffer_get_size (buffer));
  return buffer;
}

/* Into @buffer, which is silent */
static GstFoxapiAir
get_sound (GstFoxapiProgram * program, guint64 frame, gboolean is_due,
    GstBuffer * buffer)
{
  GstFoxapiAir air;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return GST_FOXAPI_AIR_FLUSHING;
  air = gst_foxapi_program_get_samples (program, frame, is_due, map.data);
  gst_buffer_unmap (buffer, &map);
  return air;
}

static GstClockTime
sample_to_time (guint64 sample)
{
  return gst_util_uint64_scale (sample, GST_SECOND, GST_FOXAPI_AUDIO_RATE);
}

static void
stamp (GstBuffer * buffer, guint64 start, guint64 end)
{
  GST_BUFFER_PTS (buffer) = sample_to_time (start);
  GST_BUFFER_DURATION (buffer) = sample_to_time (end) - sample_to_time (start);
  GST_BUFFER_OFFSET (buffer) = start;
  GST_BUFFER_OFFSET_END (buffer) = end;
}

static GstFoxapiAir
gst_foxapi_audio_playout_begin (GstFoxapiPlayout * playout,
    GstFoxapiProgram * program, guint64 * frame)
{
  return gst_foxapi_program_wait_begun (program, frame);
}

static GstClockTime
gst_foxapi_audio_playout_get_time (GstFoxapiProgram * program, guint64 frame)
{
  return sample_to_time (gst_foxapi_program_frame_to_sample (program, frame));
}

static GstFoxapiAir
gst_foxapi_audio_playout_make (GstFoxapiPlayout * playout,
    GstFoxapiProgram * program, guint64 frame, gboolean is_due,
    GstBuffer ** buffer)
{
  guint64 start = gst_foxapi_program_frame_to_sample (program, frame);
  guint64 end = gst_foxapi_program_frame_to_sample (program, frame + 1);
  g_autoptr (GstBuffer) sound = make_silence (end - start);
  GstFoxapiAir air;

  stamp (sound, start, end);
  air = get_sound (program, frame, is_due, sound);
  if (air == GST_FOXAPI_AIR_RESULT)
    *buffer = g_steal_pointer (&sound);
  return air;
}

static void
gst_foxapi_audio_playout_init (GstFoxapiAudioPlayout * self)
{
}

static void
gst_foxapi_audio_playout_class_init (GstFoxapiAudioPlayoutClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstFoxapiPlayoutClass *playout_class = GST_FOXAPI_PLAYOUT_CLASS (klass);

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "FoxAPI audio playout",
      "Source/Audio", "The sound of the program", "The gst-foxapi authors");

  playout_class->stream = GST_FOXAPI_STREAM_AUDIO;
  playout_class->begin = gst_foxapi_audio_playout_begin;
  playout_class->get_time = gst_foxapi_audio_playout_get_time;
  playout_class->make = gst_foxapi_audio_playout_make;
  playout_class->ended = gst_foxapi_program_audio_is_gone;
}

GstElement *
gst_foxapi_audio_playout_new (GstFoxapiProgram * program)
{
  return gst_foxapi_playout_new (GST_TYPE_FOXAPI_AUDIO_PLAYOUT, "audioplayout",
      program);
}
