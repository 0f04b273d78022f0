/* Bounded JSON parsing and typed getters
 *
 * json-glib recurses by the depth of the text and asserts on the types of what
 * it is asked for. So the text is measured before it is parsed, and a value is
 * asked for only by the getters here: of another type it counts as absent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapijson.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

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
 * values, and whether it is one object and nothing else (of two values, json-glib 1.10
 * aborts the process). What is inside of strings does not count. Returns what is
 * wrong, %NULL if nothing is. */
static const gchar *
find_fault (const gchar * text, gsize length, gboolean * breaks_off)
{
  guint depth = 0, n_values = 0;
  gboolean has_begun = FALSE;

  for (gsize i = 0; i < length; i++) {
    gchar c = text[i];

    if (depth == 0 && !g_ascii_isspace (c) && (has_begun || c != '{'))
      return has_begun ? _("there is text after its end") :
          _("it is not a JSON object");

    if (c == '"' && !pass_string (text, length, &i))
      return _("a string in it has an invalid character");
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
      return _("it is too large or too deeply nested");
  }
  *breaks_off = depth > 0;
  return *breaks_off ? _("it breaks off") : NULL;
}

/* The object that @text is, which need not end with a NUL; the error is a clause for
 * a message, and G_IO_ERROR_PARTIAL_INPUT where the text breaks off. */
JsonObject *
foxapi_json_parse (const gchar * text, gsize length, GError ** error)
{
  g_autoptr (JsonParser) parser = NULL;
  gboolean breaks_off = FALSE;
  const gchar *fault;
  JsonNode *root;

  if (text == NULL || length == 0) {
    g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        _("it is empty"));
    return NULL;
  }
  /* A byte order mark is no reason to lose a paid task (RFC 8259, 8.1). */
  if (length > 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0) {
    text += 3;
    length -= 3;
  }
  fault = length > FOXAPI_JSON_MAX_BYTES ? _("it is too large") :
      find_fault (text, length, &breaks_off);
  if (fault != NULL) {
    g_set_error_literal (error, breaks_off ? G_IO_ERROR : JSON_PARSER_ERROR,
        breaks_off ? G_IO_ERROR_PARTIAL_INPUT : JSON_PARSER_ERROR_PARSE, fault);
    return NULL;
  }
  if (!g_utf8_validate_len (text, length, NULL)) {
    g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        _("it is not UTF-8 text"));
    return NULL;
  }

  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, text, length, NULL)) {
    /* The parser's own message quotes the text, which is not ours to show. */
    g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        _("it is not JSON"));
    return NULL;
  }

  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        _("it is not a JSON object"));
    return NULL;
  }
  return json_node_dup_object (root);
}

gchar *
foxapi_json_to_text (JsonObject * object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  return json_to_string (node, FALSE);
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

static JsonNode *
copy_scalar (JsonNode * node)
{
  JsonNode *copy = json_node_alloc ();
  GType type = json_node_get_value_type (node);

  if (type == G_TYPE_STRING)
    return json_node_init_string (copy, json_node_get_string (node));
  if (type == G_TYPE_INT64)
    return json_node_init_int (copy, json_node_get_int (node));
  if (type == G_TYPE_DOUBLE)
    return json_node_init_double (copy, json_node_get_double (node));
  if (type == G_TYPE_BOOLEAN)
    return json_node_init_boolean (copy, json_node_get_boolean (node));
  return json_node_init_null (copy);
}

/* @edit: (nullable) */
static JsonNode *
edit_node (JsonNode * node, FoxapiJsonEdit edit, gpointer user_data)
{
  const gchar *text = foxapi_json_node_get_string (node);
  g_autofree gchar *edited = text && edit ? edit (text, user_data) : NULL;
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *member;

  if (edited != NULL)
    return json_node_init_string (json_node_alloc (), edited);
  if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *items = json_node_get_array (node);
    g_autoptr (JsonArray) array = json_array_new ();

    for (guint i = 0; i < json_array_get_length (items); i++)
      json_array_add_element (array, edit_node (json_array_get_element (items,
                  i), edit, user_data));
    return json_node_init_array (json_node_alloc (), array);
  }
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    g_autoptr (JsonObject) object = json_object_new ();

    json_object_iter_init_ordered (&iter, json_node_get_object (node));
    while (json_object_iter_next_ordered (&iter, &name, &member))
      json_object_set_member (object, name, edit_node (member, edit,
              user_data));
    return json_node_init_object (json_node_alloc (), object);
  }
  return copy_scalar (node);
}

/* (transfer full): of a node that other threads have as well. json_node_copy() shares
 * the value in it, and counts who has that without a lock. */
JsonNode *
foxapi_json_copy (JsonNode * node)
{
  return edit_node (node, NULL, NULL);
}

/* (transfer full): a copy of @object with the texts that @edit has in their place */
JsonObject *
foxapi_json_edit_texts (JsonObject * object, FoxapiJsonEdit edit,
    gpointer user_data)
{
  g_autoptr (JsonNode) root =
      json_node_init_object (json_node_alloc (), object);
  g_autoptr (JsonNode) edited = edit_node (root, edit, user_data);

  return json_node_dup_object (edited);
}

/* json-glib reads `007` as 7 and 12345678901234567890 as a negative number. */
static gboolean
is_exact_number (const gchar * text)
{
  g_autofree gchar *number = g_strstrip (g_strdup (text));

  return g_ascii_string_to_signed (number, 10, G_MININT64, G_MAXINT64, NULL,
      NULL) ? g_regex_match_simple ("^-?(0|[1-9]\\d*)$", number, 0, 0)
      : g_regex_match_simple ("^-?(0|[1-9]\\d*)(\\.\\d+([eE][-+]?\\d+)?"
      "|[eE][-+]?\\d+)$", number, 0, 0);
}

/* Whether @text, which may as well be meant as text, is one JSON value; a number
 * only to the letter, and no text in single quotes. */
gboolean
foxapi_json_is_exact (const gchar * text)
{
  g_autofree gchar *wrapped = g_strconcat ("{\"\":[", text, "]}", NULL);
  g_autoptr (JsonObject) object =
      foxapi_json_parse (wrapped, strlen (wrapped), NULL);
  JsonArray *list = object ? foxapi_json_get_array (object, "") : NULL;
  gdouble number;

  if (list == NULL || json_object_get_size (object) != 1
      || json_array_get_length (list) != 1 || *text == '\'')
    return FALSE;
  return !node_get_number (json_array_get_element (list, 0), &number)
      || is_exact_number (text);
}

static gboolean can_be_written (JsonNode * node);

static gboolean
all_can_be_written (GList * nodes)
{
  gboolean good = TRUE;

  for (GList * l = nodes; l != NULL && good; l = l->next)
    good = can_be_written (l->data);
  g_list_free (nodes);
  return good;
}

/* json-glib takes `1e999` for a number and writes infinity, for which JSON has no
 * word, and writes 1e22 as `1e+22.0`. */
static gboolean
can_be_written (JsonNode * node)
{
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];

  if (JSON_NODE_HOLDS_OBJECT (node))
    return all_can_be_written (json_object_get_values (json_node_get_object
            (node)));
  if (JSON_NODE_HOLDS_ARRAY (node))
    return all_can_be_written (json_array_get_elements (json_node_get_array
            (node)));
  if (json_node_get_value_type (node) != G_TYPE_DOUBLE)
    return TRUE;
  g_ascii_dtostr (number, sizeof (number), json_node_get_double (node));
  return isfinite (json_node_get_double (node))
      && (strchr (number, 'e') == NULL || strchr (number, '.') != NULL);
}

/* Whether the text of @object is JSON, and no larger than an answer may be */
gboolean
foxapi_json_reads_back (JsonObject * object)
{
  g_autofree gchar *text = foxapi_json_to_text (object);
  g_autoptr (JsonObject) again = foxapi_json_parse (text, strlen (text), NULL);

  return again != NULL && all_can_be_written (json_object_get_values (object));
}

/* json-glib makes half a character of half a surrogate pair (`"\ud83e"`): that is
 * no text either. */
const gchar *
foxapi_json_node_get_string (JsonNode * node)
{
  const gchar *text;

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;

  text = json_node_get_string (node);
  return text != NULL && g_utf8_validate (text, -1, NULL) ? text : NULL;
}

gboolean
foxapi_json_node_get_int (JsonNode * node, gint64 * value)
{
  if (node == NULL || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;

  *value = json_node_get_int (node);
  return TRUE;
}

const gchar *
foxapi_json_get_string (JsonObject * object, const gchar * name)
{
  return foxapi_json_node_get_string (json_object_get_member (object, name));
}

JsonObject *
foxapi_json_get_object (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_OBJECT (node) ?
      json_node_get_object (node) : NULL;
}

JsonArray *
foxapi_json_get_array (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_ARRAY (node) ?
      json_node_get_array (node) : NULL;
}

gboolean
foxapi_json_get_int (JsonObject * object, const gchar * name, gint64 * value)
{
  return foxapi_json_node_get_int (json_object_get_member (object, name),
      value);
}

gboolean
foxapi_json_get_number (JsonObject * object, const gchar * name,
    gdouble * value)
{
  return node_get_number (json_object_get_member (object, name), value);
}

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
