/* The beat of the pictures
 *
 * What the program shows, and in front of its first result the placeholder.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: the streaming thread makes the buffers. What others set is
 * guarded by the object lock, under which that of the placeholder is taken. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapivideoplayout.h"

#include <gst/video/video.h>

GST_DEBUG_CATEGORY_STATIC (foxapi_video_playout_debug);
#define GST_CAT_DEFAULT foxapi_video_playout_debug

/* The first picture of the placeholder is waited for, so that the output does not
 * begin with a flash of black, but no longer than this. */
#define FIRST_PICTURE_TIMEOUT GST_SECOND

struct _GstFoxapiVideoPlayout
{
  GstFoxapiPlayout parent;

  /* The object lock */
  GstCaps *caps;
  GstFoxapiPlaceholder *placeholder;    /* (nullable) */
  gboolean is_interrupted;      /* it is not waited for */

  /* The streaming thread */
  GstVideoInfo info;
  GstBuffer *picture;           /* last of the placeholder, black without one */
  GstEvent *event;              /* (nullable): goes ahead of the next buffer */
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw"));

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (GstFoxapiVideoPlayout, gst_foxapi_video_playout,
    GST_TYPE_FOXAPI_PLAYOUT)
/* *INDENT-ON* */

static GstCaps *
gst_foxapi_video_playout_get_caps (GstBaseSrc * src, GstCaps * filter)
{
  GstFoxapiVideoPlayout *self = GST_FOXAPI_VIDEO_PLAYOUT (src);
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
gst_foxapi_video_playout_set_base_caps (GstBaseSrc * src, GstCaps * caps)
{
  GstFoxapiVideoPlayout *self = GST_FOXAPI_VIDEO_PLAYOUT (src);

  if (!gst_video_info_from_caps (&self->info, caps))
    return FALSE;
  gst_clear_buffer (&self->picture);
  self->picture = make_black (&self->info);
  return TRUE;
}

static gboolean
gst_foxapi_video_playout_stop (GstBaseSrc * src)
{
  GstFoxapiVideoPlayout *self = GST_FOXAPI_VIDEO_PLAYOUT (src);

  gst_clear_buffer (&self->picture);
  gst_clear_event (&self->event);
  return TRUE;
}

static void
interrupt (GstFoxapiVideoPlayout * self, gboolean is_interrupted)
{
  GST_OBJECT_LOCK (self);
  self->is_interrupted = is_interrupted;
  if (self->placeholder != NULL)
    gst_foxapi_placeholder_interrupt (self->placeholder, is_interrupted);
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_foxapi_video_playout_unlock (GstBaseSrc * src)
{
  interrupt (GST_FOXAPI_VIDEO_PLAYOUT (src), TRUE);
  return GST_BASE_SRC_CLASS (gst_foxapi_video_playout_parent_class)->unlock
      (src);
}

static gboolean
gst_foxapi_video_playout_unlock_stop (GstBaseSrc * src)
{
  interrupt (GST_FOXAPI_VIDEO_PLAYOUT (src), FALSE);
  return GST_BASE_SRC_CLASS (gst_foxapi_video_playout_parent_class)->unlock_stop
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
dup_picture (GstFoxapiVideoPlayout * self, GstClockTime timeout)
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

static GstFoxapiAir
gst_foxapi_video_playout_begin (GstFoxapiPlayout * playout,
    GstFoxapiProgram * program, guint64 * frame)
{
  gst_buffer_unref (dup_picture (GST_FOXAPI_VIDEO_PLAYOUT (playout),
          FIRST_PICTURE_TIMEOUT));
  return gst_foxapi_program_begin (program, get_running_time, playout, frame);
}

static GstBuffer *
stamp (GstFoxapiProgram * program, guint64 frame, GstBuffer * picture)
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

static GstFoxapiAir
gst_foxapi_video_playout_make (GstFoxapiPlayout * playout,
    GstFoxapiProgram * program, guint64 frame, gboolean is_due,
    GstBuffer ** buffer)
{
  GstFoxapiVideoPlayout *self = GST_FOXAPI_VIDEO_PLAYOUT (playout);
  g_autoptr (GstBuffer) picture = NULL;
  GstFoxapiAir air = gst_foxapi_program_get_frame (program, frame, &picture,
      &self->event);

  if (air == GST_FOXAPI_AIR_PLACEHOLDER) {
    picture = dup_picture (self, 0);
    air = GST_FOXAPI_AIR_RESULT;
  }
  if (air == GST_FOXAPI_AIR_RESULT)
    *buffer = stamp (program, frame, picture);
  return air;
}

/* Here the segment, which goes first, has left already. */
static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstFoxapiVideoPlayout *self = user_data;

  if (self->event != NULL)
    gst_pad_push_event (pad, g_steal_pointer (&self->event));
  return GST_PAD_PROBE_OK;
}

static void
gst_foxapi_video_playout_finalize (GObject * object)
{
  GstFoxapiVideoPlayout *self = GST_FOXAPI_VIDEO_PLAYOUT (object);

  gst_clear_caps (&self->caps);
  gst_clear_object (&self->placeholder);

  G_OBJECT_CLASS (gst_foxapi_video_playout_parent_class)->finalize (object);
}

static void
gst_foxapi_video_playout_init (GstFoxapiVideoPlayout * self)
{
  gst_pad_add_probe (GST_BASE_SRC_PAD (self), GST_PAD_PROBE_TYPE_BUFFER,
      on_buffer, self, NULL);
}

static void
gst_foxapi_video_playout_class_init (GstFoxapiVideoPlayoutClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);
  GstFoxapiPlayoutClass *playout_class = GST_FOXAPI_PLAYOUT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (foxapi_video_playout_debug, "foxapivideoplayout", 0,
      "The beat of the pictures");

  G_OBJECT_CLASS (klass)->finalize = gst_foxapi_video_playout_finalize;
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "FoxAPI video playout",
      "Source/Video", "The pictures of the program", "The gst-foxapi authors");

  src_class->get_caps = gst_foxapi_video_playout_get_caps;
  src_class->set_caps = gst_foxapi_video_playout_set_base_caps;
  src_class->stop = gst_foxapi_video_playout_stop;
  src_class->unlock = gst_foxapi_video_playout_unlock;
  src_class->unlock_stop = gst_foxapi_video_playout_unlock_stop;
  playout_class->stream = GST_FOXAPI_STREAM_VIDEO;
  playout_class->begin = gst_foxapi_video_playout_begin;
  playout_class->get_time = gst_foxapi_program_frame_to_time;
  playout_class->make = gst_foxapi_video_playout_make;
  playout_class->ended = gst_foxapi_program_close;
}

GstElement *
gst_foxapi_video_playout_new (GstFoxapiProgram * program)
{
  return gst_foxapi_playout_new (GST_TYPE_FOXAPI_VIDEO_PLAYOUT, "videoplayout",
      program);
}

void
gst_foxapi_video_playout_set_caps (GstFoxapiVideoPlayout * playout,
    GstCaps * caps)
{
  GST_OBJECT_LOCK (playout);
  gst_caps_replace (&playout->caps, caps);
  GST_OBJECT_UNLOCK (playout);
}

void
gst_foxapi_video_playout_set_placeholder (GstFoxapiVideoPlayout * playout,
    GstFoxapiPlaceholder * placeholder)
{
  GST_OBJECT_LOCK (playout);
  if (playout->placeholder != NULL)
    gst_foxapi_placeholder_interrupt (playout->placeholder, TRUE);
  if (placeholder != NULL)
    gst_foxapi_placeholder_interrupt (placeholder, playout->is_interrupted);
  gst_object_replace ((GstObject **) & playout->placeholder,
      (GstObject *) placeholder);
  GST_OBJECT_UNLOCK (playout);
}
