/* The FoxAPI service, simulated: what a submission may say.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapisimprivate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MODEL "wan-2.7-reference-to-video"

/* Published sizes; others have as many pixels as 16:9, in multiples of 16 */
static const struct
{
  gint lines;
  const gchar *ratio;
  gint width;
  gint height;
} sizes[] = {
  {1080, "16:9", 1920, 1080},
  {1080, "9:16", 1080, 1920},
  {1080, "4:3", 1632, 1248},
  {1080, "3:4", 1248, 1632},
  {720, "4:3", 1088, 832},
  {720, "3:4", 832, 1088},
};

/* json-glib takes comments, bare words and any depth (and crashes on enough of it).
 * The service takes JSON, so the text is checked before json-glib sees it.
 *
 * The grammar of RFC 8259. A lone surrogate has no character and NUL would end a
 * C string early: both are refused rather than silently changed. */
static const gchar grammar[] = "(?(DEFINE)"
    "(?<hex> [0-9a-fA-F])"
    "(?<unit> (?! 0000 | [dD][89a-fA-F] ) (?&hex){4}"
    "  | [dD][89abAB] (?&hex){2} \\\\u [dD][c-fC-F] (?&hex){2})"
    "(?<plain> [^\"\\\\\\x00-\\x1f]*+)"
    "(?<string> \" (?&plain)"
    "  (?: \\\\ (?: [\"\\\\/bfnrt] | u (?&unit)) (?&plain))*+ \")"
    "(?<number> -? (?: 0 | [1-9][0-9]*+) (?: \\. [0-9]++)?+"
    "  (?: [eE] [+-]? [0-9]++)?+)"
    "(?<space> [\\x20\\t\\r\\n]*+)"
    "(?<member> (?&space) (?&string) (?&space) : (?&value))"
    "(?<value> (?> (?&space) (?: (?&string) | (?&number) | true | false | null"
    "  | \\{ (?: (?&member) (?: , (?&member))*+ | (?&space)) \\}"
    "  | \\[ (?: (?&value) (?: , (?&value))*+ | (?&space)) \\]"
    "  ) (?&space)))" ") \\A (?&value) \\z";

static gboolean
is_shallow (const gchar * data, gsize length)
{
  gboolean in_string = FALSE;
  gint depth = 0;

  for (gsize i = 0; i < length; i++) {
    if (data[i] == '"')
      in_string = !in_string;
    else if (in_string)
      i += data[i] == '\\';
    else if (data[i] == '[' || data[i] == '{')
      depth++;
    else if (data[i] == ']' || data[i] == '}')
      depth--;
    if (depth > FOXAPI_SIM_MAX_JSON_DEPTH)
      return FALSE;
  }
  return TRUE;
}

gboolean
foxapi_sim_json_check (const gchar * data, gsize length, GError ** error)
{
  static GRegex *regex;

  if (g_once_init_enter (&regex))
    g_once_init_leave (&regex, g_regex_new (grammar,
            G_REGEX_EXTENDED | G_REGEX_RAW, 0, NULL));
  if (!g_utf8_validate_len (data, length, NULL))
    g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_INVALID_DATA,
        "the body is not UTF-8");
  else if (!is_shallow (data, length)
      || !g_regex_match_full (regex, length > 0 ? data : "", length, 0, 0,
          NULL, NULL))
    g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        "the body is not JSON");
  else
    return TRUE;
  return FALSE;
}

static void
order_clear (FoxapiSimOrder * order)
{
  g_free (order->model);
  g_free (order->prompt);
  g_ptr_array_unref (order->references);
}

void
foxapi_sim_order_unref (FoxapiSimOrder * order)
{
  g_atomic_rc_box_release_full (order, (GDestroyNotify) order_clear);
}

gboolean
foxapi_sim_models_load (FoxapiSim * sim, GError ** error)
{
  sim->models = json_parser_new ();
  return json_parser_load_from_file (sim->models, FOXAPI_SIM_MODELS, error);
}

/* Those that the key may use, or every model that has a schema or a page */
GList *
foxapi_sim_models_list (FoxapiSim * sim)
{
  GList *models = NULL;

  if (sim->allowed_models == NULL)
    return json_object_get_members (json_node_get_object (json_parser_get_root
            (sim->models)));
  for (gchar ** name = sim->allowed_models; *name != NULL; name++)
    models = g_list_append (models, *name);
  return models;
}

/* The fields of @model: NULL where it is not known, empty where what it takes is
 * not. A variant has those of its relative, with changes. */
static JsonObject *
find_fields (FoxapiSim * sim, const gchar * model)
{
  JsonObject *models =
      json_node_get_object (json_parser_get_root (sim->models));
  JsonNode *node = json_object_get_member (models, model);
  g_autoptr (JsonObject) all = json_object_new ();
  JsonObject *entry, *fields;
  JsonObjectIter iter;
  const gchar *name;

  /* The service may have models that are newer than its manual. */
  if (node == NULL && !g_str_has_prefix (model, "test-"))
    return NULL;
  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return g_steal_pointer (&all);
  entry = json_node_get_object (node);
  if (json_object_has_member (entry, "like")) {
    json_object_unref (all);
    all = find_fields (sim, json_object_get_string_member (entry, "like"));
  }
  fields = json_object_get_object_member (entry, "fields");
  json_object_iter_init (&iter, fields);
  while (json_object_iter_next (&iter, &name, &node)) {
    if (JSON_NODE_HOLDS_NULL (node))
      json_object_remove_member (all, name);
    else
      json_object_set_member (all, name, json_node_copy (node));
  }
  return g_steal_pointer (&all);
}

static gboolean
is_integer (JsonNode * node)
{
  return json_node_get_value_type (node) == G_TYPE_INT64;
}

static gboolean
has_type (JsonNode * node, const gchar * type)
{
  if (strcmp (type, "array") == 0)
    return JSON_NODE_HOLDS_ARRAY (node);
  if (strcmp (type, "object") == 0)
    return JSON_NODE_HOLDS_OBJECT (node);
  if (!JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  if (strcmp (type, "string") == 0)
    return json_node_get_value_type (node) == G_TYPE_STRING;
  if (strcmp (type, "boolean") == 0)
    return json_node_get_value_type (node) == G_TYPE_BOOLEAN;
  return is_integer (node) || (strcmp (type, "number") == 0
      && json_node_get_value_type (node) == G_TYPE_DOUBLE);
}

static gboolean
contains (JsonArray * array, JsonNode * node)
{
  for (guint i = 0; i < json_array_get_length (array); i++) {
    if (json_node_equal (json_array_get_element (array, i), node))
      return TRUE;
  }
  return FALSE;
}

static gchar *
check_url (FoxapiSim * sim, JsonObject * rule, const gchar * url)
{
  g_autoptr (GUri) uri = NULL;
  g_autofree gchar *uploads =
      g_strconcat (sim->result_base_url, "/uploads/", NULL);
  gint64 max_bytes = json_object_get_int_member_with_default (rule,
      "max_bytes", G_MAXINT64);
  GBytes *upload;

  if (json_object_has_member (rule, "inline")
      && g_str_has_prefix (url, "data:"))
    return NULL;
  uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  if (uri == NULL || g_uri_get_host (uri) == NULL
      || *g_uri_get_host (uri) == '\0'
      || (strcmp (g_uri_get_scheme (uri), "http") != 0
          && strcmp (g_uri_get_scheme (uri), "https") != 0))
    return g_strdup ("must hold http or https URLs");
  if (!g_str_has_prefix (url, uploads))
    return NULL;
  upload = foxapi_sim_upload_find (sim, url);
  if (upload == NULL)
    return g_strdup ("names an upload that is not there");
  if (g_bytes_get_size (upload) > (guint64) max_bytes)
    return g_strdup ("names an upload that is too large");
  return NULL;
}

static gchar *
check_string (FoxapiSim * sim, JsonObject * rule, const gchar * text)
{
  glong length = g_utf8_strlen (text, -1);
  gint64 max = json_object_get_int_member_with_default (rule, "max_length",
      G_MAXINT64);

  if (length < json_object_get_int_member_with_default (rule, "min_length",
          json_object_has_member (rule, "required")))
    return g_strdup ("is too short");
  if (length > max)
    return g_strdup_printf ("has %ld characters, at most %" G_GINT64_FORMAT
        " are allowed", length, max);
  return json_object_has_member (rule, "media") ? check_url (sim, rule, text)
      : NULL;
}

static gchar *
check_number (JsonObject * rule, JsonNode * node)
{
  gdouble value = json_node_get_double (node);
  gdouble min = json_object_get_double_member_with_default (rule, "min",
      -G_MAXDOUBLE);
  gdouble max = json_object_get_double_member_with_default (rule, "max",
      G_MAXDOUBLE);
  gint64 step = json_object_get_int_member_with_default (rule, "multiple_of",
      1);

  if (json_object_has_member (rule, "also")
      && contains (json_object_get_array_member (rule, "also"), node))
    return NULL;
  if (value < min || value > max)
    return g_strdup_printf ("must be within %g and %g", min, max);
  if (is_integer (node) && json_node_get_int (node) % step != 0)
    return g_strdup_printf ("must be a multiple of %" G_GINT64_FORMAT, step);
  return NULL;
}

static gchar *check_members (FoxapiSim * sim, JsonObject * rules,
    JsonObject * object);

static gchar *
check_array (FoxapiSim * sim, JsonObject * rule, JsonArray * array)
{
  gint64 length = json_array_get_length (array);

  if (length < json_object_get_int_member_with_default (rule, "min_items", 0)
      || length > json_object_get_int_member_with_default (rule, "max_items",
          G_MAXINT64))
    return g_strdup_printf ("must not have %" G_GINT64_FORMAT " items", length);
  for (guint i = 0; i < length; i++) {
    JsonNode *item = json_array_get_element (array, i);
    g_autofree gchar *why = NULL;
    const gchar *type = json_object_get_string_member_with_default (rule,
        "items", json_object_has_member (rule, "members") ? "object"
        : "string");

    if (!has_type (item, type))
      return g_strdup_printf ("must be an array of %ss", type);
    if (json_object_has_member (rule, "members"))
      why = check_members (sim, json_object_get_object_member (rule,
              "members"), json_node_get_object (item));
    else if (json_object_has_member (rule, "media"))
      why = check_url (sim, rule, json_node_get_string (item));
    if (why != NULL)
      return g_steal_pointer (&why);
  }
  return NULL;
}

static gboolean
has_one_type (JsonNode * node, JsonNode * types)
{
  if (!JSON_NODE_HOLDS_ARRAY (types))
    return has_type (node, json_node_get_string (types));
  for (guint i = 0; i < json_array_get_length (json_node_get_array (types));
      i++) {
    if (has_type (node,
            json_array_get_string_element (json_node_get_array (types), i)))
      return TRUE;
  }
  return FALSE;
}

/* What is wrong with @node, NULL if nothing is */
static gchar *
check_value (FoxapiSim * sim, JsonObject * rule, JsonNode * node)
{
  JsonNode *types = json_object_get_member (rule, "type");

  if (JSON_NODE_HOLDS_NULL (node))
    return json_object_has_member (rule, "nullable") ? NULL
        : g_strdup ("must not be null");
  if (!has_one_type (node, types)) {
    g_autofree gchar *text = json_to_string (types, FALSE);

    return g_strdup_printf ("must be of the type %s", text);
  }
  if (json_object_has_member (rule, "enum")
      && !JSON_NODE_HOLDS_ARRAY (node)
      && !contains (json_object_get_array_member (rule, "enum"), node)) {
    g_autofree gchar *text =
        json_to_string (json_object_get_member (rule, "enum"), FALSE);

    return g_strdup_printf ("must be one of %s", text);
  }
  if (JSON_NODE_HOLDS_ARRAY (node))
    return check_array (sim, rule, json_node_get_array (node));
  if (JSON_NODE_HOLDS_OBJECT (node))
    return json_object_has_member (rule, "members") ? check_members (sim,
        json_object_get_object_member (rule, "members"),
        json_node_get_object (node)) : NULL;
  if (has_type (node, "string"))
    return check_string (sim, rule, json_node_get_string (node));
  return has_type (node, "number") ? check_number (rule, node) : NULL;
}

static gchar *
check_members (FoxapiSim * sim, JsonObject * rules, JsonObject * object)
{
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &node)) {
    g_autofree gchar *why = NULL;

    if (!json_object_has_member (rules, name))
      return g_strdup_printf ("%s is not a field of this model", name);
    why = check_value (sim, json_object_get_object_member (rules, name), node);
    if (why != NULL)
      return g_strdup_printf ("%s %s", name, why);
  }
  json_object_iter_init (&iter, rules);
  while (json_object_iter_next (&iter, &name, &node)) {
    if (json_object_has_member (json_node_get_object (node), "required")
        && !json_object_has_member (object, name))
      return g_strdup_printf ("%s is missing", name);
  }
  return NULL;
}

/* The string or number of a member, NULL where there is none */
static gchar *
dup_text (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node)
      ? json_node_dup_string (node) : NULL;
}

static gint
get_number (JsonObject * object, const gchar * name, gint fallback)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return fallback;
  return has_type (node, "string") ? atoi (json_node_get_string (node))
      : json_node_get_int (node);
}

/* Pictures and clips, to be named in the result */
static void
add_references (FoxapiSimOrder * order, JsonObject * rules, JsonObject * object)
{
  JsonObjectIter iter;
  const gchar *name, *media;
  JsonNode *node;

  json_object_iter_init (&iter, rules);
  while (json_object_iter_next (&iter, &name, &node)) {
    media = json_object_get_string_member_with_default (json_node_get_object
        (node), "media", "");
    node = json_object_get_member (object, name);
    if (node == NULL || (strcmp (media, "image") != 0
            && strcmp (media, "video") != 0))
      continue;
    if (!JSON_NODE_HOLDS_ARRAY (node)) {
      g_ptr_array_add (order->references, json_node_dup_string (node));
      continue;
    }
    for (guint i = 0; i < json_array_get_length (json_node_get_array (node));
        i++)
      g_ptr_array_add (order->references,
          g_strdup (json_array_get_string_element (json_node_get_array (node),
                  i)));
  }
}

static void
set_size (FoxapiSimOrder * order, JsonObject * object)
{
  g_autofree gchar *resolution = dup_text (object, "resolution");
  g_autofree gchar *ratio = dup_text (object, "aspect_ratio");
  gint lines = resolution != NULL ? atoi (resolution) : 1080;
  gint x = 16, y = 9;
  gdouble pixels;

  if (lines <= 8)
    lines = lines == 4 ? 2160 : 1080;
  if (ratio == NULL || sscanf (ratio, "%d:%d", &x, &y) != 2 || x <= 0
      || y <= 0 || x > 8 * y || y > 8 * x)
    x = 16, y = 9;
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    if (sizes[i].lines == lines
        && strcmp (sizes[i].ratio, ratio != NULL ? ratio : "16:9") == 0) {
      order->width = sizes[i].width;
      order->height = sizes[i].height;
      return;
    }
  }
  pixels = 16.0 / 9.0 * lines * lines;
  order->width = (gint) (sqrt (pixels * x / y) + 0.5) & ~15;
  order->height = (gint) (sqrt (pixels * y / x) + 0.5) & ~15;
}

static FoxapiSimOrder *
order_new (JsonObject * rules, JsonObject * object)
{
  FoxapiSimOrder *order = g_atomic_rc_box_new0 (FoxapiSimOrder);

  order->model = dup_text (object, "model");
  order->prompt = dup_text (object, "prompt");
  if (order->prompt == NULL)
    order->prompt = g_strdup ("");
  order->duration = CLAMP (get_number (object, "duration", 5), 1, 60);
  order->seed = get_number (object, "seed", -1);
  order->silent = !json_object_get_boolean_member_with_default (object,
      "generate_audio", TRUE);
  order->references = g_ptr_array_new_with_free_func (g_free);
  set_size (order, object);
  add_references (order, rules, object);
  return order;
}

/* That of a task that was not submitted here */
FoxapiSimOrder *
foxapi_sim_order_new_default (void)
{
  g_autoptr (JsonObject) rules = json_object_new ();
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "model", DEFAULT_MODEL);
  json_object_set_string_member (object, "prompt", "A task from elsewhere");
  return order_new (rules, object);
}

/* The order that @object is, NULL with @code and @message where it is none.
 * With the lock held: it looks at the uploads. */
FoxapiSimOrder *
foxapi_sim_order_check (FoxapiSim * sim, JsonObject * object,
    const gchar ** code, gchar ** message)
{
  JsonNode *model = json_object_get_member (object, "model");
  g_autoptr (JsonObject) rules = NULL;
  g_autoptr (JsonNode) rule = NULL;

  *code = "invalid_param";
  if (model == NULL || !has_type (model, "string")) {
    *message = g_strdup ("model must be a string");
    return NULL;
  }
  if (sim->allowed_models == NULL
      || g_strv_contains ((const gchar * const *) sim->allowed_models,
          json_node_get_string (model)))
    rules = find_fields (sim, json_node_get_string (model));
  if (rules == NULL) {
    *code = "model_not_found";
    *message = g_strdup_printf ("model %s is not known",
        json_node_get_string (model));
    return NULL;
  }
  if (json_object_get_size (rules) == 0)
    return order_new (rules, object);
  rule = json_from_string ("{\"type\": \"string\", \"required\": true}", NULL);
  json_object_set_member (rules, "model", g_steal_pointer (&rule));
  *message = check_members (sim, rules, object);
  if (*message == NULL)
    return order_new (rules, object);
  if (g_str_has_suffix (*message, "is not a field of this model"))
    *code = "unsupported_advanced_options";
  return NULL;
}
