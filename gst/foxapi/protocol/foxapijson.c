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
#include <string.h>

#include "foxapijsongrammar.h"

/* The end of the string that begins at @i, or @length; %FALSE for a string that
 * would end early in C. */
static gboolean
pass_string (const gchar * text, gsize length, gsize * i)
{
  for (++*i; *i < length && text[*i] != '"'; ++*i) {
    if (text[*i] != '\\')
      continue;
    if (length - *i > 5 && strncmp (text + *i, "\\u0000", 6) == 0)
      return FALSE;
    ++*i;
  }
  return TRUE;
}

/* Looks through the text without building anything: at depth and number of
 * values, and whether it ends with the first value. What is inside of strings
 * does not count. Returns what is wrong, %NULL if nothing is. */
static const gchar *
find_fault (const gchar * text, gsize length)
{
  guint depth = 0, n_values = 0;
  gboolean has_begun = FALSE;

  for (gsize i = 0; i < length; i++) {
    gchar c = text[i];

    if (has_begun && depth == 0 && !g_ascii_isspace (c))
      return "there is something behind its end";

    if (c == '"' && !pass_string (text, length, &i))
      return "a text in it has a character that no text has";
    if (c == '[' || c == '{') {
      has_begun = TRUE;
      depth++;
      n_values++;
    } else if ((c == ']' || c == '}') && depth > 0) {
      depth--;
    } else if (c == ',') {
      n_values++;
    }
    if (depth > FOXAPI_JSON_MAX_DEPTH || n_values > FOXAPI_JSON_MAX_VALUES)
      return "it is too large or too deeply nested";
  }
  return NULL;
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
  const gchar *fault;
  JsonNode *root;

  if (text == NULL || length == 0) {
    g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        "it is empty");
    return NULL;
  }
  fault = length > FOXAPI_JSON_MAX_BYTES ? "it is too large" :
      find_fault (text, length);
  if (fault != NULL) {
    g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        fault);
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

static JsonNode *map_node (JsonNode * node, FoxapiJsonMap map,
    gpointer user_data);

static JsonNode *
map_object (JsonObject * object, FoxapiJsonMap map, gpointer user_data)
{
  g_autoptr (JsonObject) mapped = json_object_new ();
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *value;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &value)) {
    g_autofree gchar *new_name = map (name, user_data);

    json_object_set_member (mapped, new_name, map_node (value, map, user_data));
  }
  return json_node_init_object (json_node_alloc (), mapped);
}

static JsonNode *
map_array (JsonArray * array, FoxapiJsonMap map, gpointer user_data)
{
  g_autoptr (JsonArray) mapped = json_array_new ();

  for (guint i = 0; i < json_array_get_length (array); i++)
    json_array_add_element (mapped, map_node (json_array_get_element (array, i),
            map, user_data));
  return json_node_init_array (json_node_alloc (), mapped);
}

/* What is no text is one when it is written, too. */
static JsonNode *
map_value (JsonNode * node, FoxapiJsonMap map, gpointer user_data)
{
  gboolean is_text = json_node_get_value_type (node) == G_TYPE_STRING;
  g_autofree gchar *text = is_text ? json_node_dup_string (node)
      : json_to_string (node, FALSE);
  g_autofree gchar *mapped = map (text, user_data);

  if (!is_text && g_str_equal (text, mapped))
    return json_node_copy (node);
  return json_node_init_string (json_node_alloc (), mapped);
}

static JsonNode *
map_node (JsonNode * node, FoxapiJsonMap map, gpointer user_data)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    return map_object (json_node_get_object (node), map, user_data);
  if (JSON_NODE_HOLDS_ARRAY (node))
    return map_array (json_node_get_array (node), map, user_data);
  return map_value (node, map, user_data);
}

/**
 * foxapi_json_map_texts:
 * @object: an object that foxapi_json_parse() has made
 * @map: gives what to write in place of a text
 * @user_data: for @map
 *
 * Returns: (transfer full): a copy of @object with all names and texts in it
 *   replaced, and each other value for which @map has something else
 *
 * Since: 0.1
 */
JsonObject *
foxapi_json_map_texts (JsonObject * object, FoxapiJsonMap map,
    gpointer user_data)
{
  g_autoptr (JsonNode) node = map_object (object, map, user_data);

  return json_node_dup_object (node);
}

/**
 * foxapi_json_reads_back:
 * @object: an object
 *
 * json-glib takes `1e999` for a number and writes infinity, for which JSON has no
 * word, and writes others in a way that JSON does not have.
 *
 * Returns: %TRUE if the text of @object is JSON, and no larger than an answer
 *   may be
 *
 * Since: 0.1
 */
gboolean
foxapi_json_reads_back (JsonObject * object)
{
  g_autofree gchar *text = foxapi_json_to_text (object);
  g_autoptr (JsonObject) again = foxapi_json_parse (text, strlen (text), NULL);

  return again != NULL && foxapi_json_is_exact (text);
}

/**
 * foxapi_json_node_get_string:
 * @node: (nullable): a node
 *
 * json-glib makes half a character of half a surrogate pair (`"\ud83e"`): that
 * is no text either.
 *
 * Returns: (nullable) (transfer none): the string, %NULL if it is none
 *
 * Since: 0.1
 */
const gchar *
foxapi_json_node_get_string (JsonNode * node)
{
  const gchar *text;

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;

  text = json_node_get_string (node);
  return text != NULL && g_utf8_validate (text, -1, NULL) ? text : NULL;
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
