/* A decoder in a bin whose pads are there before its streams
 *
 * Whoever decodes links these pads once, before anything starts. A pad that is
 * linked while the bin around it changes its state spoils the order in which that
 * bin stops its children ("loop detected in the graph of bin"): within a ghost pad
 * it is none of the bin's business.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: the decoder's streaming threads give the ghost pads their
 * targets; the lock of a ghost pad guards its target. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapidecoding.h"

#define VIDEO "video"
#define AUDIO "audio"

/* Returns: (transfer full) (nullable): what @decoding's ghost pad @name shows */
static GstPad *
get_target (GstElement * decoding, const gchar * name)
{
  g_autoptr (GstPad) ghost = gst_element_get_static_pad (decoding, name);

  return ghost ? gst_ghost_pad_get_target (GST_GHOST_PAD (ghost)) : NULL;
}

static gboolean
has_stream (GstElement * decoding, const gchar * name)
{
  g_autoptr (GstPad) target = get_target (decoding, name);

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
  if (ghost == NULL || has_stream (decoding, GST_PAD_NAME (ghost)))
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

/* Returns a bin with the pad "video"; NULL if uridecodebin is missing. */
GstElement *
gst_foxapi_decoding_new_picture (const gchar * uri)
{
  GstElement *decoder = gst_element_factory_make ("uridecodebin", NULL);
  g_autoptr (GstCaps) wanted = gst_caps_new_empty_simple ("video/x-raw");

  if (decoder == NULL)
    return NULL;
  g_object_set (decoder, "uri", uri, "caps", wanted, "expose-all-streams",
      FALSE, NULL);
  return new_decoding (decoder);
}

/* Returns TRUE if a picture has been found. */
gboolean
gst_foxapi_decoding_has_video (GstElement * decoding)
{
  return has_stream (decoding, VIDEO);
}

/* Returns TRUE if sound has been found. */
gboolean
gst_foxapi_decoding_has_audio (GstElement * decoding)
{
  return has_stream (decoding, AUDIO);
}
