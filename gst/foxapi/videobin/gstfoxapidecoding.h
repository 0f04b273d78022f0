/* A bin that decodes ahead into appsinks
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/app/app.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_FOXAPI_SINK_BIN (gst_foxapi_sink_bin_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstFoxapiSinkBin, gst_foxapi_sink_bin, GST,
    FOXAPI_SINK_BIN, GstBin)

struct _GstFoxapiSinkBinClass
{
  GstBinClass parent_class;
};

GstAppSink *gst_foxapi_sink_bin_add_sink (GstFoxapiSinkBin * bin,
    guint ahead);

/* Called in a streaming thread, without a lock, once all streams are known
 * and before there is data of any. */
typedef void (*GstFoxapiDecodingFunc) (GstElement * decoder,
    gpointer user_data);

GstElement *gst_foxapi_decoding_new_file (const gchar * location,
    GstFoxapiDecodingFunc streams_are_known, gpointer user_data);
GstElement *gst_foxapi_decoding_new_picture (const gchar * uri);
gboolean gst_foxapi_decoding_has_stream (GstElement * decoding,
    const gchar * name);

G_END_DECLS
