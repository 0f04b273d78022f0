/* How long a task will still take, for people
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gint gst_foxapi_remaining_seconds (gdouble elapsed, gint progress,
    gint estimate);
gchar *gst_foxapi_remaining_text (gint progress, gint remaining);

G_END_DECLS
