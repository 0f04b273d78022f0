/* When to try again
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gint64 foxapi_retry_parse_after (const gchar * value, gint64 now_s);

gint64 foxapi_retry_get_delay (guint attempt, gint64 retry_after_us,
    gdouble random);

gboolean foxapi_retry_is_allowed (gint retries, guint attempt);

G_END_DECLS
