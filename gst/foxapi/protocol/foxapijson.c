/* Bounded JSON parsing and typed getters
 *
 * json-glib recurses by the depth of the text and asserts on the types of what
 * it is asked for. So the text is measured before it is parsed, and a value is
 * asked for only by the getters here: of another type it counts as absent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapijson.h"

#include <math.h>

/* Checks depth and number of values without building anything. Brackets inside
 * of strings don't count. */
static gboolean
is_within_bounds (const gchar * text, gsize length)
{
  guint depth = 0, values = 0;
  gboolean in_string = FALSE;

  for (gsize i = 0; i < length; i++) {
    gchar c = text[i];

    if (in_string) {
      if (c == '\\')
        i++;
      else if (c == '"')
        in_string = FALSE;
    } else if (c == '"') {
      in_string = TRUE;
    } else if (c == '[' || c == '{') {
      if (++depth > FOXAPI_JSON_MAX_DEPTH || ++values > FOXAPI_JSON_MAX_VALUES)
        return FALSE;
    } else if (c == ']' || c == '}') {
      if (depth > 0)
        depth--;
    } else if (c == ',' && ++values > FOXAPI_JSON_MAX_VALUES) {
      return FALSE;
    }
  }
  return TRUE;
}

/**
 * foxapi_json_parse:
 * @text: (nullable): JSON text, need not end with a NUL
 * @length: its length in bytes
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the object that @text is; %NULL with
 *   @error set if it is anything else, is not UTF-8, or is larger or deeper
 *   than an answer may be
 *
 * Since: 0.1
 */
JsonObject *
foxapi_json_parse (const gchar * text, gsize length, GError ** error)
{
  g_autoptr (JsonParser) parser = NULL;
  JsonNode *root;

  if (text == NULL || length == 0) {
    g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        "it is empty");
    return NULL;
  }
  if (length > FOXAPI_JSON_MAX_BYTES || !is_within_bounds (text, length)) {
    g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        "it is too large or too deeply nested");
    return NULL;
  }
  if (!g_utf8_validate_len (text, length, NULL)) {
    g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        "it is not UTF-8 text");
    return NULL;
  }

  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, text, length, NULL)) {
    /* The parser's own message quotes the text, which is not ours to show. */
    g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        "it is not JSON");
    return NULL;
  }

  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        "it is not a JSON object");
    return NULL;
  }
  return json_node_dup_object (root);
}

/**
 * foxapi_json_to_text:
 * @object: an object
 *
 * Returns: (transfer full): @object as compact JSON text
 *
 * Since: 0.1
 */
gchar *
foxapi_json_to_text (JsonObject * object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  return json_to_string (node, FALSE);
}

/**
 * foxapi_json_node_get_string:
 * @node: (nullable): a node
 *
 * Returns: (nullable) (transfer none): the string, %NULL if it is none
 *
 * Since: 0.1
 */
const gchar *
foxapi_json_node_get_string (JsonNode * node)
{
  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;

  return json_node_get_string (node);
}

static gboolean
node_get_number (JsonNode * node, gdouble * value)
{
  GType type = node ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type == G_TYPE_INT64)
    *value = (gdouble) json_node_get_int (node);
  else if (type == G_TYPE_DOUBLE && isfinite (json_node_get_double (node)))
    *value = json_node_get_double (node);
  else
    return FALSE;
  return TRUE;
}

/**
 * foxapi_json_node_get_int:
 * @node: (nullable): a node
 * @value: (out): the integer
 *
 * Returns: %TRUE if @node is a JSON integer
 *
 * Since: 0.1
 */
gboolean
foxapi_json_node_get_int (JsonNode * node, gint64 * value)
{
  if (node == NULL || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;

  *value = json_node_get_int (node);
  return TRUE;
}

/**
 * foxapi_json_get_string:
 * @object: an object
 * @name: a member's name
 *
 * Returns: (nullable) (transfer none): the member if it is a string
 *
 * Since: 0.1
 */
const gchar *
foxapi_json_get_string (JsonObject * object, const gchar * name)
{
  return foxapi_json_node_get_string (json_object_get_member (object, name));
}

/**
 * foxapi_json_get_object:
 * @object: an object
 * @name: a member's name
 *
 * Returns: (nullable) (transfer none): the member if it is an object
 *
 * Since: 0.1
 */
JsonObject *
foxapi_json_get_object (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_OBJECT (node) ?
      json_node_get_object (node) : NULL;
}

/**
 * foxapi_json_get_array:
 * @object: an object
 * @name: a member's name
 *
 * Returns: (nullable) (transfer none): the member if it is an array
 *
 * Since: 0.1
 */
JsonArray *
foxapi_json_get_array (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_ARRAY (node) ?
      json_node_get_array (node) : NULL;
}

/**
 * foxapi_json_get_int:
 * @object: an object
 * @name: a member's name
 * @value: (out): the integer
 *
 * Returns: %TRUE if the member is a JSON integer
 *
 * Since: 0.1
 */
gboolean
foxapi_json_get_int (JsonObject * object, const gchar * name, gint64 * value)
{
  return foxapi_json_node_get_int (json_object_get_member (object, name),
      value);
}

/**
 * foxapi_json_get_number:
 * @object: an object
 * @name: a member's name
 * @value: (out): the number
 *
 * Returns: %TRUE if the member is a finite number
 *
 * Since: 0.1
 */
gboolean
foxapi_json_get_number (JsonObject * object, const gchar * name,
    gdouble * value)
{
  return node_get_number (json_object_get_member (object, name), value);
}

/**
 * foxapi_json_get_boolean:
 * @object: an object
 * @name: a member's name
 * @value: (out): the boolean
 *
 * Returns: %TRUE if the member is a boolean
 *
 * Since: 0.1
 */
gboolean
foxapi_json_get_boolean (JsonObject * object, const gchar * name,
    gboolean * value)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return FALSE;

  *value = json_node_get_boolean (node);
  return TRUE;
}
