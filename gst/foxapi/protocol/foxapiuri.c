/* foxapi:// URIs ↔ the fields of a request (docs/foxapivideosrc.md, URIs)
 *
 * Only what is no request at all is refused here: unknown fields, numbers that
 * are none, keys. Whether a value is within its range is for the check at the
 * start to say, which knows all of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiuri.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "foxapicatalogue.h"
#include "foxapiclips.h"
#include "foxapierror.h"
#include "foxapijson.h"
#include "foxapirequest.h"
#include "foxapirules.h"
#include "foxapitask.h"

#define HOST_GENERATE "generate"
#define HOST_TASKS "tasks"
#define HOST_CLIPS "clips"
#define TAKE "take"

/* What may stand in a query without being encoded, besides letters and digits
 * (RFC 3986, 3.4), but for the form encoding's own characters. */
#define QUERY_CHARS "-._~:/?@!$'()*,;"

#define refuse(error, ...) \
  (g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS, __VA_ARGS__), FALSE)

/* Names under which people hand over keys. */
static gboolean
names_a_key (const gchar * field)
{
  static const gchar *const names[] = { "key", "apikey", "api_key", "api-key",
    "authorization", "bearer", "token", "access_token", "access-token",
    "x-api-key", NULL
  };
  g_autofree gchar *lower = g_ascii_strdown (field, -1);

  return g_strv_contains (names, lower);
}

/* Fields */

/* A value that no entry has a type for is JSON where it is JSON to the letter, and text
 * otherwise, so that numbers, booleans and whole structures have their types,
 * and what only looks like a number (`007`, `0x10`, a number of 20 digits) is
 * sent as it was written. */

static JsonNode *
parse_value (const gchar * text)
{
  g_autofree gchar *wrapped = NULL;
  g_autoptr (JsonObject) object = NULL;

  if (foxapi_json_is_exact (text)) {
    wrapped = g_strdup_printf ("{\"value\":%s}", text);
    object = foxapi_json_parse (wrapped, strlen (wrapped), NULL);
  }
  /* Too large an exponent is JSON, but no number that could be sent on. */
  if (object != NULL && foxapi_json_reads_back (object))
    return json_object_dup_member (object, "value");
  return json_node_init_string (json_node_alloc (), text);
}

/* The entry's type decides. %NULL: @text is none of it. */
static JsonNode *
parse_typed (JsonObject * rule, const gchar * text)
{
  gint64 value;

  if (rule == NULL || foxapi_rules_has_type (rule, "object")
      || foxapi_rules_has_type (rule, "number")
      || g_strcmp0 (foxapi_json_get_string (rule, "items"), "object") == 0)
    return parse_value (text);
  if (foxapi_rules_has_type (rule, "string")
      || foxapi_rules_has_type (rule, "array"))
    return json_node_init_string (json_node_alloc (), text);
  if (foxapi_rules_has_type (rule, "boolean")) {
    if (g_str_equal (text, "true") || g_str_equal (text, "false"))
      return json_node_init_boolean (json_node_alloc (), *text == 't');
    return NULL;
  }
  if (!g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &value,
          NULL))
    return NULL;
  return json_node_init_int (json_node_alloc (), value);
}

/* Fields of such a name hold lists, also where there is one entry. */
static gboolean
is_list (const gchar * field, JsonObject * rule)
{
  return rule ? foxapi_rules_has_type (rule, "array") :
      g_str_has_suffix (field, "_urls");
}

/* A field that comes again makes a list. */
static void
add_value (JsonObject * fields, const gchar * field, gboolean makes_list,
    JsonNode * value)
{
  JsonNode *old = json_object_get_member (fields, field);
  JsonArray *before = foxapi_json_get_array (fields, field);
  JsonArray *list;

  if (old == NULL && (!makes_list || JSON_NODE_HOLDS_ARRAY (value))) {
    json_object_set_member (fields, field, value);
    return;
  }
  list = json_array_new ();
  for (guint i = 0; before != NULL && i < json_array_get_length (before); i++)
    json_array_add_element (list, json_array_dup_element (before, i));
  if (old != NULL && before == NULL)
    json_array_add_element (list, json_node_copy (old));
  json_array_add_element (list, value);
  json_object_set_array_member (fields, field, list);
}

/* For the default model what it cannot take is refused here, so that a player
 * that asks around finds nobody for such a URI. @name may be written as the
 * property is, with hyphens. */
static gboolean
set_field (JsonObject * fields, JsonObject * entry, gboolean is_default,
    const gchar * name, const gchar * text, GError ** error)
{
  g_autofree gchar *field = g_strdelimit (g_strdup (name), "-", '_');
  JsonObject *rule = foxapi_catalogue_get_rule (entry, field);
  g_autoptr (JsonNode) value = parse_typed (rule, text);

  if (names_a_key (name))
    return refuse (error, _("A URI never carries a key (field %s): URIs are "
            "logged and shown. Set FOXAPI_API_KEY instead"), name);
  if (g_str_equal (field, "model"))
    return refuse (error, _("The URI's field %s belongs in its path: "
            "foxapi://generate/MODEL?prompt=…"), field);
  if (is_default && rule == NULL)
    return refuse (error, _("The URI has the field %s, which the model %s "
            "does not know"), field, FOXAPI_DEFAULT_MODEL);
  if (rule != NULL && !is_list (field, rule)
      && json_object_has_member (fields, field))
    return refuse (error, _("The URI has the field %s more than once"), field);
  if (value == NULL || (is_default && json_object_has_member (rule, "enum")
          && !foxapi_rules_hold (rule, value))) {
    g_autofree gchar *wanted = foxapi_rules_describe (rule);

    return refuse (error, _("The URI's field %s must be %s"), field, wanted);
  }
  add_value (fields, field, is_list (field, rule), g_steal_pointer (&value));
  return TRUE;
}

/* Never sent: it asks for another video of the same request. */
static gboolean
set_take (FoxapiUri * parsed, const gchar * text, GError ** error)
{
  if (parsed->take == 0 && g_ascii_string_to_signed (text, 10, 1, G_MAXINT32,
          &parsed->take, NULL))
    return TRUE;
  return refuse (error,
      _("The URI's field %s must be one number from 1 on, which tells the "
          "videos of one request apart"), TAKE);
}

static JsonObject *
parse_generate (GUri * uri, FoxapiUri * parsed, GError ** error)
{
  g_autoptr (JsonObject) fields = json_object_new ();
  const gchar *path = g_uri_get_path (uri);
  const gchar *query = g_uri_get_query (uri);
  g_autofree gchar *named = NULL, *field = NULL, *text = NULL;
  g_autoptr (GError) fault = NULL;
  const gchar *model;
  GUriParamsIter iter;

  path += *path == '/';
  named = g_uri_unescape_string (path, NULL);
  if (named == NULL || strchr (path, '/') != NULL) {
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        _("The URI's path must be the name of one model, not %s"), path);
    return NULL;
  }
  model = *named != '\0' ? named : FOXAPI_DEFAULT_MODEL;
  json_object_set_string_member (fields, "model", model);

  g_uri_params_iter_init (&iter, query ? query : "", -1, "&",
      G_URI_PARAMS_WWW_FORM);
  for (;;) {
    g_clear_pointer (&field, g_free);
    g_clear_pointer (&text, g_free);
    if (!g_uri_params_iter_next (&iter, &field, &text, &fault))
      break;
    if (g_str_equal (field, TAKE) ? !set_take (parsed, text, error) :
        !set_field (fields, foxapi_catalogue_find (model),
            g_str_equal (model, FOXAPI_DEFAULT_MODEL), field, text, error))
      return NULL;
  }
  parsed->take = MAX (parsed->take, 1);
  /* It ends the iteration, too. */
  if (fault == NULL)
    return g_steal_pointer (&fields);
  g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
      strchr (query, '%') != NULL ?
      /* xgettext:no-c-format */
      _("The URI has a % without two hexadecimal digits behind it, or an "
          "encoding that is not UTF-8: write % as %25") :
      _("The URI has a field without a value: write & in a value as %26"));
  return NULL;
}

static gchar *
parse_task (GUri * uri, GError ** error)
{
  const gchar *path = g_uri_get_path (uri);
  g_autofree gchar *id = g_uri_unescape_string (path + (*path == '/'), NULL);

  if (!foxapi_task_id_is_valid (id) || g_uri_get_query (uri) != NULL) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        _("The URI must be foxapi://tasks/ID, with the id of a task as the "
            "service gave it, and nothing behind it"));
    return NULL;
  }
  return g_steal_pointer (&id);
}

static gchar *
parse_clip (GUri * uri, GError ** error)
{
  const gchar *path = g_uri_get_path (uri);
  const gchar *digest = path + (*path == '/');

  if (foxapi_clips_is_digest (digest) && g_uri_get_query (uri) == NULL)
    return g_strdup (digest);
  g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
      _("The URI must be foxapi://clips/DIGEST, with the 64 hexadecimal "
          "digits of a clip as foxapi-clips shows them, and nothing behind it"));
  return NULL;
}

void
foxapi_uri_clear (FoxapiUri * uri)
{
  g_clear_pointer (&uri->fields, json_object_unref);
  g_clear_pointer (&uri->task_id, g_free);
  g_clear_pointer (&uri->digest, g_free);
}

#define BEGINNINGS N_("The URI must begin with foxapi://generate/, " \
    "foxapi://tasks/ or foxapi://clips/")

/* Reads `foxapi://generate/…`, `foxapi://tasks/…` or `foxapi://clips/…`. A message
 * never repeats a value, which may be a key in the wrong place. */
gboolean
foxapi_uri_parse (const gchar * text, FoxapiUri * uri, GError ** error)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (GUri) parsed = g_uri_parse (text, G_URI_FLAGS_PARSE_RELAXED
      | G_URI_FLAGS_ENCODED_QUERY | G_URI_FLAGS_ENCODED_PATH, NULL);
  const gchar *host = parsed ? g_uri_get_host (parsed) : NULL;

  memset (uri, 0, sizeof (*uri));
  if (host == NULL
      || strcmp (g_uri_get_scheme (parsed), FOXAPI_URI_SCHEME) != 0)
    return refuse (error, "%s", _(BEGINNINGS));
  if (g_uri_get_userinfo (parsed) != NULL)
    return refuse (error,
        _("A URI never carries a key or a user: URIs are logged and shown. "
            "Set FOXAPI_API_KEY instead"));
  if (g_uri_get_fragment (parsed) != NULL || g_uri_get_port (parsed) != -1)
    return refuse (error, _("The URI must have no port and no fragment (a # "
            "in a prompt is written %%23)"));

  if (g_ascii_strcasecmp (host, HOST_GENERATE) == 0)
    uri->fields = parse_generate (parsed, uri, &fault);
  else if (g_ascii_strcasecmp (host, HOST_TASKS) == 0)
    uri->task_id = parse_task (parsed, &fault);
  else if (g_ascii_strcasecmp (host, HOST_CLIPS) == 0)
    uri->digest = parse_clip (parsed, &fault);
  else
    return refuse (error, "%s", _(BEGINNINGS));

  if (fault == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&fault));
  return FALSE;
}

/* Building */

static void
add_field (GString * uri, const gchar * field, const gchar * text)
{
  g_autofree gchar *name = g_uri_escape_string (field, NULL, FALSE);
  g_autofree gchar *value = g_uri_escape_string (text, QUERY_CHARS, FALSE);

  g_string_append_printf (uri, "%c%s=%s", strchr (uri->str, '?') ? '&' : '?',
      name, value);
}

/* Whether @node is what becomes of @text in a URI */
static gboolean
reads_as (JsonObject * rule, const gchar * text, JsonNode * node)
{
  g_autoptr (JsonNode) read = parse_typed (rule, text);

  return read != NULL && json_node_equal (read, node);
}

/* A text that would be read as something else is written as JSON. */
static void
add_node (GString * uri, JsonObject * rule, const gchar * field,
    JsonNode * node)
{
  const gchar *text = foxapi_json_node_get_string (node);
  g_autofree gchar *json = json_to_string (node, FALSE);

  add_field (uri, field, text != NULL && reads_as (rule, text, node) ? text :
      json);
}

/* (nullable): of texts, at least one: they come field by field */
static JsonArray *
get_texts (JsonNode * node)
{
  JsonArray *list = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) :
      NULL;
  guint n = list ? json_array_get_length (list) : 0;

  for (guint i = 0; i < n; i++) {
    if (foxapi_json_node_get_string (json_array_get_element (list, i)) == NULL)
      return NULL;
  }
  return n > 0 ? list : NULL;
}

static gchar *
build_generate (const FoxapiUri * parsed)
{
  GString *uri = g_string_new (FOXAPI_URI_SCHEME "://" HOST_GENERATE "/");
  const gchar *model = foxapi_json_get_string (parsed->fields, "model");
  JsonObject *entry = foxapi_catalogue_find (model);
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  g_string_append_uri_escaped (uri, model ? model : FOXAPI_DEFAULT_MODEL, NULL,
      FALSE);
  json_object_iter_init_ordered (&iter, parsed->fields);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    JsonObject *rule = foxapi_catalogue_get_rule (entry, name);
    JsonArray *list = rule && is_list (name, rule) ? get_texts (node) : NULL;

    if (g_str_equal (name, "model"))
      continue;
    if (list == NULL)
      add_node (uri, rule, name, node);
    for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
      add_node (uri, rule, name, json_array_get_element (list, i));
  }
  if (parsed->take > 1)
    g_string_append_printf (uri, "%c" TAKE "=%" G_GINT64_FORMAT,
        strchr (uri->str, '?') ? '&' : '?', parsed->take);
  return g_string_free (uri, FALSE);
}

/* (transfer full): the URI that foxapi_uri_parse() makes the same of */
gchar *
foxapi_uri_build (const FoxapiUri * uri)
{
  g_autofree gchar *escaped = NULL;

  if (uri->fields != NULL)
    return build_generate (uri);
  if (uri->digest != NULL)
    return g_strconcat (FOXAPI_URI_SCHEME "://" HOST_CLIPS "/", uri->digest,
        NULL);
  escaped = g_uri_escape_string (uri->task_id, NULL, FALSE);
  return g_strconcat (FOXAPI_URI_SCHEME "://" HOST_TASKS "/", escaped, NULL);
}
