/* The rules of the service for a request body (API.md, submit)
 *
 * A body is checked as it will be sent, wherever its fields came from. So the
 * properties and the extra parameters cannot have rules of their own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapirules.h"

#include <gio/gio.h>

#include "foxapierror.h"
#include "foxapijson.h"
#include "foxapirequest.h"

typedef gboolean (*FieldTest) (JsonNode * node);

typedef struct
{
  const gchar *name;            /* the field; with dashes it is the property */
  FieldTest holds;              /* for the default model */
  FieldTest holds_for_others;   /* what no model can take; NULL: nothing */
  const gchar *rule;            /* continues "must be …" */
  gboolean nullable;
} FieldRule;

static gboolean
is_text_up_to (JsonNode * node, glong min_chars, glong max_chars)
{
  const gchar *text = foxapi_json_node_get_string (node);
  glong n_chars;

  if (text == NULL || !g_utf8_validate (text, -1, NULL))
    return FALSE;
  n_chars = g_utf8_strlen (text, -1);
  return n_chars >= min_chars && n_chars <= max_chars;
}

static gboolean
is_prompt (JsonNode * node)
{
  return is_text_up_to (node, 1, FOXAPI_PROMPT_MAX_CHARS);
}

static gboolean
is_negative_prompt (JsonNode * node)
{
  return is_text_up_to (node, 0, FOXAPI_NEGATIVE_PROMPT_MAX_CHARS);
}

static gboolean
is_text (JsonNode * node)
{
  return is_text_up_to (node, 0, G_MAXLONG);
}

static gboolean
is_name (JsonNode * node)
{
  return is_text_up_to (node, 1, G_MAXLONG);
}

static gboolean
is_int_within (JsonNode * node, gint64 min, gint64 max)
{
  gint64 value;

  return foxapi_json_node_get_int (node, &value) && value >= min
      && value <= max;
}

static gboolean
is_duration (JsonNode * node)
{
  return is_int_within (node, FOXAPI_DURATION_MIN, FOXAPI_DURATION_MAX);
}

static gboolean
is_seed (JsonNode * node)
{
  return is_int_within (node, 0, FOXAPI_SEED_MAX);
}

static gboolean
is_one_of (JsonNode * node, const gchar * const *words)
{
  const gchar *text = foxapi_json_node_get_string (node);

  return text != NULL && g_strv_contains (words, text);
}

static gboolean
is_resolution (JsonNode * node)
{
  static const gchar *const words[] = { "720p", "1080p", NULL };

  return is_one_of (node, words);
}

static gboolean
is_aspect_ratio (JsonNode * node)
{
  static const gchar *const words[] =
      { "16:9", "9:16", "1:1", "4:3", "3:4", NULL };

  return is_one_of (node, words);
}

static gboolean
is_boolean (JsonNode * node)
{
  return json_node_get_value_type (node) == G_TYPE_BOOLEAN;
}

static gboolean
is_reference (JsonNode * node)
{
  const gchar *text = foxapi_json_node_get_string (node);
  g_autoptr (GUri) uri = NULL;
  const gchar *scheme, *host;

  /* g_uri_parse() forgives what no URI has (RFC 3986, 2). */
  for (const gchar * c = text; c != NULL && *c != '\0'; c++) {
    if (*c == ' ' || g_ascii_iscntrl (*c))
      return FALSE;
  }
  /* What is percent-encoded may be any bytes, of a file's name above all. */
  uri = text ? g_uri_parse (text, G_URI_FLAGS_ENCODED, NULL) : NULL;
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

static gboolean
is_list_of (JsonNode * node, FieldTest test)
{
  JsonArray *list;
  guint n;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;

  list = json_node_get_array (node);
  n = json_array_get_length (list);
  for (guint i = 0; i < n; i++) {
    if (!test (json_array_get_element (list, i)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_reference_list (JsonNode * node)
{
  return is_list_of (node, is_reference);
}

static gboolean
is_name_list (JsonNode * node)
{
  return is_list_of (node, is_name);
}

#define REFERENCE_RULE "a list of http, https or file URIs, each quoted, with " \
    "spaces and other special characters percent-encoded"

static const FieldRule field_rules[] = {
  {"model", is_name, is_name, "the name of a model", FALSE},
  {"prompt", is_prompt, is_text,
      "set, and at most 5000 characters of UTF-8 text", FALSE},
  {"reference_image_urls", is_reference_list, is_name_list, REFERENCE_RULE,
      TRUE},
  {"reference_video_urls", is_reference_list, is_name_list, REFERENCE_RULE,
      TRUE},
  {"duration", is_duration, NULL, "a whole number of seconds from 2 to 10",
      FALSE},
  {"resolution", is_resolution, is_resolution, "720p or 1080p", FALSE},
  {"aspect_ratio", is_aspect_ratio, is_aspect_ratio,
      "16:9, 9:16, 1:1, 4:3 or 3:4", FALSE},
  {"negative_prompt", is_negative_prompt, is_text,
      "at most 500 characters of UTF-8 text", TRUE},
  {"seed", is_seed, NULL, "a whole number from 0 to 2147483647, or -1 for none",
      TRUE},
  {"multi_shots", is_boolean, is_boolean, "default, false or true", TRUE},
  {"enable_safety_checker", is_boolean, is_boolean, "default, false or true",
      TRUE},
};

/* The value in a message: short, and on one line. */
static gchar *
describe_value (JsonNode * node)
{
  g_autofree gchar *text = node ? json_to_string (node, FALSE) : NULL;
  glong n_chars;

  if (text == NULL)
    return g_strdup ("not set");
  if (!g_utf8_validate (text, -1, NULL))
    return g_strdup ("not UTF-8 text");

  n_chars = g_utf8_strlen (text, -1);
  if (n_chars > 60) {
    g_autofree gchar *start = g_utf8_substring (text, 0, 40);
    const gchar *string = foxapi_json_node_get_string (node);

    if (string != NULL)
      n_chars = g_utf8_strlen (string, -1);
    return g_strdup_printf ("%s… (%ld characters)", start, n_chars);
  }
  return g_steal_pointer (&text);
}

static void
set_rule_error (GError ** error, const FieldRule * rule, JsonNode * node,
    gboolean is_extra)
{
  g_autofree gchar *property = g_strdelimit (g_strdup (rule->name), "_", '-');
  g_autofree gchar *value = describe_value (node);

  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
      "The property %s%s%s is %s, but must be %s. Nothing was sent.",
      is_extra ? "extra-parameters, field " : "", is_extra ? rule->name :
      property, is_extra ? "," : "", value, rule->rule);
}

static gboolean
check_field (const FieldRule * rule, JsonNode * node, gboolean is_extra,
    GError ** error)
{
  if (node == NULL && rule->nullable)
    return TRUE;
  if (node != NULL && JSON_NODE_HOLDS_NULL (node) && rule->nullable)
    return TRUE;
  if (node != NULL && rule->holds (node))
    return TRUE;

  set_rule_error (error, rule, node, is_extra);
  return FALSE;
}

/* The service is the judge of what other models take. What a property should
 * never have let in is refused all the same. */
static gboolean
check_field_of_other_model (const FieldRule * rule, JsonNode * node,
    gboolean is_extra, GError ** error)
{
  if (node == NULL || is_extra || rule->holds_for_others == NULL)
    return TRUE;
  if (rule->holds_for_others (node))
    return TRUE;

  set_rule_error (error, rule, node, is_extra);
  return FALSE;
}

/**
 * foxapi_rules_check:
 * @body: a request body
 * @extra: (nullable): the part of it that came from the extra parameters
 * @error: return location, %FOXAPI_ERROR_SETTINGS
 *
 * Checks a body by the rules of its model: all that API.md says for the
 * default model; for other models the service is the judge.
 *
 * Returns: %TRUE if @body may be sent; otherwise the error names property,
 *   value and rule
 *
 * Since: 0.1
 */
gboolean
foxapi_rules_check (JsonObject * body, JsonObject * extra, GError ** error)
{
  const gchar *model = foxapi_json_get_string (body, "model");
  gboolean rules_known = g_strcmp0 (model, FOXAPI_DEFAULT_MODEL) == 0;

  for (gsize i = 0; i < G_N_ELEMENTS (field_rules); i++) {
    const FieldRule *rule = &field_rules[i];
    JsonNode *node = json_object_get_member (body, rule->name);
    gboolean is_extra = extra && json_object_has_member (extra, rule->name);
    gboolean holds;

    if (rules_known || rule->holds == is_name)
      holds = check_field (rule, node, is_extra, error);
    else
      holds = check_field_of_other_model (rule, node, is_extra, error);
    if (!holds)
      return FALSE;
  }
  return TRUE;
}

static const FieldRule *
find_rule (const gchar * name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (field_rules); i++) {
    if (g_str_equal (field_rules[i].name, name))
      return &field_rules[i];
  }
  return NULL;
}

/**
 * foxapi_rules_know_field:
 * @name: a field of a request body
 *
 * Returns: %TRUE if API.md lists the field for the default model
 *
 * Since: 0.1
 */
gboolean
foxapi_rules_know_field (const gchar * name)
{
  return find_rule (name) != NULL;
}

/**
 * foxapi_rules_allow_text:
 * @name: a field that API.md lists for the default model
 * @text: a value for it
 *
 * Returns: %TRUE if the default model takes @text there
 *
 * Since: 0.1
 */
gboolean
foxapi_rules_allow_text (const gchar * name, const gchar * text)
{
  const FieldRule *rule = find_rule (name);
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), text);

  return rule != NULL && rule->holds (node);
}
