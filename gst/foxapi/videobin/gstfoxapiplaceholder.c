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

GST_DEBUG_CATEGORY_STATIC (foxapi_placeholder_debug);
#define GST_CAT_DEFAULT foxapi_placeholder_debug

/* So many pictures are made ahead: what is drawn on them should be news. */
#define FRAMES_AHEAD 2

#define FONT "DejaVu Sans 18"

struct _GstFoxapiPlaceholder
{
  GstFoxapiSinkBin parent;

  GstElement *overlay;          /* (nullable): draws the text */
  GstAppSink *sink;

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
  GST_DEBUG_CATEGORY_INIT (foxapi_placeholder_debug, "foxapiplaceholder", 0,
      "What is shown before the first result");

  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "FoxAPI placeholder", "Generic/Bin", "Shown before the first result",
      "The gst-foxapi authors");
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
set_caps (GstElement * chain, const gchar * name, GstCaps * caps)
{
  g_autoptr (GstElement) filter = gst_bin_get_by_name (GST_BIN (chain), name);

  if (filter != NULL)
    g_object_set (filter, "caps", caps, NULL);
}

/* What makes the pictures is @description, behind a decoder of @uri (nullable). What
 * is missing leaves the placeholder black, and the generation goes on. */
static GstElement *
new_placeholder (const gchar * uri, const gchar * description, GstCaps * caps)
{
  GstFoxapiPlaceholder *self = g_object_new (GST_TYPE_FOXAPI_PLACEHOLDER, NULL);
  GstAppSinkCallbacks callbacks = {.new_sample = on_new_sample };
  g_autoptr (GError) error = NULL;
  GstElement *decoding = NULL;
  GstElement *chain = gst_parse_bin_from_description_full (description, TRUE,
      NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  g_autoptr (GstCaps) still = gst_caps_copy (caps);

  gst_structure_remove_field (gst_caps_get_structure (still, 0), "framerate");
  self->sink = gst_foxapi_sink_bin_add_sink (GST_FOXAPI_SINK_BIN (self),
      FRAMES_AHEAD);
  gst_app_sink_set_caps (self->sink, caps);
  gst_app_sink_set_callbacks (self->sink, &callbacks, self, NULL);
  if (chain == NULL) {
    GST_WARNING_OBJECT (self, "%s", error->message);
    return GST_ELEMENT (self);
  }
  set_caps (chain, "still", still);
  set_caps (chain, "format", caps);
  gst_bin_add (GST_BIN (self), chain);
  gst_element_link (chain, GST_ELEMENT (self->sink));
  if (uri != NULL)
    decoding = gst_foxapi_decoding_new_picture (uri);
  if (decoding != NULL) {
    gst_bin_add (GST_BIN (self), decoding);
    gst_element_link (decoding, chain);
  }
  return GST_ELEMENT (self);
}

GstElement *
gst_foxapi_placeholder_new_pattern (const gchar * pattern, GstCaps * caps)
{
  g_autofree gchar *description =
      g_strdup_printf ("videotestsrc pattern=%s ! capsfilter name=format",
      pattern);

  return new_placeholder (NULL, description, caps);
}

GstElement *
gst_foxapi_placeholder_new_picture (const gchar * uri, GstCaps * caps)
{
  return new_placeholder (uri, "videoconvert ! videoscale add-borders=true ! "
      "capsfilter name=still ! imagefreeze ! capsfilter name=format", caps);
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

  if (peer == NULL)
    return TRUE;
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
