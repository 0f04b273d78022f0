/* What is shown before the first result
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapidecoding.h"

G_BEGIN_DECLS

#define GST_TYPE_FOXAPI_PLACEHOLDER (gst_foxapi_placeholder_get_type ())
G_DECLARE_FINAL_TYPE (GstFoxapiPlaceholder, gst_foxapi_placeholder, GST,
    FOXAPI_PLACEHOLDER, GstFoxapiSinkBin)

GstElement *gst_foxapi_placeholder_new_pattern (const gchar * pattern,
    GstCaps * caps);
GstElement *gst_foxapi_placeholder_new_picture (const gchar * uri,
    GstCaps * caps);

gboolean gst_foxapi_placeholder_draw_text (GstFoxapiPlaceholder * placeholder);
void gst_foxapi_placeholder_set_text (GstFoxapiPlaceholder * placeholder,
    const gchar * text);

GstBuffer *gst_foxapi_placeholder_take_frame (GstFoxapiPlaceholder *
    placeholder, GstClockTime timeout);
void gst_foxapi_placeholder_interrupt (GstFoxapiPlaceholder * placeholder,
    gboolean is_interrupted);

G_END_DECLS
