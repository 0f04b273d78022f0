/* Whether a value keeps the rules of its field
 *
 * The rules are a field's part of models.json. A value is checked as it will be
 * sent, wherever it came from, so that properties and extra parameters cannot have
 * rules of their own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapirules.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <math.h>

#include "foxapijson.h"

/* A type is a name, or a list of them. */
gboolean
foxapi_rules_has_type (JsonObject * rule, const gchar * type)
{
  const gchar *only = foxapi_json_get_string (rule, "type");
  JsonArray *types = foxapi_json_get_array (rule, "type");

  for (guint i = 0; types != NULL && i < json_array_get_length (types); i++) {
    if (g_str_equal (json_array_get_string_element (types, i), type))
      return TRUE;
  }
  return g_strcmp0 (only, type) == 0;
}

static gint64
get_limit (JsonObject * rule, const gchar * name, gint64 otherwise)
{
  return json_object_has_member (rule, name) ?
      json_object_get_int_member (rule, name) : otherwise;
}

/* Without the list: whether it would be %TRUE */
static gboolean
is_in_list (JsonObject * rule, const gchar * name, JsonNode * node,
    gboolean otherwise)
{
  JsonArray *list = foxapi_json_get_array (rule, name);

  if (list == NULL)
    return otherwise;
  for (guint i = 0; i < json_array_get_length (list); i++) {
    if (json_node_equal (json_array_get_element (list, i), node))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_media (const gchar * text)
{
  g_autoptr (GUri) uri = NULL;
  const gchar *scheme, *host;

  /* g_uri_parse() forgives what no URI has (RFC 3986, 2). */
  for (const gchar * c = text; *c != '\0'; c++) {
    if (*c == ' ' || g_ascii_iscntrl (*c))
      return FALSE;
  }
  /* What is percent-encoded may be any bytes, of a file's name above all. */
  uri = g_uri_parse (text, G_URI_FLAGS_ENCODED, NULL);
  if (uri == NULL)
    return FALSE;

  scheme = g_uri_get_scheme (uri);
  if (g_str_equal (scheme, "file")) {
    g_autofree gchar *filename = g_filename_from_uri (text, NULL, NULL);

    return filename != NULL;
  }
  host = g_uri_get_host (uri);
  return (g_str_equal (scheme, "http") || g_str_equal (scheme, "https"))
      && host != NULL && *host != '\0';
}

/* Nothing, or nothing but spaces of any script */
gboolean
foxapi_rules_is_blank (const gchar * text)
{
  while (*text != '\0' && g_unichar_isspace (g_utf8_get_char (text)))
    text = g_utf8_next_char (text);
  return *text == '\0';
}

/* Some models take the media themselves instead of a URL ("inline"). */
static gboolean
is_good_text (JsonObject * rule, JsonNode * node)
{
  const gchar *text = foxapi_json_node_get_string (node);
  glong n_chars;

  if (text == NULL || (json_object_has_member (rule, "required")
          && foxapi_rules_is_blank (text)))
    return FALSE;
  n_chars = g_utf8_strlen (text, -1);
  if (n_chars < get_limit (rule, "min_length", 0)
      || n_chars > get_limit (rule, "max_length", G_MAXLONG))
    return FALSE;
  return !json_object_has_member (rule, "media")
      || (json_object_has_member (rule, "inline") && *text != '\0')
      || is_media (text);
}

static gboolean
is_good_integer (JsonObject * rule, JsonNode * node)
{
  gint64 value;

  if (!foxapi_json_node_get_int (node, &value))
    return FALSE;
  if (is_in_list (rule, "also", node, FALSE))
    return TRUE;
  return value >= get_limit (rule, "min", G_MININT64)
      && value <= get_limit (rule, "max", G_MAXINT64)
      && value % get_limit (rule, "multiple_of", 1) == 0;
}

static gboolean
is_good_number (JsonObject * rule, JsonNode * node)
{
  GType type = json_node_get_value_type (node);
  gdouble value;

  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return FALSE;
  value = json_node_get_double (node);
  return isfinite (value)
      && (!json_object_has_member (rule, "min")
      || value >= json_object_get_double_member (rule, "min"))
      && (!json_object_has_member (rule, "max")
      || value <= json_object_get_double_member (rule, "max"));
}

static gboolean
is_good_object (JsonObject * rule, JsonNode * node)
{
  JsonObject *members = foxapi_json_get_object (rule, "members");
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *member;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &member)) {
    JsonObject *known = members ? foxapi_json_get_object (members, name) : NULL;

    if (known != NULL && !foxapi_rules_hold (known, member))
      return FALSE;
  }
  return TRUE;
}

gboolean
foxapi_rules_holds_item (JsonObject * rule, JsonNode * node)
{
  const gchar *type = foxapi_json_get_string (rule, "items");
  const gchar *text = foxapi_json_node_get_string (node);

  if (g_strcmp0 (type, "object") == 0)
    return is_good_object (rule, node);
  if (type != NULL && text == NULL)
    return FALSE;
  return is_in_list (rule, "item_enum", node, TRUE)
      && (!json_object_has_member (rule, "media") || is_media (text));
}

static gboolean
is_good_array (JsonObject * rule, JsonNode * node)
{
  JsonArray *array;
  guint n;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  array = json_node_get_array (node);
  n = json_array_get_length (array);
  for (guint i = 0; i < n; i++) {
    if (!foxapi_rules_holds_item (rule, json_array_get_element (array, i)))
      return FALSE;
  }
  return n >= get_limit (rule, "min_items", 0)
      && n <= get_limit (rule, "max_items", G_MAXINT64);
}

gboolean
foxapi_rules_hold (JsonObject * rule, JsonNode * node)
{
  static const struct
  {
    const gchar *type;
      gboolean (*is_good) (JsonObject * rule, JsonNode * node);
  } types[] = {
    {"string", is_good_text}, {"integer", is_good_integer},
    {"number", is_good_number}, {"array", is_good_array},
    {"object", is_good_object},
  };

  if (JSON_NODE_HOLDS_NULL (node))
    return json_object_has_member (rule, "null");
  if (!is_in_list (rule, "enum", node, TRUE))
    return FALSE;
  if (foxapi_rules_has_type (rule, "boolean"))
    return json_node_get_value_type (node) == G_TYPE_BOOLEAN;
  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    if (foxapi_rules_has_type (rule, types[i].type)
        && types[i].is_good (rule, node))
      return TRUE;
  }
  return FALSE;
}

/* Describing */

static void
append_words (GString * text, JsonArray * list)
{
  guint n = json_array_get_length (list);

  for (guint i = 0; i < n; i++) {
    JsonNode *node = json_array_get_element (list, i);
    const gchar *word = foxapi_json_node_get_string (node);
    g_autoptr (JsonNode) copy = foxapi_json_copy (node);
    g_autofree gchar *json = word ? NULL : json_to_string (copy, FALSE);

    if (i > 0)
      g_string_append (text, i + 1 < n ? ", " : _(" or "));
    g_string_append (text, word ? word : json);
  }
}

static void
append_range (GString * text, JsonObject * rule, const gchar * min,
    const gchar * max, const gchar * unit)
{
  gint64 least = get_limit (rule, min, 0), most = get_limit (rule, max, 0);
  gboolean has_least = json_object_has_member (rule, min);

  if (has_least && json_object_has_member (rule, max))
    g_string_append_printf (text, _(" from %lld to %lld%s"),
        (long long) least, (long long) most, unit);
  else if (json_object_has_member (rule, max))
    g_string_append_printf (text, _(" of at most %lld%s"),
        (long long) most, unit);
  else if (has_least)
    g_string_append_printf (text, _(" of at least %lld%s"),
        (long long) least, unit);
}

static void
append_members (GString * text, JsonObject * rule)
{
  JsonObject *members = foxapi_json_get_object (rule, "members");
  const gchar *separator = _(" with ");
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *member;

  if (members == NULL)
    return;
  json_object_iter_init_ordered (&iter, members);
  while (json_object_iter_next_ordered (&iter, &name, &member)) {
    g_autofree gchar *described =
        foxapi_rules_describe (json_node_get_object (member));

    g_string_append_printf (text, "%s%s (%s)", separator, name, described);
    separator = ", ";
  }
}

#define MEDIA_URI N_("an http, https or file URI, with spaces and other special " \
    "characters percent-encoded, or the path of a file")
#define MEDIA_URIS N_("a list of http, https or file URIs, each quoted, with " \
    "spaces and other special characters percent-encoded, or the path of a file")

static void
append_array (GString * text, JsonObject * rule)
{
  JsonArray *words = foxapi_json_get_array (rule, "item_enum");

  if (json_object_has_member (rule, "media"))
    g_string_append (text, _(MEDIA_URIS));
  else if (g_strcmp0 (foxapi_json_get_string (rule, "items"), "object") == 0)
    g_string_append (text, _("a list of structures"));
  else
    g_string_append (text, _("a list of texts"));
  append_members (text, rule);
  if (words != NULL) {
    g_string_append (text, _(", each "));
    append_words (text, words);
  }
  if (json_object_has_member (rule, "min_items")
      || json_object_has_member (rule, "max_items"))
    g_string_append_c (text, ',');
  append_range (text, rule, "min_items", "max_items", _(" items"));
}

/* What continues "must be …", for one item of a list of media */
const gchar *
foxapi_rules_describe_media (void)
{
  return _(MEDIA_URI);
}

/* (transfer full): what continues "must be …" */
gchar *
foxapi_rules_describe (JsonObject * rule)
{
  JsonArray *words = foxapi_json_get_array (rule, "enum");
  JsonArray *also = foxapi_json_get_array (rule, "also");
  GString *text = g_string_new (NULL);

  if (words != NULL) {
    append_words (text, words);
  } else if (foxapi_rules_has_type (rule, "array")) {
    append_array (text, rule);
  } else if (json_object_has_member (rule, "media")) {
    g_string_append (text, foxapi_rules_describe_media ());
  } else if (foxapi_rules_has_type (rule, "string")
      && !foxapi_rules_has_type (rule, "integer")) {
    g_string_append (text, _("a UTF-8 text"));
    append_range (text, rule, "min_length", "max_length", _(" characters"));
  } else if (foxapi_rules_has_type (rule, "boolean")) {
    g_string_append (text, _("true or false"));
  } else if (foxapi_rules_has_type (rule, "object")) {
    g_string_append (text, _("a structure"));
    append_members (text, rule);
  } else {
    g_string_append (text, foxapi_rules_has_type (rule, "number") ?
        _("a number") : _("a whole number"));
    append_range (text, rule, "min", "max", "");
    if (json_object_has_member (rule, "multiple_of"))
      g_string_append_printf (text, _(" and a multiple of %lld"),
          (long long) json_object_get_int_member (rule, "multiple_of"));
  }
  if (also != NULL) {
    g_string_append (text, _(", or "));
    append_words (text, also);
  }
  return g_string_free (text, FALSE);
}
