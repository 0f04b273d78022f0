/* A bin without pads that holds what it makes until that is taken
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: streaming threads fill the sinks, others take out of them,
 * under the locks of the sinks. The list of sinks is complete before the bin
 * starts, and so are the links between its children. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapireservoir.h"

typedef struct
{
  GList *sinks;                 /* (element-type GstElement): children */
} GstFoxapiReservoirPrivate;

/* *INDENT-OFF* */
G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstFoxapiReservoir, gst_foxapi_reservoir,
    GST_TYPE_BIN)
/* *INDENT-ON* */

static GstFoxapiReservoirPrivate *
get_private (gpointer self)
{
  return gst_foxapi_reservoir_get_instance_private (self);
}

/* What the sinks and decoders tell of themselves is of no use outside. */
static void
gst_foxapi_reservoir_handle_message (GstBin * bin, GstMessage * message)
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
      GST_BIN_CLASS (gst_foxapi_reservoir_parent_class)->handle_message (bin,
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
gst_foxapi_reservoir_change_state (GstElement * element,
    GstStateChange transition)
{
  GstElementClass *element_class = g_type_class_peek (GST_TYPE_ELEMENT);

  if (transition == GST_STATE_CHANGE_NULL_TO_READY) {
    for (GList * l = get_private (element)->sinks; l != NULL; l = l->next)
      gst_element_set_state (l->data, GST_STATE_PLAYING);
  }
  if (!change_children (GST_BIN (element), transition))
    return GST_STATE_CHANGE_FAILURE;
  return element_class->change_state (element, transition);
}

static void
gst_foxapi_reservoir_finalize (GObject * object)
{
  g_list_free (get_private (object)->sinks);

  G_OBJECT_CLASS (gst_foxapi_reservoir_parent_class)->finalize (object);
}

static void
gst_foxapi_reservoir_init (GstFoxapiReservoir * self)
{
  gst_bin_set_suppressed_flags (GST_BIN (self),
      GST_ELEMENT_FLAG_SINK | GST_ELEMENT_FLAG_SOURCE);
}

static void
gst_foxapi_reservoir_class_init (GstFoxapiReservoirClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_foxapi_reservoir_finalize;
  GST_ELEMENT_CLASS (klass)->change_state = gst_foxapi_reservoir_change_state;
  GST_BIN_CLASS (klass)->handle_message = gst_foxapi_reservoir_handle_message;
}

/* Returns a sink within, which needs no clock; NULL if there is no appsink. */
GstAppSink *
gst_foxapi_reservoir_add_sink (GstFoxapiReservoir * reservoir, guint ahead)
{
  GstFoxapiReservoirPrivate *priv = get_private (reservoir);
  GstElement *sink = gst_element_factory_make ("appsink", NULL);

  if (sink == NULL) {
    GST_WARNING_OBJECT (reservoir, "the element appsink is missing");
    return NULL;
  }
  g_object_set (sink, "sync", FALSE, "async", FALSE, "max-buffers", ahead,
      "enable-last-sample", FALSE, "wait-on-eos", FALSE, NULL);
  gst_bin_add (GST_BIN (reservoir), sink);
  priv->sinks = g_list_append (priv->sinks, sink);
  return GST_APP_SINK (sink);
}
