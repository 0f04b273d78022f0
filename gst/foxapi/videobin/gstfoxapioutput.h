/* An output, pictures or sound: a buffer for each frame of the program
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/base/base.h>

#include "gstfoxapiplaceholder.h"
#include "gstfoxapiprogram.h"

G_BEGIN_DECLS

#define GST_TYPE_FOXAPI_BIN_OUTPUT (gst_foxapi_bin_output_get_type ())
G_DECLARE_FINAL_TYPE (GstFoxapiBinOutput, gst_foxapi_bin_output, GST,
    FOXAPI_BIN_OUTPUT, GstPushSrc)

GstElement *gst_foxapi_bin_output_new (GstFoxapiStream stream,
    const gchar * name, GstCaps * caps, GstFoxapiProgram * program);
void gst_foxapi_bin_output_set_caps (GstFoxapiBinOutput * output,
    GstCaps * possible, GstCaps * preferred);
GstCaps *gst_foxapi_bin_output_fix_caps (GstFoxapiBinOutput * output);
gchar *gst_foxapi_bin_output_find_mismatch (GstFoxapiBinOutput * output);
void gst_foxapi_bin_output_set_up (GstFoxapiBinOutput * output,
    gboolean is_live, gint64 max_lateness, guint group_id);
void gst_foxapi_bin_output_set_placeholder (GstFoxapiBinOutput * output,
    GstFoxapiPlaceholder * placeholder);

/* The formats of the output's sound, in which silence is zero. The first of each is
 * what it has where downstream takes them all. */
#define GST_FOXAPI_AUDIO_FORMATS "audio/x-raw, format = (string) { S16LE, S32LE, " \
    "F32LE, F64LE }, rate = (int) [ 8000, 192000 ], " \
    "layout = (string) interleaved, channels = (int) "
#define GST_FOXAPI_AUDIO_CAPS GST_FOXAPI_AUDIO_FORMATS "2, " \
    "channel-mask = (bitmask) 0x3; " GST_FOXAPI_AUDIO_FORMATS "1"
#define GST_FOXAPI_AUDIO_PREFERRED_CAPS "audio/x-raw, format = (string) S16LE, " \
    "rate = (int) 48000"

G_END_DECLS
