/* A bin without pads that holds what it makes until that is taken
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/app/app.h>

G_BEGIN_DECLS

#define GST_TYPE_FOXAPI_RESERVOIR (gst_foxapi_reservoir_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstFoxapiReservoir, gst_foxapi_reservoir, GST,
    FOXAPI_RESERVOIR, GstBin)

struct _GstFoxapiReservoirClass
{
  GstBinClass parent_class;
};

GstAppSink *gst_foxapi_reservoir_add_sink (GstFoxapiReservoir * reservoir,
    guint ahead);

G_END_DECLS
