/* A bin that decodes ahead into appsinks
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapidecoding.h"

GST_DEBUG_CATEGORY_STATIC (foxapi_decoding_debug);
#define GST_CAT_DEFAULT foxapi_decoding_debug

/* A bin without pads that holds what it makes until that is taken */

/* Threads and locks: streaming threads fill the sinks, others take out of them,
 * under the locks of the sinks. The children are complete before the bin starts, and
 * so are the links between them. */

/* *INDENT-OFF* */
G_DEFINE_ABSTRACT_TYPE (GstFoxapiSinkBin, gst_foxapi_sink_bin, GST_TYPE_BIN)
/* *INDENT-ON* */

/* What the sinks and decoders tell of themselves is of no use outside. */
static void
gst_foxapi_sink_bin_handle_message (GstBin * bin, GstMessage * message)
{
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_EOS:
    case GST_MESSAGE_STREAM_START:
    case GST_MESSAGE_TAG:
    case GST_MESSAGE_STREAM_COLLECTION:
    case GST_MESSAGE_LATENCY:
    case GST_MESSAGE_ASYNC_START:
    case GST_MESSAGE_ASYNC_DONE:
      gst_message_unref (message);
      break;
    default:
      GST_BIN_CLASS (gst_foxapi_sink_bin_parent_class)->handle_message (bin,
          message);
      break;
  }
}

/* One that goes up leaves alone what is ahead of it, and one that goes down what
 * has not come so far; and goes down, even if a child has failed. */
static gboolean
change_child (const GValue * item, GValue * result, gpointer transition)
{
  GstElement *child = g_value_get_object (item);
  GstState next = GST_STATE_TRANSITION_NEXT (GPOINTER_TO_INT (transition));
  gboolean is_up =
      next > GST_STATE_TRANSITION_CURRENT (GPOINTER_TO_INT (transition));

  if (is_up ? GST_STATE (child) >= next : GST_STATE (child) < next)
    return TRUE;
  if (gst_element_set_state (child, next) == GST_STATE_CHANGE_FAILURE && is_up)
    g_value_set_boolean (result, FALSE);
  return g_value_get_boolean (result);
}

static gboolean
change_children (GstBin * bin, GstStateChange transition)
{
  GstIterator *children = gst_bin_iterate_sorted (bin);
  GValue result = G_VALUE_INIT;

  g_value_init (&result, G_TYPE_BOOLEAN);
  do {
    gst_iterator_resync (children);
    g_value_set_boolean (&result, TRUE);
  } while (gst_iterator_fold (children, change_child, &result,
          GINT_TO_POINTER (transition)) == GST_ITERATOR_RESYNC);
  gst_iterator_free (children);
  return g_value_get_boolean (&result);
}

/* The sinks go ahead: one that takes its first buffers while its state goes from
 * PAUSED to PLAYING fills up and waits for whoever empties it, with the lock that
 * the change of state waits for.
 *
 * The rest is not left to the base class, for which a decoder that looks for
 * streams makes this ASYNC: then the bin around this is it, too, and tells its
 * pipeline ASYNC_DONE, which sets its state anew, until the decoder is ready. */
static GstStateChangeReturn
gst_foxapi_sink_bin_change_state (GstElement * element,
    GstStateChange transition)
{
  GstElementClass *element_class = g_type_class_peek (GST_TYPE_ELEMENT);

  if (transition == GST_STATE_CHANGE_NULL_TO_READY) {
    for (GList * l = GST_BIN_CHILDREN (element); l != NULL; l = l->next) {
      if (GST_IS_APP_SINK (l->data))
        gst_element_set_state (l->data, GST_STATE_PLAYING);
    }
  }
  if (!change_children (GST_BIN (element), transition))
    return GST_STATE_CHANGE_FAILURE;
  return element_class->change_state (element, transition);
}

static void
gst_foxapi_sink_bin_init (GstFoxapiSinkBin * self)
{
  gst_bin_set_suppressed_flags (GST_BIN (self),
      GST_ELEMENT_FLAG_SINK | GST_ELEMENT_FLAG_SOURCE);
}

static void
gst_foxapi_sink_bin_class_init (GstFoxapiSinkBinClass * klass)
{
  GST_DEBUG_CATEGORY_INIT (foxapi_decoding_debug, "foxapidecoding", 0,
      "What is decoded ahead");

  GST_ELEMENT_CLASS (klass)->change_state = gst_foxapi_sink_bin_change_state;
  GST_BIN_CLASS (klass)->handle_message = gst_foxapi_sink_bin_handle_message;
}

/* Returns a sink within, which needs no clock. */
GstAppSink *
gst_foxapi_sink_bin_add_sink (GstFoxapiSinkBin * bin, guint ahead)
{
  GstElement *sink = gst_element_factory_make ("appsink", NULL);

  g_object_set (sink, "sync", FALSE, "async", FALSE, "max-buffers", ahead,
      "enable-last-sample", FALSE, "wait-on-eos", FALSE, NULL);
  gst_bin_add (GST_BIN (bin), sink);
  return GST_APP_SINK (sink);
}

/* A decoder in a bin whose pads are there before its streams */

/* Whoever decodes links these pads once, before anything starts. A pad that is
 * linked while the bin around it changes its state spoils the order in which
 * that bin stops its children ("loop detected in the graph of bin"): within a
 * ghost pad it is none of the bin's business. */

/* Threads and locks: the decoder's streaming threads give the ghost pads their
 * targets; the lock of a ghost pad guards its target. */

#define VIDEO "video"
#define AUDIO "audio"

/* Whether a stream has been found for the pad @name */
gboolean
gst_foxapi_decoding_has_stream (GstElement * decoding, const gchar * name)
{
  g_autoptr (GstPad) ghost = gst_element_get_static_pad (decoding, name);
  g_autoptr (GstPad) target = gst_ghost_pad_get_target (GST_GHOST_PAD (ghost));

  return target != NULL;
}

/* The first stream of a kind is taken. */
static void
on_pad_added (GstElement * decoder, GstPad * pad, gpointer decoding)
{
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);
  const gchar *kind = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  g_autoptr (GstPad) ghost = NULL;

  if (g_str_equal (kind, "video/x-raw"))
    ghost = gst_element_get_static_pad (decoding, VIDEO);
  else if (g_str_equal (kind, "audio/x-raw"))
    ghost = gst_element_get_static_pad (decoding, AUDIO);
  if (ghost == NULL
      || gst_foxapi_decoding_has_stream (decoding, GST_PAD_NAME (ghost)))
    return;
  if (!gst_ghost_pad_set_target (GST_GHOST_PAD (ghost), pad))
    GST_WARNING_OBJECT (decoding, "could not show %s", GST_PAD_NAME (pad));
}

static void
add_pad (GstElement * decoding, const gchar * name)
{
  gst_element_add_pad (decoding, gst_ghost_pad_new_no_target (name,
          GST_PAD_SRC));
}

static GstElement *
new_decoding (GstElement * decoder)
{
  GstElement *decoding = gst_bin_new (NULL);

  gst_bin_add (GST_BIN (decoding), decoder);
  /* The decoder is a child, and does not outlive the bin. */
  g_signal_connect (decoder, "pad-added", G_CALLBACK (on_pad_added), decoding);
  add_pad (decoding, VIDEO);
  return decoding;
}

/* Whoever calls has made sure that filesrc and decodebin are there. */
GstElement *
gst_foxapi_decoding_new_file (const gchar * location,
    GstFoxapiDecodingFunc streams_are_known, gpointer user_data)
{
  GstElement *file = gst_element_factory_make ("filesrc", NULL);
  GstElement *decoder = gst_element_factory_make ("decodebin", NULL);
  GstElement *decoding = new_decoding (decoder);

  g_object_set (file, "location", location, NULL);
  add_pad (decoding, AUDIO);
  gst_bin_add (GST_BIN (decoding), file);
  gst_element_link (file, decoder);
  g_signal_connect (decoder, "no-more-pads", G_CALLBACK (streams_are_known),
      user_data);
  return decoding;
}

/* Returns a bin with the pad "video"; NULL if uridecodebin is missing. That is not told
 * to leave out the sound: it would leave out H.264, too, whose parser makes nothing
 * that is raw. */
GstElement *
gst_foxapi_decoding_new_picture (const gchar * uri)
{
  GstElement *decoder = gst_element_factory_make ("uridecodebin", NULL);

  if (decoder == NULL)
    return NULL;
  g_object_set (decoder, "uri", uri, NULL);
  return new_decoding (decoder);
}
