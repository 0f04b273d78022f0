/* The enumerations of the properties
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstFoxapiResolution:
 * @GST_FOXAPI_RESOLUTION_720P: 1280x720 at 16:9
 * @GST_FOXAPI_RESOLUTION_1080P: 1920x1080 at 16:9
 *
 * Since: 0.1
 */
typedef enum
{
  GST_FOXAPI_RESOLUTION_720P,
  GST_FOXAPI_RESOLUTION_1080P,
} GstFoxapiResolution;

/**
 * GstFoxapiAspectRatio:
 * @GST_FOXAPI_ASPECT_RATIO_16_9: landscape
 * @GST_FOXAPI_ASPECT_RATIO_9_16: portrait
 * @GST_FOXAPI_ASPECT_RATIO_1_1: square
 * @GST_FOXAPI_ASPECT_RATIO_4_3: landscape
 * @GST_FOXAPI_ASPECT_RATIO_3_4: portrait
 *
 * Since: 0.1
 */
typedef enum
{
  GST_FOXAPI_ASPECT_RATIO_16_9,
  GST_FOXAPI_ASPECT_RATIO_9_16,
  GST_FOXAPI_ASPECT_RATIO_1_1,
  GST_FOXAPI_ASPECT_RATIO_4_3,
  GST_FOXAPI_ASPECT_RATIO_3_4,
} GstFoxapiAspectRatio;

/**
 * GstFoxapiOutput:
 * @GST_FOXAPI_OUTPUT_MEDIA: the bytes of the finished video
 * @GST_FOXAPI_OUTPUT_TASK: one buffer with the task as JSON
 *
 * Since: 0.1
 */
typedef enum
{
  GST_FOXAPI_OUTPUT_MEDIA,
  GST_FOXAPI_OUTPUT_TASK,
} GstFoxapiOutput;

#define GST_TYPE_FOXAPI_RESOLUTION (gst_foxapi_resolution_get_type ())
#define GST_TYPE_FOXAPI_ASPECT_RATIO (gst_foxapi_aspect_ratio_get_type ())
#define GST_TYPE_FOXAPI_SWITCH (gst_foxapi_switch_get_type ())
#define GST_TYPE_FOXAPI_OUTPUT (gst_foxapi_output_get_type ())

GType gst_foxapi_resolution_get_type (void);
GType gst_foxapi_aspect_ratio_get_type (void);
GType gst_foxapi_switch_get_type (void);
GType gst_foxapi_output_get_type (void);

GType gst_foxapi_enum_register_once (gsize * type, const gchar * name,
    const GEnumValue * values);

gchar *gst_foxapi_enum_to_nick (GType type, gint value);
gint gst_foxapi_enum_from_nick (GType type, const gchar * nick);

GParamSpec *gst_foxapi_param_spec_enum (const gchar * name,
    const gchar * nick, const gchar * blurb, GType type, gint default_value,
    GParamFlags flags);

G_END_DECLS
