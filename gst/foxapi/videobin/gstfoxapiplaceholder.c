/* What is shown before the first result
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: its own streaming threads fill the sink, the video thread
 * takes out of it; the sink's lock is the only one. */

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
  GstFoxapiReservoir parent;

  GstElement *last;             /* the end of what makes the pictures */
  GstElement *overlay;          /* (nullable): draws the text */
  GstAppSink *sink;
  GstCaps *caps;
};

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (GstFoxapiPlaceholder, gst_foxapi_placeholder,
    GST_TYPE_FOXAPI_RESERVOIR)
/* *INDENT-ON* */

static void
gst_foxapi_placeholder_finalize (GObject * object)
{
  gst_clear_caps (&GST_FOXAPI_PLACEHOLDER (object)->caps);

  G_OBJECT_CLASS (gst_foxapi_placeholder_parent_class)->finalize (object);
}

static void
gst_foxapi_placeholder_init (GstFoxapiPlaceholder * self)
{
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

static void
add_sink (GstFoxapiPlaceholder * self)
{
  self->sink = gst_foxapi_reservoir_add_sink (GST_FOXAPI_RESERVOIR (self),
      FRAMES_AHEAD);
  if (self->sink == NULL)
    return;
  if (self->last != NULL)
    gst_element_link (self->last, GST_ELEMENT (self->sink));
  gst_app_sink_set_caps (self->sink, self->caps);
}

static GstFoxapiPlaceholder *
new_placeholder (GstCaps * caps)
{
  GstFoxapiPlaceholder *self = g_object_new (GST_TYPE_FOXAPI_PLACEHOLDER, NULL);

  self->caps = gst_caps_ref (caps);
  return self;
}

/**
 * gst_foxapi_placeholder_new_pattern:
 * @pattern: of videotestsrc
 * @caps: of the frames, fixed
 *
 * Returns: (transfer floating): a bin without pads that makes frames when it is
 *   PLAYING
 */
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

/**
 * gst_foxapi_placeholder_new_picture:
 * @uri: of an image, or a video, whose first frame it is
 * @caps: of the frames, fixed
 *
 * Returns: (transfer floating): a bin without pads that makes frames when it is
 *   PLAYING
 */
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

/**
 * gst_foxapi_placeholder_draw_text:
 * @placeholder: a placeholder in NULL
 *
 * Prepares it for gst_foxapi_placeholder_set_text().
 *
 * Returns: %FALSE if there is no element that draws
 */
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

/**
 * gst_foxapi_placeholder_set_text:
 * @placeholder: a placeholder; any thread
 * @text: drawn from now on
 */
void
gst_foxapi_placeholder_set_text (GstFoxapiPlaceholder * placeholder,
    const gchar * text)
{
  if (placeholder->overlay != NULL)
    g_object_set (placeholder->overlay, "text", text, NULL);
}

/**
 * gst_foxapi_placeholder_take_frame:
 * @placeholder: a placeholder
 * @timeout: how long to wait for one
 *
 * Returns: (transfer full) (nullable): the next frame, if it is there
 */
GstBuffer *
gst_foxapi_placeholder_take_frame (GstFoxapiPlaceholder * placeholder,
    GstClockTime timeout)
{
  g_autoptr (GstSample) sample = NULL;

  if (placeholder->sink != NULL)
    sample = gst_app_sink_try_pull_sample (placeholder->sink, timeout);
  return sample ? gst_buffer_ref (gst_sample_get_buffer (sample)) : NULL;
}
