/* Whether a result has arrived behind a pad
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GPtrArray *gst_foxapi_arrival_find_ends (GstPad * source_pad);
gboolean gst_foxapi_arrival_is_complete (GPtrArray * ends);
gboolean gst_foxapi_arrival_sync_files (GPtrArray * ends);

G_END_DECLS
