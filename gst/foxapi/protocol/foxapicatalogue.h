/* What each model takes: the data of models.json
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

JsonObject *foxapi_catalogue_get (void);
JsonObject *foxapi_catalogue_find (const gchar * model);
GStrv foxapi_catalogue_collect_words (const gchar * field);
gchar *foxapi_catalogue_suggest (const gchar * model);

gboolean foxapi_catalogue_is_enforced (JsonObject * entry);
JsonObject *foxapi_catalogue_get_rule (JsonObject * entry, const gchar * path);
GStrv foxapi_catalogue_get_properties (const gchar * path, JsonObject * rule);
gchar *foxapi_catalogue_find_path (JsonObject * entry, const gchar * property);
gchar *foxapi_catalogue_find_property (const gchar * path, JsonObject * rule,
    JsonObject * set, const gchar * text);
gchar *foxapi_catalogue_name_field (const gchar * path, JsonObject * rule,
    JsonObject * set, const gchar * text);

G_END_DECLS
