/* The beat of the sound
 *
 * A buffer for each frame of the pictures, so that one decision is about both.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: create() runs in the streaming thread, and waits in the beat
 * and in the program. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiaudioplayout.h"

#include "gstfoxapibeat.h"

struct _GstFoxapiAudioPlayout
{
  GstPushSrc parent;

  GstFoxapiProgram *program;    /* outlives this */
  GstFoxapiBeat beat;

  /* The streaming thread */
  gboolean is_started;
  guint64 frame;
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_FOXAPI_AUDIO_CAPS));

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (GstFoxapiAudioPlayout, gst_foxapi_audio_playout,
    GST_TYPE_PUSH_SRC)
/* *INDENT-ON* */

static gboolean
gst_foxapi_audio_playout_start (GstBaseSrc * src)
{
  GST_FOXAPI_AUDIO_PLAYOUT (src)->is_started = FALSE;
  return TRUE;
}

static gboolean
gst_foxapi_audio_playout_is_seekable (GstBaseSrc * src)
{
  return FALSE;
}

static void
interrupt (GstBaseSrc * src, gboolean is_interrupted)
{
  GstFoxapiAudioPlayout *self = GST_FOXAPI_AUDIO_PLAYOUT (src);

  gst_foxapi_beat_interrupt (&self->beat, src, is_interrupted);
  gst_foxapi_program_interrupt (self->program, GST_FOXAPI_STREAM_AUDIO,
      is_interrupted);
}

/* A pause, or a stop: create() lets go. */
static gboolean
gst_foxapi_audio_playout_unlock (GstBaseSrc * src)
{
  interrupt (src, TRUE);
  return TRUE;
}

static gboolean
gst_foxapi_audio_playout_unlock_stop (GstBaseSrc * src)
{
  interrupt (src, FALSE);
  return TRUE;
}

/* As of the pictures */
static gboolean
gst_foxapi_audio_playout_query (GstBaseSrc * src, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY) {
    gst_query_set_latency (query, gst_base_src_is_live (src), 0,
        GST_CLOCK_TIME_NONE);
    return TRUE;
  }
  return GST_BASE_SRC_CLASS (gst_foxapi_audio_playout_parent_class)->query
      (src, query);
}

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
get_sound (GstFoxapiAudioPlayout * self, GstBuffer * buffer)
{
  GstFoxapiAir air;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return GST_FOXAPI_AIR_FLUSHING;
  air = gst_foxapi_program_get_samples (self->program, self->frame, map.data);
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

/* What sounds when the frame is due */
static GstFoxapiAir
listen (GstFoxapiAudioPlayout * self, GstBuffer ** sound)
{
  GstFoxapiAir air = GST_FOXAPI_AIR_RESULT;
  guint64 start, end;

  if (!self->is_started)
    air = gst_foxapi_program_wait_begun (self->program, &self->frame);
  if (air != GST_FOXAPI_AIR_RESULT)
    return air;
  self->is_started = TRUE;

  start = gst_foxapi_program_frame_to_sample (self->program, self->frame);
  end = gst_foxapi_program_frame_to_sample (self->program, self->frame + 1);
  if (gst_base_src_is_live (GST_BASE_SRC (self))
      && gst_foxapi_beat_wait (&self->beat, GST_BASE_SRC (self),
          sample_to_time (start)) != GST_FLOW_OK)
    return GST_FOXAPI_AIR_FLUSHING;
  *sound = make_silence (end - start);
  stamp (*sound, start, end);
  air = get_sound (self, *sound);
  if (air != GST_FOXAPI_AIR_RESULT)
    gst_clear_buffer (sound);
  return air;
}

static GstFlowReturn
gst_foxapi_audio_playout_create (GstPushSrc * src, GstBuffer ** buffer)
{
  GstFoxapiAudioPlayout *self = GST_FOXAPI_AUDIO_PLAYOUT (src);
  GstFoxapiAir air;

  while ((air = listen (self, buffer)) == GST_FOXAPI_AIR_FLUSHING) {
    GstFlowReturn result = gst_base_src_is_live (GST_BASE_SRC (src)) ?
        gst_base_src_wait_playing (GST_BASE_SRC (src)) : GST_FLOW_FLUSHING;

    if (result != GST_FLOW_OK)
      return result;
  }
  if (air == GST_FOXAPI_AIR_EOS)
    return GST_FLOW_EOS;
  self->frame++;
  return GST_FLOW_OK;
}

static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstFoxapiAudioPlayout *self = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    gst_foxapi_program_audio_is_gone (self->program);
  return GST_PAD_PROBE_OK;
}

static void
gst_foxapi_audio_playout_init (GstFoxapiAudioPlayout * self)
{
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_pad_add_probe (GST_BASE_SRC_PAD (self),
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, NULL);
}

static void
gst_foxapi_audio_playout_class_init (GstFoxapiAudioPlayoutClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "FoxAPI audio playout",
      "Source/Audio", "The sound of the program", "The gst-foxapi authors");

  src_class->start = gst_foxapi_audio_playout_start;
  src_class->unlock = gst_foxapi_audio_playout_unlock;
  src_class->unlock_stop = gst_foxapi_audio_playout_unlock_stop;
  src_class->query = gst_foxapi_audio_playout_query;
  src_class->is_seekable = gst_foxapi_audio_playout_is_seekable;
  GST_PUSH_SRC_CLASS (klass)->create = gst_foxapi_audio_playout_create;
}

/**
 * gst_foxapi_audio_playout_new:
 * @program: what sounds; outlives the element
 *
 * Returns: (transfer floating): the source
 */
GstElement *
gst_foxapi_audio_playout_new (GstFoxapiProgram * program)
{
  GstFoxapiAudioPlayout *self = g_object_new (GST_TYPE_FOXAPI_AUDIO_PLAYOUT,
      "name", "audioplayout", NULL);

  self->program = program;
  return GST_ELEMENT (self);
}
