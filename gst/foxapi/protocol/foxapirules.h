/* Whether a value keeps the rules of its field
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

gboolean foxapi_rules_is_blank (const gchar * text);
gboolean foxapi_rules_hold (JsonObject * rule, JsonNode * node);
gboolean foxapi_rules_holds_item (JsonObject * rule, JsonNode * node);
const gchar *foxapi_rules_describe_media (void);
gchar *foxapi_rules_describe (JsonObject * rule);
gboolean foxapi_rules_has_type (JsonObject * rule, const gchar * type);

G_END_DECLS
