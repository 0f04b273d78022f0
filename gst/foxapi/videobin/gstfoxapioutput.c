/* The two outputs: a buffer for each frame of the program
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapioutput.h"

#include <gst/video/video.h>

GST_DEBUG_CATEGORY_STATIC (foxapi_video_output_debug);
#define GST_CAT_DEFAULT foxapi_video_output_debug

/* Waits until a buffer is due */

/* Threads and locks: the streaming thread waits, without a lock; the others
 * interrupt it. The source's object lock guards the clock. */

/* (transfer full) (nullable): what to wait on; NULL if interrupted. Without a clock
 * nothing can be waited for, and @has_clock is unset. */
static GstClockID
begin_wait (GstFoxapiClockWait * wait, GstBaseSrc * src, GstClockTime time,
    gboolean * has_clock)
{
  GstClockID id = NULL;
  GstClock *clock;

  GST_OBJECT_LOCK (src);
  clock = GST_ELEMENT_CLOCK (src);
  *has_clock = clock != NULL;
  if (clock != NULL && !wait->is_interrupted) {
    id = gst_clock_new_single_shot_id (clock,
        GST_ELEMENT (src)->base_time + time);
    wait->id = gst_clock_id_ref (id);
  }
  GST_OBJECT_UNLOCK (src);
  return id;
}

static void
end_wait (GstFoxapiClockWait * wait, GstBaseSrc * src)
{
  GST_OBJECT_LOCK (src);
  g_clear_pointer (&wait->id, gst_clock_id_unref);
  GST_OBJECT_UNLOCK (src);
}

/* Waits for it in the streaming thread, also through a pause. */
static GstFlowReturn
clock_wait (GstFoxapiClockWait * wait, GstBaseSrc * src,
    GstClockTime time, gboolean * has_clock)
{
  for (;;) {
    GstClockID id = begin_wait (wait, src, time, has_clock);
    GstClockReturn result = GST_CLOCK_UNSCHEDULED;
    GstFlowReturn flow;

    if (!*has_clock)
      return GST_FLOW_OK;
    if (id != NULL) {
      result = gst_clock_id_wait (id, NULL);
      gst_clock_id_unref (id);
      end_wait (wait, src);
    }
    if (result != GST_CLOCK_UNSCHEDULED)
      return GST_FLOW_OK;
    flow = gst_base_src_wait_playing (src);
    if (flow != GST_FLOW_OK)
      return flow;
  }
}

static void
clock_wait_interrupt (GstFoxapiClockWait * wait, GstBaseSrc * src,
    gboolean is_interrupted)
{
  GST_OBJECT_LOCK (src);
  wait->is_interrupted = is_interrupted;
  if (is_interrupted && wait->id != NULL)
    gst_clock_id_unschedule (wait->id);
  GST_OBJECT_UNLOCK (src);
}

/* An output: a buffer for each frame of the program */

/* A source whose timestamps are counted: whatever is on the air, a frame
 * follows the frame before it. What a buffer holds is up to the derived
 * classes. */

/* Threads and locks: create() runs in the streaming thread, and waits in the clock
 * and in the program, which have locks of their own. */

typedef struct
{
  GstFoxapiProgram *program;    /* outlives this */
  GstFoxapiClockWait clock_wait;
  guint group_id;               /* of the stream; set below PAUSED */

  /* The streaming thread */
  gboolean is_started;
  guint64 frame;                /* the next one */
} GstFoxapiBinOutputPrivate;

/* *INDENT-OFF* */
G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstFoxapiBinOutput, gst_foxapi_bin_output,
    GST_TYPE_PUSH_SRC)
/* *INDENT-ON* */

static GstFoxapiBinOutputPrivate *
get_private (gpointer self)
{
  return gst_foxapi_bin_output_get_instance_private (self);
}

static gboolean
gst_foxapi_bin_output_start (GstBaseSrc * src)
{
  get_private (src)->is_started = FALSE;
  return TRUE;
}

static gboolean
gst_foxapi_bin_output_is_seekable (GstBaseSrc * src)
{
  return FALSE;
}

static void
interrupt (GstBaseSrc * src, gboolean is_interrupted)
{
  GstFoxapiBinOutputPrivate *priv = get_private (src);

  clock_wait_interrupt (&priv->clock_wait, src, is_interrupted);
  gst_foxapi_program_interrupt (priv->program,
      GST_FOXAPI_BIN_OUTPUT_GET_CLASS (src)->stream, is_interrupted);
}

/* A pause, or a stop: create() lets go. */
static gboolean
gst_foxapi_bin_output_unlock (GstBaseSrc * src)
{
  interrupt (src, TRUE);
  return TRUE;
}

static gboolean
gst_foxapi_bin_output_unlock_stop (GstBaseSrc * src)
{
  interrupt (src, FALSE);
  return TRUE;
}

/* A frame is there when it is due, and may stay as long as is wanted. */
static gboolean
gst_foxapi_bin_output_query (GstBaseSrc * src, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY) {
    gst_query_set_latency (query, gst_base_src_is_live (src), 0,
        GST_CLOCK_TIME_NONE);
    return TRUE;
  }
  return GST_BASE_SRC_CLASS (gst_foxapi_bin_output_parent_class)->query (src,
      query);
}

/* The buffer of the next frame, when that is due */
static GstFoxapiContent
make_next (GstFoxapiBinOutput * self, GstBuffer ** buffer)
{
  GstFoxapiBinOutputPrivate *priv = get_private (self);
  GstFoxapiBinOutputClass *klass = GST_FOXAPI_BIN_OUTPUT_GET_CLASS (self);
  GstBaseSrc *src = GST_BASE_SRC (self);
  gboolean is_due = FALSE;

  if (!priv->is_started) {
    GstFoxapiContent content = klass->begin (self, priv->program, &priv->frame);

    if (content != GST_FOXAPI_CONTENT_RESULT)
      return content;
    priv->is_started = TRUE;
  }
  if (gst_base_src_is_live (src)
      && clock_wait (&priv->clock_wait, src,
          klass->get_time (priv->program, priv->frame), &is_due) != GST_FLOW_OK)
    return GST_FOXAPI_CONTENT_FLUSHING;
  return klass->make (self, priv->program, priv->frame, is_due, buffer);
}

static GstFlowReturn
gst_foxapi_bin_output_create (GstPushSrc * src, GstBuffer ** buffer)
{
  GstFoxapiBinOutput *self = GST_FOXAPI_BIN_OUTPUT (src);
  GstFoxapiContent content;

  while ((content = make_next (self, buffer)) == GST_FOXAPI_CONTENT_FLUSHING) {
    GstFlowReturn result = gst_base_src_is_live (GST_BASE_SRC (src)) ?
        gst_base_src_wait_playing (GST_BASE_SRC (src)) : GST_FLOW_FLUSHING;

    if (result != GST_FLOW_OK)
      return result;
  }
  if (content == GST_FOXAPI_CONTENT_EOS)
    return GST_FLOW_EOS;
  get_private (self)->frame++;
  return GST_FLOW_OK;
}

/* The base class gives each stream a group of its own: streams that belong
 * together would wait for each other's ends, where groups follow each other. */
static void
set_group (GstFoxapiBinOutput * self, GstPadProbeInfo * info)
{
  GstEvent *event = gst_event_make_writable (GST_PAD_PROBE_INFO_EVENT (info));

  gst_event_set_group_id (event, get_private (self)->group_id);
  GST_PAD_PROBE_INFO_DATA (info) = event;
}

/* Whoever takes the buffers may have enough. */
static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstFoxapiBinOutput *self = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    GST_FOXAPI_BIN_OUTPUT_GET_CLASS (self)->ended (get_private (self)->program);
  else if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) ==
      GST_EVENT_STREAM_START)
    set_group (self, info);
  return GST_PAD_PROBE_OK;
}

/* From GStreamer 1.26 on the base class forgets to call unlock_stop() when a pause is
 * so short that create() has not noticed it. */
static GstStateChangeReturn
gst_foxapi_bin_output_change_state (GstElement * element,
    GstStateChange transition)
{
  GstBaseSrc *src = GST_BASE_SRC (element);

  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    GST_BASE_SRC_GET_CLASS (src)->unlock (src);
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    GST_BASE_SRC_GET_CLASS (src)->unlock_stop (src);
  return GST_ELEMENT_CLASS
      (gst_foxapi_bin_output_parent_class)->change_state (element, transition);
}

static void
gst_foxapi_bin_output_init (GstFoxapiBinOutput * self)
{
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_pad_add_probe (GST_BASE_SRC_PAD (self),
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, NULL);
}

static void
gst_foxapi_bin_output_class_init (GstFoxapiBinOutputClass * klass)
{
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);

  GST_ELEMENT_CLASS (klass)->change_state = gst_foxapi_bin_output_change_state;
  src_class->start = gst_foxapi_bin_output_start;
  src_class->unlock = gst_foxapi_bin_output_unlock;
  src_class->unlock_stop = gst_foxapi_bin_output_unlock_stop;
  src_class->query = gst_foxapi_bin_output_query;
  src_class->is_seekable = gst_foxapi_bin_output_is_seekable;
  GST_PUSH_SRC_CLASS (klass)->create = gst_foxapi_bin_output_create;
}

GstElement *
gst_foxapi_bin_output_new (GType type, const gchar * name,
    GstFoxapiProgram * program)
{
  GstElement *self = g_object_new (type, "name", name, NULL);

  get_private (self)->program = program;
  return self;
}

void
gst_foxapi_bin_output_set_group (GstFoxapiBinOutput * output, guint group_id)
{
  get_private (output)->group_id = group_id;
}

/* The pictures */

/* What the program shows, and in front of its first result the placeholder. */

/* Threads and locks: the streaming thread makes the buffers. What others set is
 * guarded by the object lock, under which that of the placeholder is taken. */

/* The first picture of the placeholder is waited for, so that the output does not
 * begin with a flash of black, but no longer than this. */
#define FIRST_PICTURE_TIMEOUT GST_SECOND

struct _GstFoxapiVideoOutput
{
  GstFoxapiBinOutput parent;

  /* The object lock */
  GstCaps *caps;
  GstFoxapiPlaceholder *placeholder;    /* (nullable) */
  gboolean is_interrupted;      /* it is not waited for */

  /* The streaming thread */
  GstVideoInfo info;
  GstBuffer *picture;           /* last of the placeholder, black without one */
  GList *events;                /* (element-type GstEvent): for the next buffer */
};

static GstStaticPadTemplate video_src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw"));

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (GstFoxapiVideoOutput, gst_foxapi_video_output,
    GST_TYPE_FOXAPI_BIN_OUTPUT)
/* *INDENT-ON* */

static GstCaps *
gst_foxapi_video_output_get_caps (GstBaseSrc * src, GstCaps * filter)
{
  GstFoxapiVideoOutput *self = GST_FOXAPI_VIDEO_OUTPUT (src);
  GstCaps *caps = NULL;

  GST_OBJECT_LOCK (self);
  if (self->caps != NULL)
    caps = gst_caps_ref (self->caps);
  GST_OBJECT_UNLOCK (self);
  if (caps == NULL)
    caps = gst_pad_get_pad_template_caps (GST_BASE_SRC_PAD (src));
  if (filter != NULL) {
    GstCaps *both = gst_caps_intersect_full (filter, caps,
        GST_CAPS_INTERSECT_FIRST);

    gst_caps_unref (caps);
    caps = both;
  }
  return caps;
}

static void
fill_plane (GstVideoFrame * frame, guint plane, guint8 value)
{
  guint8 *data = GST_VIDEO_FRAME_PLANE_DATA (frame, plane);
  gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);

  memset (data, value, (gsize) stride * GST_VIDEO_FRAME_COMP_HEIGHT (frame,
          plane));
}

/* The output is always I420. */
static GstBuffer *
make_black (const GstVideoInfo * info)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  GstVideoFrame frame;

  if (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE)) {
    fill_plane (&frame, 0, 16);
    fill_plane (&frame, 1, 128);
    fill_plane (&frame, 2, 128);
    gst_video_frame_unmap (&frame);
  }
  return buffer;
}

static gboolean
gst_foxapi_video_output_set_base_caps (GstBaseSrc * src, GstCaps * caps)
{
  GstFoxapiVideoOutput *self = GST_FOXAPI_VIDEO_OUTPUT (src);

  if (!gst_video_info_from_caps (&self->info, caps))
    return FALSE;
  gst_clear_buffer (&self->picture);
  self->picture = make_black (&self->info);
  return TRUE;
}

static gboolean
gst_foxapi_video_output_stop (GstBaseSrc * src)
{
  GstFoxapiVideoOutput *self = GST_FOXAPI_VIDEO_OUTPUT (src);

  gst_clear_buffer (&self->picture);
  g_list_free_full (g_steal_pointer (&self->events),
      (GDestroyNotify) gst_mini_object_unref);
  return TRUE;
}

static void
interrupt_placeholder (GstFoxapiVideoOutput * self, gboolean is_interrupted)
{
  GST_OBJECT_LOCK (self);
  self->is_interrupted = is_interrupted;
  if (self->placeholder != NULL)
    gst_foxapi_placeholder_interrupt (self->placeholder, is_interrupted);
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_foxapi_video_output_unlock (GstBaseSrc * src)
{
  interrupt_placeholder (GST_FOXAPI_VIDEO_OUTPUT (src), TRUE);
  return GST_BASE_SRC_CLASS (gst_foxapi_video_output_parent_class)->unlock
      (src);
}

static gboolean
gst_foxapi_video_output_unlock_stop (GstBaseSrc * src)
{
  interrupt_placeholder (GST_FOXAPI_VIDEO_OUTPUT (src), FALSE);
  return GST_BASE_SRC_CLASS (gst_foxapi_video_output_parent_class)->unlock_stop
      (src);
}

static GstClockTime
get_running_time (gpointer user_data)
{
  GstClockTime now = gst_element_get_current_running_time (user_data);

  return GST_CLOCK_TIME_IS_VALID (now) ? now : 0;
}

/* The placeholder's next picture, or the one before it once more. */
static GstBuffer *
dup_picture (GstFoxapiVideoOutput * self, GstClockTime timeout)
{
  g_autoptr (GstFoxapiPlaceholder) placeholder = NULL;
  GstBuffer *picture = NULL;

  GST_OBJECT_LOCK (self);
  if (self->placeholder != NULL)
    placeholder = gst_object_ref (self->placeholder);
  GST_OBJECT_UNLOCK (self);

  if (placeholder != NULL)
    picture = gst_foxapi_placeholder_take_frame (placeholder, timeout);
  if (picture != NULL) {
    gst_buffer_unref (self->picture);
    self->picture = picture;
  }
  return gst_buffer_ref (self->picture);
}

static GstFoxapiContent
gst_foxapi_video_output_begin (GstFoxapiBinOutput * output,
    GstFoxapiProgram * program, guint64 * frame)
{
  gst_buffer_unref (dup_picture (GST_FOXAPI_VIDEO_OUTPUT (output),
          FIRST_PICTURE_TIMEOUT));
  return gst_foxapi_program_begin (program, get_running_time, output, frame);
}

static GstBuffer *
stamp_frame (GstFoxapiProgram * program, guint64 frame, GstBuffer * picture)
{
  GstBuffer *buffer = gst_buffer_new ();
  GstClockTime pts = gst_foxapi_program_frame_to_time (program, frame);

  gst_buffer_copy_into (buffer, picture,
      GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_META, 0, -1);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) = gst_foxapi_program_frame_to_time (program,
      frame + 1) - pts;
  GST_BUFFER_OFFSET (buffer) = frame;
  GST_BUFFER_OFFSET_END (buffer) = frame + 1;
  return buffer;
}

static GstFoxapiContent
gst_foxapi_video_output_make (GstFoxapiBinOutput * output,
    GstFoxapiProgram * program, guint64 frame, gboolean is_due,
    GstBuffer ** buffer)
{
  GstFoxapiVideoOutput *self = GST_FOXAPI_VIDEO_OUTPUT (output);
  g_autoptr (GstBuffer) picture = NULL;
  GList *events = NULL;
  GstFoxapiContent content =
      gst_foxapi_program_get_frame (program, frame, &picture,
      &events);

  /* One whose buffer a flush has thrown away is still to be sent. */
  self->events = g_list_concat (self->events, events);
  if (content == GST_FOXAPI_CONTENT_PLACEHOLDER) {
    picture = dup_picture (self, 0);
    content = GST_FOXAPI_CONTENT_RESULT;
  }
  if (content == GST_FOXAPI_CONTENT_RESULT)
    *buffer = stamp_frame (program, frame, picture);
  return content;
}

/* Here the segment, which goes first, has left already. */
static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstFoxapiVideoOutput *self = user_data;

  while (self->events != NULL) {
    GstEvent *event = self->events->data;

    self->events = g_list_delete_link (self->events, self->events);
    gst_pad_push_event (pad, event);
  }
  return GST_PAD_PROBE_OK;
}

static void
gst_foxapi_video_output_finalize (GObject * object)
{
  GstFoxapiVideoOutput *self = GST_FOXAPI_VIDEO_OUTPUT (object);

  gst_clear_caps (&self->caps);
  gst_clear_object (&self->placeholder);

  G_OBJECT_CLASS (gst_foxapi_video_output_parent_class)->finalize (object);
}

static void
gst_foxapi_video_output_init (GstFoxapiVideoOutput * self)
{
  gst_pad_add_probe (GST_BASE_SRC_PAD (self), GST_PAD_PROBE_TYPE_BUFFER,
      on_buffer, self, NULL);
}

static void
gst_foxapi_video_output_class_init (GstFoxapiVideoOutputClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);
  GstFoxapiBinOutputClass *output_class = GST_FOXAPI_BIN_OUTPUT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (foxapi_video_output_debug, "foxapivideooutput", 0,
      "The pictures");

  G_OBJECT_CLASS (klass)->finalize = gst_foxapi_video_output_finalize;
  gst_element_class_add_static_pad_template (element_class,
      &video_src_template);
  gst_element_class_set_static_metadata (element_class, "FoxAPI video output",
      "Source/Video", "The pictures of the program", "The gst-foxapi authors");

  src_class->get_caps = gst_foxapi_video_output_get_caps;
  src_class->set_caps = gst_foxapi_video_output_set_base_caps;
  src_class->stop = gst_foxapi_video_output_stop;
  src_class->unlock = gst_foxapi_video_output_unlock;
  src_class->unlock_stop = gst_foxapi_video_output_unlock_stop;
  output_class->stream = GST_FOXAPI_STREAM_VIDEO;
  output_class->begin = gst_foxapi_video_output_begin;
  output_class->get_time = gst_foxapi_program_frame_to_time;
  output_class->make = gst_foxapi_video_output_make;
  output_class->ended = gst_foxapi_program_close;
}

GstElement *
gst_foxapi_video_output_new (GstFoxapiProgram * program)
{
  return gst_foxapi_bin_output_new (GST_TYPE_FOXAPI_VIDEO_OUTPUT, "videooutput",
      program);
}

void
gst_foxapi_video_output_set_caps (GstFoxapiVideoOutput * output, GstCaps * caps)
{
  GST_OBJECT_LOCK (output);
  gst_caps_replace (&output->caps, caps);
  GST_OBJECT_UNLOCK (output);
}

void
gst_foxapi_video_output_set_placeholder (GstFoxapiVideoOutput * output,
    GstFoxapiPlaceholder * placeholder)
{
  GST_OBJECT_LOCK (output);
  if (output->placeholder != NULL)
    gst_foxapi_placeholder_interrupt (output->placeholder, TRUE);
  if (placeholder != NULL)
    gst_foxapi_placeholder_interrupt (placeholder, output->is_interrupted);
  gst_object_replace ((GstObject **) & output->placeholder,
      (GstObject *) placeholder);
  GST_OBJECT_UNLOCK (output);
}

/* The sound */

/* A buffer for each frame of the pictures, so that one decision is about both. */

/* Threads and locks: all of it runs in the streaming thread. */

struct _GstFoxapiAudioOutput
{
  GstFoxapiBinOutput parent;
};

static GstStaticPadTemplate audio_src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_FOXAPI_AUDIO_CAPS));

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (GstFoxapiAudioOutput, gst_foxapi_audio_output,
    GST_TYPE_FOXAPI_BIN_OUTPUT)
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
static GstFoxapiContent
get_sound (GstFoxapiProgram * program, guint64 frame, gboolean is_due,
    GstBuffer * buffer)
{
  GstFoxapiContent content;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return GST_FOXAPI_CONTENT_FLUSHING;
  content = gst_foxapi_program_get_samples (program, frame, is_due, map.data);
  gst_buffer_unmap (buffer, &map);
  return content;
}

static GstClockTime
sample_to_time (guint64 sample)
{
  return gst_util_uint64_scale (sample, GST_SECOND, GST_FOXAPI_AUDIO_RATE);
}

static void
stamp_samples (GstBuffer * buffer, guint64 start, guint64 end)
{
  GST_BUFFER_PTS (buffer) = sample_to_time (start);
  GST_BUFFER_DURATION (buffer) = sample_to_time (end) - sample_to_time (start);
  GST_BUFFER_OFFSET (buffer) = start;
  GST_BUFFER_OFFSET_END (buffer) = end;
}

static GstFoxapiContent
gst_foxapi_audio_output_begin (GstFoxapiBinOutput * output,
    GstFoxapiProgram * program, guint64 * frame)
{
  return gst_foxapi_program_wait_begun (program, frame);
}

static GstClockTime
gst_foxapi_audio_output_get_time (GstFoxapiProgram * program, guint64 frame)
{
  return sample_to_time (gst_foxapi_program_frame_to_sample (program, frame));
}

static GstFoxapiContent
gst_foxapi_audio_output_make (GstFoxapiBinOutput * output,
    GstFoxapiProgram * program, guint64 frame, gboolean is_due,
    GstBuffer ** buffer)
{
  guint64 start = gst_foxapi_program_frame_to_sample (program, frame);
  guint64 end = gst_foxapi_program_frame_to_sample (program, frame + 1);
  g_autoptr (GstBuffer) sound = make_silence (end - start);
  GstFoxapiContent content;

  stamp_samples (sound, start, end);
  content = get_sound (program, frame, is_due, sound);
  if (content == GST_FOXAPI_CONTENT_RESULT)
    *buffer = g_steal_pointer (&sound);
  return content;
}

static void
gst_foxapi_audio_output_init (GstFoxapiAudioOutput * self)
{
}

static void
gst_foxapi_audio_output_class_init (GstFoxapiAudioOutputClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstFoxapiBinOutputClass *output_class = GST_FOXAPI_BIN_OUTPUT_CLASS (klass);

  gst_element_class_add_static_pad_template (element_class,
      &audio_src_template);
  gst_element_class_set_static_metadata (element_class, "FoxAPI audio output",
      "Source/Audio", "The sound of the program", "The gst-foxapi authors");

  output_class->stream = GST_FOXAPI_STREAM_AUDIO;
  output_class->begin = gst_foxapi_audio_output_begin;
  output_class->get_time = gst_foxapi_audio_output_get_time;
  output_class->make = gst_foxapi_audio_output_make;
  output_class->ended = gst_foxapi_program_audio_is_gone;
}

GstElement *
gst_foxapi_audio_output_new (GstFoxapiProgram * program)
{
  return gst_foxapi_bin_output_new (GST_TYPE_FOXAPI_AUDIO_OUTPUT, "audiooutput",
      program);
}
