/* Where a result waits, whole, until it goes on the air
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/base/base.h>

G_BEGIN_DECLS

#define GST_TYPE_FOXAPI_STAGE (gst_foxapi_stage_get_type ())
G_DECLARE_FINAL_TYPE (GstFoxapiStage, gst_foxapi_stage, GST, FOXAPI_STAGE,
    GstBaseSink)

/* Called in the streaming thread, without a lock, when the file is complete. */
typedef void (*GstFoxapiStageFunc) (gpointer user_data);

GstElement *gst_foxapi_stage_new (GstFoxapiStageFunc complete,
    gpointer user_data);
void gst_foxapi_stage_set_location (GstFoxapiStage * stage,
    const gchar * location);
void gst_foxapi_stage_let_go (GstFoxapiStage * stage);

G_END_DECLS
