/* Whether a result has arrived behind a pad
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

gboolean gst_foxapi_arrival_is_complete (GstPad * source_pad,
    GstObject * ended);

GstBus *gst_foxapi_arrival_watch (GstElement * element, GCallback handler,
    gulong * handler_id);
void gst_foxapi_arrival_unwatch (GstBus ** bus, gulong * handler_id);

G_END_DECLS
