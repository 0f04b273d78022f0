/* What is shown before the first result
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: its own streaming threads fill the sink, the video thread
 * takes out of it, and waits for that with @lock, without that of the sink. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiplaceholder.h"
#include "gstfoxapidecoding.h"

/* So many pictures are made ahead: what is drawn on them should be news. */
#define FRAMES_AHEAD 2

#define FONT "DejaVu Sans 18"

struct _GstFoxapiPlaceholder
{
  GstFoxapiSinkBin parent;

  GstElement *last;             /* the end of what makes the pictures */
  GstElement *overlay;          /* (nullable): draws the text */
  GstAppSink *sink;
  GstCaps *caps;

  GMutex lock;
  GCond changed;                /* what follows */
  gboolean has_news;            /* the sink has got a frame since it was asked */
  gboolean is_interrupted;      /* nobody may wait */
};

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (GstFoxapiPlaceholder, gst_foxapi_placeholder,
    GST_TYPE_FOXAPI_SINK_BIN)
/* *INDENT-ON* */

static void
gst_foxapi_placeholder_finalize (GObject * object)
{
  GstFoxapiPlaceholder *self = GST_FOXAPI_PLACEHOLDER (object);

  gst_clear_caps (&self->caps);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);

  G_OBJECT_CLASS (gst_foxapi_placeholder_parent_class)->finalize (object);
}

static void
gst_foxapi_placeholder_init (GstFoxapiPlaceholder * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
}

static void
gst_foxapi_placeholder_class_init (GstFoxapiPlaceholderClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_foxapi_placeholder_finalize;
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "FoxAPI placeholder", "Generic/Bin", "Shown before the first result",
      "The gst-foxapi authors");
}

/* What is missing leaves the placeholder black, and the generation goes on. */
static void
append (GstFoxapiPlaceholder * self, GstElement * element)
{
  gst_bin_add (GST_BIN (self), element);
  if (self->last != NULL)
    gst_element_link (self->last, element);
  self->last = element;
}

static GstElement *
add (GstFoxapiPlaceholder * self, const gchar * factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  if (element == NULL) {
    GST_WARNING_OBJECT (self, "the element %s is missing", factory);
    return NULL;
  }
  append (self, element);
  return element;
}

static void
add_caps (GstFoxapiPlaceholder * self, GstCaps * caps)
{
  GstElement *filter = add (self, "capsfilter");

  if (filter != NULL)
    g_object_set (filter, "caps", caps, NULL);
}

static GstFlowReturn
on_new_sample (GstAppSink * sink, gpointer user_data)
{
  GstFoxapiPlaceholder *self = user_data;

  g_mutex_lock (&self->lock);
  self->has_news = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  return GST_FLOW_OK;
}

static void
add_sink (GstFoxapiPlaceholder * self)
{
  GstAppSinkCallbacks callbacks = {.new_sample = on_new_sample };

  self->sink = gst_foxapi_sink_bin_add_sink (GST_FOXAPI_SINK_BIN (self),
      FRAMES_AHEAD);
  if (self->sink == NULL)
    return;
  if (self->last != NULL)
    gst_element_link (self->last, GST_ELEMENT (self->sink));
  gst_app_sink_set_caps (self->sink, self->caps);
  gst_app_sink_set_callbacks (self->sink, &callbacks, self, NULL);
}

static GstFoxapiPlaceholder *
new_placeholder (GstCaps * caps)
{
  GstFoxapiPlaceholder *self = g_object_new (GST_TYPE_FOXAPI_PLACEHOLDER, NULL);

  self->caps = gst_caps_ref (caps);
  return self;
}

GstElement *
gst_foxapi_placeholder_new_pattern (const gchar * pattern, GstCaps * caps)
{
  GstFoxapiPlaceholder *self = new_placeholder (caps);
  GstElement *source = add (self, "videotestsrc");

  if (source != NULL)
    gst_util_set_object_arg (G_OBJECT (source), "pattern", pattern);
  add_caps (self, caps);
  add_sink (self);
  return GST_ELEMENT (self);
}

GstElement *
gst_foxapi_placeholder_new_picture (const gchar * uri, GstCaps * caps)
{
  GstFoxapiPlaceholder *self = new_placeholder (caps);
  g_autoptr (GstCaps) still = gst_caps_copy (caps);
  GstElement *decoding = gst_foxapi_decoding_new_picture (uri);
  GstElement *scale;

  if (decoding != NULL)
    append (self, decoding);
  add (self, "videoconvert");
  scale = add (self, "videoscale");
  if (scale != NULL)
    g_object_set (scale, "add-borders", TRUE, NULL);
  gst_structure_remove_field (gst_caps_get_structure (still, 0), "framerate");
  add_caps (self, still);
  add (self, "imagefreeze");
  add_caps (self, caps);
  add_sink (self);
  return GST_ELEMENT (self);
}

/* Prepares it for gst_foxapi_placeholder_set_text(). Returns FALSE if there
 * is no element that draws. */
gboolean
gst_foxapi_placeholder_draw_text (GstFoxapiPlaceholder * placeholder)
{
  GstElement *sink = GST_ELEMENT (placeholder->sink);
  g_autoptr (GstPad) sink_pad = gst_element_get_static_pad (sink, "sink");
  g_autoptr (GstPad) peer = gst_pad_get_peer (sink_pad);
  g_autoptr (GstPad) overlay_pad = NULL;

  placeholder->overlay = gst_element_factory_make ("textoverlay", NULL);
  if (placeholder->overlay == NULL)
    return FALSE;
  g_object_set (placeholder->overlay, "font-desc", FONT, "shaded-background",
      TRUE, "valignment", 1 /* bottom */ , "wait-text", FALSE, NULL);
  gst_bin_add (GST_BIN (placeholder), placeholder->overlay);
  overlay_pad = gst_element_get_static_pad (placeholder->overlay, "video_sink");
  gst_pad_unlink (peer, sink_pad);
  gst_pad_link (peer, overlay_pad);
  gst_element_link (placeholder->overlay, sink);
  return TRUE;
}

void
gst_foxapi_placeholder_set_text (GstFoxapiPlaceholder * placeholder,
    const gchar * text)
{
  if (placeholder->overlay != NULL)
    g_object_set (placeholder->overlay, "text", text, NULL);
}

/* %FALSE: none comes in time. */
static gboolean
wait_for_news (GstFoxapiPlaceholder * self, gint64 end_us)
{
  gboolean is_in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (!self->has_news && !self->is_interrupted && is_in_time)
    is_in_time = g_cond_wait_until (&self->changed, &self->lock, end_us);
  is_in_time = self->has_news && !self->is_interrupted;
  self->has_news = FALSE;
  g_mutex_unlock (&self->lock);
  return is_in_time;
}

static GstBuffer *
try_take_frame (GstFoxapiPlaceholder * self)
{
  g_autoptr (GstSample) sample = gst_app_sink_try_pull_sample (self->sink, 0);

  return sample ? gst_buffer_ref (gst_sample_get_buffer (sample)) : NULL;
}

/* Returns the next frame, if it is there, or NULL. */
GstBuffer *
gst_foxapi_placeholder_take_frame (GstFoxapiPlaceholder * placeholder,
    GstClockTime timeout)
{
  gint64 end_us = g_get_monotonic_time () + GST_TIME_AS_USECONDS (timeout);
  GstBuffer *frame;

  if (placeholder->sink == NULL)
    return NULL;
  while ((frame = try_take_frame (placeholder)) == NULL && timeout > 0
      && wait_for_news (placeholder, end_us));
  return frame;
}

/* Whoever waits for a frame, or would, gets what is there. */
void
gst_foxapi_placeholder_interrupt (GstFoxapiPlaceholder * placeholder,
    gboolean is_interrupted)
{
  g_mutex_lock (&placeholder->lock);
  placeholder->is_interrupted = is_interrupted;
  g_cond_broadcast (&placeholder->changed);
  g_mutex_unlock (&placeholder->lock);
}
