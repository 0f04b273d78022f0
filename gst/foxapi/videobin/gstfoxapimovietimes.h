/* A movie without the time at which it was made
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean gst_foxapi_movie_clear_times (const gchar * path);

G_END_DECLS
