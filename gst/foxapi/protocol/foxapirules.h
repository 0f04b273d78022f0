/* The rules of the service for a request body
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

gboolean foxapi_rules_check (JsonObject * body, JsonObject * extra,
    GError ** error);

gboolean foxapi_rules_know_field (const gchar * name);
gboolean foxapi_rules_allow_text (const gchar * name, const gchar * text);

G_END_DECLS
