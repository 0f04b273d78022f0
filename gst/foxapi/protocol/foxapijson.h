/* Bounded JSON parsing and typed getters
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What an answer of the service may have at most */
#define FOXAPI_JSON_MAX_BYTES (16 * 1024 * 1024)
#define FOXAPI_JSON_MAX_DEPTH 64
#define FOXAPI_JSON_MAX_VALUES 200000

JsonObject *foxapi_json_parse (const gchar * text, gsize length,
    GError ** error);
gchar *foxapi_json_to_text (JsonObject * object);

/* (transfer full) (nullable): another text for @text */
typedef gchar *(*FoxapiJsonEdit) (const gchar * text, gpointer user_data);
JsonObject *foxapi_json_edit_texts (JsonObject * object, FoxapiJsonEdit edit,
    gpointer user_data);
JsonNode *foxapi_json_copy (JsonNode * node);
gboolean foxapi_json_reads_back (JsonObject * object);
gboolean foxapi_json_is_exact (const gchar * text);

/* Of a member that is absent or of another type: NULL or FALSE */
const gchar *foxapi_json_get_string (JsonObject * object, const gchar * name);
JsonObject *foxapi_json_get_object (JsonObject * object, const gchar * name);
JsonArray *foxapi_json_get_array (JsonObject * object, const gchar * name);
gboolean foxapi_json_get_int (JsonObject * object, const gchar * name,
    gint64 * value);
gboolean foxapi_json_get_number (JsonObject * object, const gchar * name,
    gdouble * value);
gboolean foxapi_json_get_boolean (JsonObject * object, const gchar * name,
    gboolean * value);

const gchar *foxapi_json_node_get_string (JsonNode * node);
gboolean foxapi_json_node_get_int (JsonNode * node, gint64 * value);

G_END_DECLS
