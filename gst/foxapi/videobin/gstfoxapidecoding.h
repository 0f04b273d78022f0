/* A decoder in a bin whose pads are there before its streams
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Called in a streaming thread, without a lock, once all streams are known
 * and before there is data of any. */
typedef void (*GstFoxapiDecodingFunc) (GstElement * decoder,
    gpointer user_data);

GstElement *gst_foxapi_decoding_new_file (const gchar * location,
    GstFoxapiDecodingFunc streams_are_known, gpointer user_data);
GstElement *gst_foxapi_decoding_new_picture (const gchar * uri);
gboolean gst_foxapi_decoding_has_video (GstElement * decoding);
gboolean gst_foxapi_decoding_has_audio (GstElement * decoding);

G_END_DECLS
