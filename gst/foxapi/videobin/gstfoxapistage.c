/* Where a result waits, whole, until it goes on the air
 *
 * A sink that writes a file and then keeps its last buffer: foxapivideosrc counts
 * a result as delivered, and drops the record of its task, when that buffer has
 * been taken. What lies in a file that nobody has seen yet is not delivered.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: render() and event() run in the streaming thread. unlock(),
 * unlock_stop() and gst_foxapi_stage_let_go() come from others; the lock guards
 * what they tell it. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapistage.h"

#include <gio/gio.h>

GST_DEBUG_CATEGORY_STATIC (foxapi_stage_debug);
#define GST_CAT_DEFAULT foxapi_stage_debug

struct _GstFoxapiStage
{
  GstBaseSink parent;

  GstFoxapiStageFunc complete;
  gpointer user_data;
  gchar *location;

  /* From start() to stop(), NULL to READY and back: the streaming thread */
  GFileOutputStream *stream;
  guint64 written;
  gboolean is_complete;

  GMutex lock;
  GCond moved;
  gboolean is_free;             /* the lock: nothing is to be kept any more */
  gboolean is_flushing;         /* the lock */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (GstFoxapiStage, gst_foxapi_stage, GST_TYPE_BASE_SINK)
/* *INDENT-ON* */

static gboolean
gst_foxapi_stage_start (GstBaseSink * sink)
{
  GstFoxapiStage *self = GST_FOXAPI_STAGE (sink);
  g_autoptr (GFile) file = g_file_new_for_path (self->location);
  g_autoptr (GError) error = NULL;

  self->stream = g_file_replace (file, NULL, FALSE,
      G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION, NULL, &error);
  if (self->stream == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE,
        ("There is no place for the result: %s. Set TMPDIR to a folder that can "
            "be written, then start again.", error->message), (NULL));
    return FALSE;
  }
  self->written = 0;
  self->is_complete = FALSE;
  g_mutex_lock (&self->lock);
  self->is_free = FALSE;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static gboolean
gst_foxapi_stage_stop (GstBaseSink * sink)
{
  g_clear_object (&GST_FOXAPI_STAGE (sink)->stream);
  return TRUE;
}

/* Tells that the file is complete, and stays until the result may go. */
static GstFlowReturn
keep (GstFoxapiStage * self)
{
  gboolean is_free;

  self->is_complete = TRUE;
  if (!g_output_stream_flush (G_OUTPUT_STREAM (self->stream), NULL, NULL))
    GST_WARNING_OBJECT (self, "could not flush");
  GST_DEBUG_OBJECT (self, "%" G_GUINT64_FORMAT " bytes are there",
      self->written);
  self->complete (self->user_data);

  g_mutex_lock (&self->lock);
  while (!self->is_free && !self->is_flushing)
    g_cond_wait (&self->moved, &self->lock);
  is_free = self->is_free;
  g_mutex_unlock (&self->lock);
  return is_free ? GST_FLOW_OK : GST_FLOW_FLUSHING;
}

static GstFlowReturn
fail (GstFoxapiStage * self, const GError * error)
{
  gboolean is_full = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);

  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      GST_RESOURCE_ERROR, is_full ? GST_RESOURCE_ERROR_NO_SPACE_LEFT :
      GST_RESOURCE_ERROR_WRITE,
      g_strdup_printf
      ("The result could not be written to %s: %s. Make room, or "
          "set TMPDIR to another folder, then start again.",
          self->location, error->message), NULL, __FILE__, GST_FUNCTION,
      __LINE__);
  return GST_FLOW_ERROR;
}

/* By the size that the source knows */
static gboolean
is_whole (GstFoxapiStage * self)
{
  gint64 size;

  return gst_pad_peer_query_duration (GST_BASE_SINK_PAD (self),
      GST_FORMAT_BYTES, &size) && size > 0 && self->written == (guint64) size;
}

static GstFlowReturn
gst_foxapi_stage_render (GstBaseSink * sink, GstBuffer * buffer)
{
  GstFoxapiStage *self = GST_FOXAPI_STAGE (sink);
  g_autoptr (GError) error = NULL;
  GstMapInfo map;
  gboolean is_written;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_FLOW_ERROR;
  is_written = g_output_stream_write_all (G_OUTPUT_STREAM (self->stream),
      map.data, map.size, NULL, NULL, &error);
  self->written += map.size;
  gst_buffer_unmap (buffer, &map);
  if (!is_written)
    return fail (self, error);

  return is_whole (self) ? keep (self) : GST_FLOW_OK;
}

static gboolean
gst_foxapi_stage_event (GstBaseSink * sink, GstEvent * event)
{
  GstFoxapiStage *self = GST_FOXAPI_STAGE (sink);

  /* Where the server does not tell the size, the end does. The source knows it
   * then, and sends the task's event ahead of EOS; when EOS leaves it, the result
   * is delivered. */
  if (!self->is_complete && self->written > 0 && GST_EVENT_IS_SERIALIZED (event)
      && (GST_EVENT_TYPE (event) == GST_EVENT_EOS || is_whole (self))
      && keep (self) != GST_FLOW_OK) {
    gst_event_unref (event);
    return FALSE;
  }
  return GST_BASE_SINK_CLASS (gst_foxapi_stage_parent_class)->event (sink,
      event);
}

static void
set_flushing (GstFoxapiStage * self, gboolean is_flushing)
{
  g_mutex_lock (&self->lock);
  self->is_flushing = is_flushing;
  g_cond_signal (&self->moved);
  g_mutex_unlock (&self->lock);
}

static gboolean
gst_foxapi_stage_unlock (GstBaseSink * sink)
{
  set_flushing (GST_FOXAPI_STAGE (sink), TRUE);
  return TRUE;
}

static gboolean
gst_foxapi_stage_unlock_stop (GstBaseSink * sink)
{
  set_flushing (GST_FOXAPI_STAGE (sink), FALSE);
  return TRUE;
}

static void
gst_foxapi_stage_finalize (GObject * object)
{
  GstFoxapiStage *self = GST_FOXAPI_STAGE (object);

  g_free (self->location);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->moved);

  G_OBJECT_CLASS (gst_foxapi_stage_parent_class)->finalize (object);
}

static void
gst_foxapi_stage_init (GstFoxapiStage * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->moved);
  /* It writes what comes when it comes, whatever its pipeline is waiting for. */
  gst_base_sink_set_sync (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_async_enabled (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_last_sample_enabled (GST_BASE_SINK (self), FALSE);
}

static void
gst_foxapi_stage_class_init (GstFoxapiStageClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *sink_class = GST_BASE_SINK_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (foxapi_stage_debug, "foxapistage", 0,
      "Where a result waits");

  G_OBJECT_CLASS (klass)->finalize = gst_foxapi_stage_finalize;

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "FoxAPI stage", "Sink",
      "Keeps a result until it goes on the air", "The gst-foxapi authors");

  sink_class->start = gst_foxapi_stage_start;
  sink_class->stop = gst_foxapi_stage_stop;
  sink_class->render = gst_foxapi_stage_render;
  sink_class->event = gst_foxapi_stage_event;
  sink_class->unlock = gst_foxapi_stage_unlock;
  sink_class->unlock_stop = gst_foxapi_stage_unlock_stop;
}

GstElement *
gst_foxapi_stage_new (GstFoxapiStageFunc complete, gpointer user_data)
{
  GstFoxapiStage *self = g_object_new (GST_TYPE_FOXAPI_STAGE, "name", "stage",
      NULL);

  self->complete = complete;
  self->user_data = user_data;
  return GST_ELEMENT (self);
}

void
gst_foxapi_stage_set_location (GstFoxapiStage * stage, const gchar * location)
{
  g_free (stage->location);
  stage->location = g_strdup (location);
}

/* The result has been shown: its delivery may end. */
void
gst_foxapi_stage_let_go (GstFoxapiStage * stage)
{
  g_mutex_lock (&stage->lock);
  stage->is_free = TRUE;
  g_cond_signal (&stage->moved);
  g_mutex_unlock (&stage->lock);
}
