/* Whether a text is JSON to the letter
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean foxapi_json_is_exact (const gchar * text);

G_END_DECLS
