/* The enumerations of the properties
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Those that the default model has; the catalogue's others follow. */
typedef enum
{
  GST_FOXAPI_RESOLUTION_720P,
  GST_FOXAPI_RESOLUTION_1080P,
} GstFoxapiResolution;

typedef enum
{
  GST_FOXAPI_ASPECT_RATIO_16_9,
  GST_FOXAPI_ASPECT_RATIO_9_16,
  GST_FOXAPI_ASPECT_RATIO_1_1,
  GST_FOXAPI_ASPECT_RATIO_4_3,
  GST_FOXAPI_ASPECT_RATIO_3_4,
} GstFoxapiAspectRatio;

/* A boolean that need not be sent */
typedef enum
{
  GST_FOXAPI_SWITCH_DEFAULT = -1,
  GST_FOXAPI_SWITCH_FALSE = 0,
  GST_FOXAPI_SWITCH_TRUE = 1,
} GstFoxapiSwitch;

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

gboolean gst_foxapi_enum_is_known (GParamSpec * spec, gint value);
GParamSpec *gst_foxapi_param_spec_enum (const gchar * name,
    const gchar * nick, const gchar * blurb, GType type, gint default_value,
    GParamFlags flags);

G_END_DECLS
