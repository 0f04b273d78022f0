/* The beat of an output: a buffer for each frame of the program
 *
 * A source whose timestamps are counted: whatever is on the air, a frame follows
 * the frame before it. What a buffer holds is up to the derived classes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: create() runs in the streaming thread, and waits in the beat
 * and in the program, which have locks of their own. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiplayout.h"

#include "gstfoxapibeat.h"

typedef struct
{
  GstFoxapiProgram *program;    /* outlives this */
  GstFoxapiBeat beat;
  guint group_id;               /* of the stream; set below PAUSED */

  /* The streaming thread */
  gboolean is_started;
  guint64 frame;                /* the next one */
} GstFoxapiPlayoutPrivate;

/* *INDENT-OFF* */
G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstFoxapiPlayout, gst_foxapi_playout,
    GST_TYPE_PUSH_SRC)
/* *INDENT-ON* */

static GstFoxapiPlayoutPrivate *
get_private (gpointer self)
{
  return gst_foxapi_playout_get_instance_private (self);
}

static gboolean
gst_foxapi_playout_start (GstBaseSrc * src)
{
  get_private (src)->is_started = FALSE;
  return TRUE;
}

static gboolean
gst_foxapi_playout_is_seekable (GstBaseSrc * src)
{
  return FALSE;
}

static void
interrupt (GstBaseSrc * src, gboolean is_interrupted)
{
  GstFoxapiPlayoutPrivate *priv = get_private (src);

  gst_foxapi_beat_interrupt (&priv->beat, src, is_interrupted);
  gst_foxapi_program_interrupt (priv->program,
      GST_FOXAPI_PLAYOUT_GET_CLASS (src)->stream, is_interrupted);
}

/* A pause, or a stop: create() lets go. */
static gboolean
gst_foxapi_playout_unlock (GstBaseSrc * src)
{
  interrupt (src, TRUE);
  return TRUE;
}

static gboolean
gst_foxapi_playout_unlock_stop (GstBaseSrc * src)
{
  interrupt (src, FALSE);
  return TRUE;
}

/* A frame is there when it is due, and may stay as long as is wanted. */
static gboolean
gst_foxapi_playout_query (GstBaseSrc * src, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY) {
    gst_query_set_latency (query, gst_base_src_is_live (src), 0,
        GST_CLOCK_TIME_NONE);
    return TRUE;
  }
  return GST_BASE_SRC_CLASS (gst_foxapi_playout_parent_class)->query (src,
      query);
}

/* The buffer of the next frame, when that is due */
static GstFoxapiAir
make_next (GstFoxapiPlayout * self, GstBuffer ** buffer)
{
  GstFoxapiPlayoutPrivate *priv = get_private (self);
  GstFoxapiPlayoutClass *klass = GST_FOXAPI_PLAYOUT_GET_CLASS (self);
  GstBaseSrc *src = GST_BASE_SRC (self);
  gboolean is_due = FALSE;

  if (!priv->is_started) {
    GstFoxapiAir air = klass->begin (self, priv->program, &priv->frame);

    if (air != GST_FOXAPI_AIR_RESULT)
      return air;
    priv->is_started = TRUE;
  }
  if (gst_base_src_is_live (src) && gst_foxapi_beat_wait (&priv->beat, src,
          klass->get_time (priv->program, priv->frame), &is_due) != GST_FLOW_OK)
    return GST_FOXAPI_AIR_FLUSHING;
  return klass->make (self, priv->program, priv->frame, is_due, buffer);
}

static GstFlowReturn
gst_foxapi_playout_create (GstPushSrc * src, GstBuffer ** buffer)
{
  GstFoxapiPlayout *self = GST_FOXAPI_PLAYOUT (src);
  GstFoxapiAir air;

  while ((air = make_next (self, buffer)) == GST_FOXAPI_AIR_FLUSHING) {
    GstFlowReturn result = gst_base_src_is_live (GST_BASE_SRC (src)) ?
        gst_base_src_wait_playing (GST_BASE_SRC (src)) : GST_FLOW_FLUSHING;

    if (result != GST_FLOW_OK)
      return result;
  }
  if (air == GST_FOXAPI_AIR_EOS)
    return GST_FLOW_EOS;
  get_private (self)->frame++;
  return GST_FLOW_OK;
}

/* The base class gives each stream a group of its own: streams that belong
 * together would wait for each other's ends, where groups follow each other. */
static void
set_group (GstFoxapiPlayout * self, GstPadProbeInfo * info)
{
  GstEvent *event = gst_event_make_writable (GST_PAD_PROBE_INFO_EVENT (info));

  gst_event_set_group_id (event, get_private (self)->group_id);
  GST_PAD_PROBE_INFO_DATA (info) = event;
}

/* Whoever takes the buffers may have enough. */
static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  GstFoxapiPlayout *self = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    GST_FOXAPI_PLAYOUT_GET_CLASS (self)->ended (get_private (self)->program);
  else if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) ==
      GST_EVENT_STREAM_START)
    set_group (self, info);
  return GST_PAD_PROBE_OK;
}

static void
gst_foxapi_playout_init (GstFoxapiPlayout * self)
{
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_pad_add_probe (GST_BASE_SRC_PAD (self),
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, NULL);
}

static void
gst_foxapi_playout_class_init (GstFoxapiPlayoutClass * klass)
{
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);

  src_class->start = gst_foxapi_playout_start;
  src_class->unlock = gst_foxapi_playout_unlock;
  src_class->unlock_stop = gst_foxapi_playout_unlock_stop;
  src_class->query = gst_foxapi_playout_query;
  src_class->is_seekable = gst_foxapi_playout_is_seekable;
  GST_PUSH_SRC_CLASS (klass)->create = gst_foxapi_playout_create;
}

GstElement *
gst_foxapi_playout_new (GType type, const gchar * name,
    GstFoxapiProgram * program)
{
  GstElement *self = g_object_new (type, "name", name, NULL);

  get_private (self)->program = program;
  return self;
}

void
gst_foxapi_playout_set_group (GstFoxapiPlayout * playout, guint group_id)
{
  get_private (playout)->group_id = group_id;
}
