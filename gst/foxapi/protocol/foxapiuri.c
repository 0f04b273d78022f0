/* foxapi:// URIs ↔ settings (INTERFACE.md, URIs)
 *
 * Only what is no request at all is refused here: unknown fields, numbers that
 * are none, keys. Whether a value is within its range is for the check at the
 * start to say, which knows all of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiuri.h"

#include <gio/gio.h>
#include <string.h>

#include "foxapierror.h"
#include "foxapijson.h"
#include "foxapirules.h"
#include "foxapitask.h"

#define HOST_GENERATE "generate"
#define HOST_TASKS "tasks"

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

/* Single fields */

static gboolean
parse_integer (const gchar * field, const gchar * text, gint64 min, gint64 max,
    gint64 * value, GError ** error)
{
  if (g_ascii_string_to_signed (text, 10, min, max, value, NULL))
    return TRUE;
  return refuse (error, "The URI's field %s is not a whole number that can be "
      "used", field);
}

static gboolean
parse_switch (const gchar * field, const gchar * text, gint * value,
    GError ** error)
{
  if (g_str_equal (text, "true"))
    *value = FOXAPI_SWITCH_TRUE;
  else if (g_str_equal (text, "false"))
    *value = FOXAPI_SWITCH_FALSE;
  else
    return refuse (error, "The URI's field %s must be true or false", field);
  return TRUE;
}

static void
append (GStrv * list, const gchar * text)
{
  guint n = *list ? g_strv_length (*list) : 0;

  *list = g_renew (gchar *, *list, n + 2);
  (*list)[n] = g_strdup (text);
  (*list)[n + 1] = NULL;
}

static void
replace (gchar ** place, const gchar * text)
{
  g_free (*place);
  *place = g_strdup (text);
}

static gboolean
set_duration (FoxapiRequest * request, const gchar * text, GError ** error)
{
  gint64 value;

  if (!parse_integer ("duration", text, G_MININT, G_MAXINT, &value, error))
    return FALSE;
  request->duration = (gint) value;
  request->has_duration = TRUE;
  return TRUE;
}

/* A field that is a property. *@known is FALSE if it is none. */
static gboolean
set_property (FoxapiRequest * request, const gchar * field, const gchar * text,
    gboolean * known, GError ** error)
{
  *known = TRUE;
  if (g_str_equal (field, "prompt"))
    replace (&request->prompt, text);
  else if (g_str_equal (field, "negative_prompt"))
    replace (&request->negative_prompt, text);
  else if (g_str_equal (field, "reference_image_urls"))
    append (&request->reference_image_urls, text);
  else if (g_str_equal (field, "reference_video_urls"))
    append (&request->reference_video_urls, text);
  else if (g_str_equal (field, "duration"))
    return set_duration (request, text, error);
  else if (g_str_equal (field, "seed"))
    return parse_integer (field, text, G_MININT64, G_MAXINT64, &request->seed,
        error);
  else if (g_str_equal (field, "multi_shots"))
    return parse_switch (field, text, &request->multi_shots, error);
  else if (g_str_equal (field, "enable_safety_checker"))
    return parse_switch (field, text, &request->enable_safety_checker, error);
  else
    *known = FALSE;
  return TRUE;
}

/* Sizes are words that each model has its own of. Those of the default model
 * are properties, others can only be extra parameters. */
static gboolean
set_size (FoxapiRequest * request, const gchar * field, const gchar * text)
{
  gchar **place;
  gboolean *is_set;

  if (g_str_equal (field, "resolution")) {
    place = &request->resolution;
    is_set = &request->has_resolution;
  } else if (g_str_equal (field, "aspect_ratio")) {
    place = &request->aspect_ratio;
    is_set = &request->has_aspect_ratio;
  } else {
    return FALSE;
  }
  if (!foxapi_rules_allow_text (field, text))
    return FALSE;

  replace (place, text);
  *is_set = TRUE;
  return TRUE;
}

/* Extra parameters: a value is JSON where it is JSON to the letter, and text
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

/* API.md: fields of this name hold lists, also where there is one entry. */
static gboolean
is_list (const gchar * field)
{
  return g_str_has_suffix (field, "_urls");
}

/* A field that comes again makes a list. */
static void
add_extra (FoxapiRequest * request, const gchar * field, const gchar * text)
{
  JsonNode *value = parse_value (text);
  JsonNode *old;

  if (request->extra == NULL)
    request->extra = json_object_new ();
  old = json_object_get_member (request->extra, field);
  if (old != NULL || (is_list (field) && !JSON_NODE_HOLDS_ARRAY (value))) {
    JsonArray *list = json_array_new ();
    JsonArray *before = foxapi_json_get_array (request->extra, field);
    guint n = before ? json_array_get_length (before) : 0;

    for (guint i = 0; i < n; i++)
      json_array_add_element (list, json_array_dup_element (before, i));
    if (old != NULL && before == NULL)
      json_array_add_element (list, json_node_copy (old));
    json_array_add_element (list, value);
    json_object_set_array_member (request->extra, field, list);
  } else {
    json_object_set_member (request->extra, field, value);
  }
}

static gboolean
set_field (FoxapiRequest * request, GHashTable * seen, const gchar * field,
    const gchar * text, GError ** error)
{
  gboolean is_default = g_str_equal (request->model, FOXAPI_DEFAULT_MODEL);
  gboolean known;

  if (names_a_key (field))
    return refuse (error, "A URI never carries a key (field %s): URIs are "
        "logged and shown. Set FOXAPI_API_KEY instead", field);
  if (g_str_equal (field, "model"))
    return refuse (error, "The URI's field %s belongs into its path: "
        "foxapi://generate/MODEL?prompt=…", field);
  if (is_default && !foxapi_rules_know_field (field))
    return refuse (error, "The URI has the field %s, which the model "
        FOXAPI_DEFAULT_MODEL " does not know", field);
  if (!g_hash_table_add (seen, g_strdup (field)) && is_default
      && !is_list (field))
    return refuse (error, "The URI has the field %s more than once", field);

  if (!set_property (request, field, text, &known, error))
    return FALSE;
  if (known || set_size (request, field, text))
    return TRUE;
  if (is_default)
    return refuse (error, "The URI's field %s has a value that the model does "
        "not know", field);
  add_extra (request, field, text);
  return TRUE;
}

static FoxapiRequest *
parse_generate (GUri * uri, GError ** error)
{
  g_autoptr (FoxapiRequest) request = foxapi_request_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal,
      g_free, NULL);
  const gchar *path = g_uri_get_path (uri);
  const gchar *query = g_uri_get_query (uri);
  g_autofree gchar *model = NULL, *field = NULL, *text = NULL;
  GUriParamsIter iter;

  path += *path == '/';
  model = g_uri_unescape_string (path, NULL);
  if (model == NULL || strchr (path, '/') != NULL) {
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        "The URI's path must be the name of one model, not %s", path);
    return NULL;
  }
  if (*model != '\0')
    replace (&request->model, model);

  g_uri_params_iter_init (&iter, query ? query : "", -1, "&",
      G_URI_PARAMS_WWW_FORM);
  for (;;) {
    g_clear_pointer (&field, g_free);
    g_clear_pointer (&text, g_free);
    if (!g_uri_params_iter_next (&iter, &field, &text, error))
      break;
    if (!set_field (request, seen, field, text, error))
      return NULL;
  }
  /* A fault of the encoding ends the iteration, too. */
  if (error != NULL && *error != NULL)
    return NULL;
  return g_steal_pointer (&request);
}

static gchar *
parse_task (GUri * uri, GError ** error)
{
  const gchar *path = g_uri_get_path (uri);
  g_autofree gchar *id = g_uri_unescape_string (path + (*path == '/'), NULL);

  if (!foxapi_task_id_is_valid (id) || g_uri_get_query (uri) != NULL) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        "The URI must be foxapi://tasks/ID, with the id of a task as the "
        "service gave it, and nothing behind it");
    return NULL;
  }
  return g_steal_pointer (&id);
}

/**
 * foxapi_uri_parse:
 * @uri: a URI
 * @request: (out) (transfer full): the settings of `foxapi://generate/…`, %NULL
 *   otherwise
 * @task_id: (out) (transfer full): the task of `foxapi://tasks/…`, %NULL
 *   otherwise
 * @error: return location, %FOXAPI_ERROR_SETTINGS, or of the domain
 *   G_URI_ERROR
 *
 * Reads a URI (INTERFACE.md, URIs). A message never repeats a value, which may
 * be a key in the wrong place.
 *
 * Returns: %TRUE if one of the two is set
 *
 * Since: 0.1
 */
gboolean
foxapi_uri_parse (const gchar * uri, FoxapiRequest ** request,
    gchar ** task_id, GError ** error)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_PARSE_RELAXED
      | G_URI_FLAGS_ENCODED_QUERY | G_URI_FLAGS_ENCODED_PATH, NULL);
  const gchar *host = parsed ? g_uri_get_host (parsed) : NULL;

  *request = NULL;
  *task_id = NULL;
  if (host == NULL
      || strcmp (g_uri_get_scheme (parsed), FOXAPI_URI_SCHEME) != 0)
    return refuse (error,
        "The URI must begin with foxapi://generate/ or " "foxapi://tasks/");
  if (g_uri_get_userinfo (parsed) != NULL)
    return refuse (error,
        "A URI never carries a key or a user: URIs are logged "
        "and shown. Set FOXAPI_API_KEY instead");
  if (g_uri_get_fragment (parsed) != NULL || g_uri_get_port (parsed) != -1)
    return refuse (error, "The URI must have no port and no fragment (a # in a "
        "prompt is written %%23)");

  if (g_ascii_strcasecmp (host, HOST_GENERATE) == 0)
    *request = parse_generate (parsed, &fault);
  else if (g_ascii_strcasecmp (host, HOST_TASKS) == 0)
    *task_id = parse_task (parsed, &fault);
  else
    return refuse (error, "The URI must begin with foxapi://generate/ or "
        "foxapi://tasks/");

  if (fault != NULL)
    g_propagate_error (error, g_steal_pointer (&fault));
  return *request != NULL || *task_id != NULL;
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

static void
add_list (GString * uri, const gchar * field, GStrv list)
{
  for (; list != NULL && *list != NULL; list++)
    add_field (uri, field, *list);
}

static void
add_integer (GString * uri, const gchar * field, gint64 value)
{
  g_autofree gchar *text = g_strdup_printf ("%" G_GINT64_FORMAT, value);

  add_field (uri, field, text);
}

static void
add_switch (GString * uri, const gchar * field, gint value)
{
  if (value != FOXAPI_SWITCH_DEFAULT)
    add_field (uri, field, value == FOXAPI_SWITCH_TRUE ? "true" : "false");
}

/* A text that would read as JSON is written as a JSON string. */
static void
add_extra_field (JsonObject * extra, const gchar * field, JsonNode * node,
    gpointer user_data)
{
  const gchar *text = foxapi_json_node_get_string (node);
  g_autoptr (JsonNode) read = text ? parse_value (text) : NULL;
  g_autofree gchar *json = NULL;

  if (text == NULL || g_strcmp0 (foxapi_json_node_get_string (read), text) != 0) {
    json = json_to_string (node, FALSE);
    text = json;
  }
  add_field (user_data, field, text);
}

/**
 * foxapi_uri_build:
 * @request: settings
 *
 * Returns: (transfer full): the URI that foxapi_uri_parse() makes equal settings
 *   of
 *
 * Since: 0.1
 */
gchar *
foxapi_uri_build (const FoxapiRequest * request)
{
  GString *uri = g_string_new (FOXAPI_URI_SCHEME "://" HOST_GENERATE "/");

  g_string_append_uri_escaped (uri,
      request->model ? request->model : FOXAPI_DEFAULT_MODEL, NULL, FALSE);
  if (request->prompt != NULL)
    add_field (uri, "prompt", request->prompt);
  add_list (uri, "reference_image_urls", request->reference_image_urls);
  add_list (uri, "reference_video_urls", request->reference_video_urls);
  if (request->has_duration)
    add_integer (uri, "duration", request->duration);
  if (request->has_resolution)
    add_field (uri, "resolution", request->resolution);
  if (request->has_aspect_ratio)
    add_field (uri, "aspect_ratio", request->aspect_ratio);
  if (request->negative_prompt != NULL)
    add_field (uri, "negative_prompt", request->negative_prompt);
  if (request->seed != -1)
    add_integer (uri, "seed", request->seed);
  add_switch (uri, "multi_shots", request->multi_shots);
  add_switch (uri, "enable_safety_checker", request->enable_safety_checker);
  if (request->extra != NULL)
    json_object_foreach_member (request->extra, add_extra_field, uri);
  return g_string_free (uri, FALSE);
}

/**
 * foxapi_uri_build_for_task:
 * @task_id: a task's id
 *
 * Returns: (transfer full): the URI that takes the task up
 *
 * Since: 0.1
 */
gchar *
foxapi_uri_build_for_task (const gchar * task_id)
{
  g_autofree gchar *escaped = g_uri_escape_string (task_id, NULL, FALSE);

  return g_strconcat (FOXAPI_URI_SCHEME "://" HOST_TASKS "/", escaped, NULL);
}
