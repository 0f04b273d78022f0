/* The body of a request: from properties to the fields of the model
 *
 * Properties have one vocabulary for all models: the model's entry says which field
 * a property becomes, and what the field takes. Extra parameters are fields. The
 * body is checked as a whole when it has both; an entry that is not enforced, and
 * that of unknown models, only gives names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapirequest.h"

#include <string.h>

#include "foxapicatalogue.h"
#include "foxapierror.h"
#include "foxapijson.h"
#include "foxapirules.h"

typedef struct
{
  const gchar *model;
  JsonObject *entry;
  JsonObject *properties;       /* what is set, by the properties' names */
  JsonObject *extra;            /* (nullable): fields */
  JsonObject *body;
} Request;

#define refuse(error, ...) \
  (g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS, __VA_ARGS__), FALSE)

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

static gchar *
name_field (Request * request, const gchar * field, JsonObject * rule)
{
  if (request->extra != NULL && json_object_has_member (request->extra, field))
    return g_strdup_printf ("The property extra-parameters, field %s,", field);
  return foxapi_catalogue_name_field (field, rule);
}

/* What the model has, as its user would set it */
static gchar *
list_fields (JsonObject * entry)
{
  g_autoptr (GPtrArray) properties = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) others = g_string_new (NULL);
  g_autofree gchar *all = NULL;
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *rule;

  json_object_iter_init_ordered (&iter, foxapi_json_get_object (entry,
          "fields"));
  while (json_object_iter_next_ordered (&iter, &name, &rule)) {
    g_auto (GStrv) names = foxapi_catalogue_get_properties (name,
        json_node_get_object (rule));

    for (guint i = 0; names[i] != NULL; i++)
      g_ptr_array_add (properties, g_strdup (names[i]));
    if (names[0] == NULL)
      g_string_append_printf (others, "%s%s", others->len > 0 ? ", " :
          " and, in extra-parameters, ", name);
  }
  g_ptr_array_add (properties, NULL);
  all = g_strjoinv (", ", (GStrv) properties->pdata);
  return g_strconcat (all, others->str, NULL);
}

/* @what: the property or field; @name: how it is called */
static gboolean
refuse_unknown (Request * request, const gchar * what, const gchar * name,
    GError ** error)
{
  g_autofree gchar *known = list_fields (request->entry);
  JsonObject *instead = foxapi_json_get_object (request->entry, "instead");
  const gchar *why = instead ? foxapi_json_get_string (instead, name) : NULL;

  return refuse (error,
      "%s is set, but %s has no %s%s%s. It has %s. Nothing was " "sent.", what,
      request->model, name, why ? ": it " : "", why ? why : "", known);
}

/* Properties → fields */

static void
append_item (JsonArray * list, JsonNode * item, const gchar * member)
{
  JsonObject *object;

  if (member == NULL) {
    json_array_add_element (list, json_node_copy (item));
    return;
  }
  object = json_object_new ();
  json_object_set_member (object, member, json_node_copy (item));
  json_array_add_object_element (list, object);
}

/* The items of all properties that share a list, in their order. That of a frame
 * is its place, so none may be missing before another. */
static gboolean
put_list (Request * request, const gchar * field, const gchar * member,
    const gchar * const *properties, GError ** error)
{
  g_autoptr (JsonArray) list = json_array_new ();
  const gchar *missing = NULL;

  for (; *properties != NULL; properties++) {
    JsonNode *node = json_object_get_member (request->properties, *properties);
    gboolean is_list = g_str_has_suffix (*properties, "-urls");

    if (node == NULL) {
      if (!is_list && missing == NULL)
        missing = *properties;
    } else if (JSON_NODE_HOLDS_ARRAY (node)) {
      JsonArray *items = json_node_get_array (node);

      for (guint i = 0; i < json_array_get_length (items); i++)
        append_item (list, json_array_get_element (items, i), member);
    } else if (missing != NULL && error != NULL) {
      return refuse (error, "The property %s is set, but %s takes it only "
          "together with %s. Nothing was sent.", *properties, request->model,
          missing);
    } else {
      append_item (list, node, member);
    }
  }
  json_object_set_array_member (request->body, field, g_steal_pointer (&list));
  return TRUE;
}

static gboolean
put_one (Request * request, const gchar * field, const gchar * property,
    GError ** error)
{
  JsonNode *node = json_object_get_member (request->properties, property);
  JsonObject *rule = foxapi_catalogue_get_rule (request->entry, field);
  JsonArray *items =
      JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  gboolean takes_one = rule && foxapi_rules_has_type (rule, "string");

  if (items != NULL && takes_one && json_array_get_length (items) > 1
      && error != NULL)
    return refuse (error, "The property %s has %u items, but %s takes one. "
        "Nothing was sent.", property, json_array_get_length (items),
        request->model);
  if (items != NULL && takes_one && json_array_get_length (items) > 0)
    node = json_array_get_element (items, 0);
  json_object_set_member (request->body, field, json_node_copy (node));
  return TRUE;
}

/* @error: %NULL puts in what has no place, too. */
static gboolean
put_property (Request * request, const gchar * property, GError ** error)
{
  g_autofree gchar *path =
      foxapi_catalogue_find_path (request->entry, property);
  gchar *member = path ? strchr (path, '.') : NULL;
  JsonObject *rule;
  g_autofree gchar *what = NULL;

  if (path == NULL) {
    if (foxapi_catalogue_is_enforced (request->entry) && error != NULL) {
      what = g_strconcat ("The property ", property, NULL);
      return refuse_unknown (request, what, property, error);
    }
    path = g_strdelimit (g_strdup (property), "-", '_');
  }
  if (member != NULL)
    *member++ = '\0';
  if (json_object_has_member (request->body, path))
    return TRUE;

  rule = foxapi_catalogue_get_rule (request->entry, path);
  if (rule != NULL && foxapi_rules_has_type (rule, "array")) {
    g_auto (GStrv) sharing = foxapi_catalogue_get_properties (path, rule);
    const gchar *const alone[] = { property, NULL };

    return put_list (request, path, member, member ? alone :
        (const gchar * const *) sharing, error);
  }
  return put_one (request, path, property, error);
}

/* A field whose value follows from the properties that are set: the last one of
 * the entry's decides. */
static void
put_implied (Request * request, const gchar * field, JsonObject * implied)
{
  JsonObjectIter iter;
  const gchar *property;
  JsonNode *value;

  json_object_iter_init_ordered (&iter, implied);
  while (json_object_iter_next_ordered (&iter, &property, &value)) {
    if (json_object_has_member (request->properties, property))
      json_object_set_member (request->body, field, json_node_copy (value));
  }
}

static void
copy_member (JsonObject * from, JsonObject * to, const gchar * name)
{
  if (json_object_has_member (from, name))
    json_object_set_member (to, name, json_object_dup_member (from, name));
}

/* In the order of the entry and then of the names: the same parameters always
 * make the same text, and so the same identity. */
static void
sort_body (Request * request)
{
  JsonObject *sorted = json_object_new ();
  g_autoptr (GList) known = json_object_get_members (foxapi_json_get_object
      (request->entry, "fields"));
  g_autoptr (GList) names =
      g_list_sort (json_object_get_members (request->body),
      (GCompareFunc) g_strcmp0);

  copy_member (request->body, sorted, "model");
  for (GList * l = known; l != NULL; l = l->next)
    copy_member (request->body, sorted, l->data);
  for (GList * l = names; l != NULL; l = l->next) {
    if (!json_object_has_member (sorted, l->data))
      copy_member (request->body, sorted, l->data);
  }
  json_object_unref (request->body);
  request->body = sorted;
}

/* Checking */

static gboolean
check_field (Request * request, const gchar * field, JsonObject * rule,
    GError ** error)
{
  JsonNode *node = json_object_get_member (request->body, field);
  const gchar *with = foxapi_json_get_string (rule, "required_with");
  g_autofree gchar *what = NULL, *value = NULL, *wanted = NULL;

  if (node != NULL || with == NULL
      || !json_object_has_member (request->body, with))
    with = NULL;
  if (node != NULL ? foxapi_rules_hold (rule, node) :
      !json_object_has_member (rule, "required") && with == NULL)
    return TRUE;

  what = name_field (request, field, rule);
  value = describe_value (node);
  wanted = foxapi_rules_describe (rule);
  return refuse (error, "%s is %s, but must be %s%s%s, for %s. Nothing was "
      "sent.", what, value, wanted, with ? ", with " : "", with ? with : "",
      request->model);
}

static gboolean
is_set (Request * request, const gchar * name)
{
  return json_object_has_member (request->body, name)
      || json_object_has_member (request->properties, name);
}

/* @name is a field, or a property that several fields are made of. */
static gchar *
name_input (Request * request, const gchar * name)
{
  if (strchr (name, '-') != NULL)
    return g_strconcat ("The property ", name, NULL);
  return foxapi_catalogue_name_field (name,
      foxapi_catalogue_get_rule (request->entry, name));
}

/* Pairs of which not both, or at least one, must be set */
static gboolean
check_pairs (Request * request, const gchar * rule, GError ** error)
{
  JsonArray *pairs = foxapi_json_get_array (request->entry, rule);
  gboolean wants_one = g_str_equal (rule, "either");

  for (guint i = 0; pairs != NULL && i < json_array_get_length (pairs); i++) {
    JsonArray *pair = json_array_get_array_element (pairs, i);
    const gchar *one = json_array_get_string_element (pair, 0);
    const gchar *other = json_array_get_string_element (pair, 1);
    g_autofree gchar *a = name_input (request, one);
    g_autofree gchar *b = name_input (request, other);

    if (wants_one && !is_set (request, one) && !is_set (request, other))
      return refuse (error, "%s or t%s must be set for %s. Nothing was sent.",
          a, b + 1, request->model);
    if (!wants_one && is_set (request, one) && is_set (request, other))
      return refuse (error,
          "%s and t%s are both set, but %s takes one of them. "
          "Nothing was sent.", a, b + 1, request->model);
  }
  return TRUE;
}

static gboolean
check_body (Request * request, GError ** error)
{
  JsonObject *fields = foxapi_json_get_object (request->entry, "fields");
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *rule;

  json_object_iter_init_ordered (&iter, request->body);
  while (json_object_iter_next_ordered (&iter, &name, NULL)) {
    g_autofree gchar *what = name_field (request, name, NULL);

    if (!g_str_equal (name, "model") && !json_object_has_member (fields, name))
      return refuse_unknown (request, what, name, error);
  }
  json_object_iter_init_ordered (&iter, fields);
  while (json_object_iter_next_ordered (&iter, &name, &rule)) {
    if (!check_field (request, name, json_node_get_object (rule), error))
      return FALSE;
  }
  return check_pairs (request, "not_both", error)
      && check_pairs (request, "either", error);
}

/* Building */

static gboolean
put_properties (Request * request, GError ** error)
{
  JsonObjectIter iter;
  const gchar *name;

  json_object_iter_init_ordered (&iter, request->properties);
  while (json_object_iter_next_ordered (&iter, &name, NULL)) {
    if (!g_str_equal (name, "model") && !put_property (request, name, error))
      return FALSE;
  }
  return TRUE;
}

/* What the application has left open: @all of it, or what follows from what it
 * has set */
static void
put_defaults (Request * request, gboolean all)
{
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, foxapi_json_get_object (request->entry,
          "fields"));
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    JsonObject *rule = json_node_get_object (node);
    JsonObject *implied = foxapi_json_get_object (rule, "implied");

    if (json_object_has_member (request->body, name))
      continue;
    if (implied != NULL)
      put_implied (request, name, implied);
    else if (all && json_object_has_member (rule, "default"))
      json_object_set_member (request->body, name,
          json_object_dup_member (rule, "default"));
  }
}

static void
put_extra (Request * request)
{
  g_autoptr (GList) names =
      request->extra ? json_object_get_members (request->extra) : NULL;

  for (GList * l = names; l != NULL; l = l->next)
    copy_member (request->extra, request->body, l->data);
}

/* Which model, of properties or extra parameters; %FALSE: that is none. */
static gboolean
begin (Request * request, JsonObject * properties, JsonObject * extra)
{
  JsonNode *node = extra ? json_object_get_member (extra, "model") : NULL;

  if (node == NULL)
    node = json_object_get_member (properties, "model");
  request->model = node ? foxapi_json_node_get_string (node) :
      FOXAPI_DEFAULT_MODEL;
  request->entry = foxapi_catalogue_find (request->model);
  request->properties = properties;
  request->extra = extra;
  request->body = json_object_new ();
  if (node == NULL)
    json_object_set_string_member (request->body, "model", request->model);
  else
    json_object_set_member (request->body, "model", json_node_copy (node));
  return request->model != NULL && *request->model != '\0';
}

static gboolean
build (Request * request, GError ** error)
{
  if (!put_properties (request, error))
    return FALSE;
  put_extra (request);
  if (foxapi_catalogue_is_enforced (request->entry)) {
    put_defaults (request, TRUE);
    if (!check_body (request, error))
      return FALSE;
  }
  sort_body (request);
  if (!foxapi_json_reads_back (request->body))
    return refuse (error, "The property extra-parameters has a value that JSON "
        "has no word for, such as an infinite or a huge number, or too many "
        "values. Nothing was sent.");
  return TRUE;
}

/* @properties: those that are set, by their names; @extra: (nullable): fields,
 * which win. Returns the body, in which local files are still file URIs. */
JsonObject *
foxapi_request_build (JsonObject * properties, JsonObject * extra,
    GError ** error)
{
  Request request;
  gboolean good = begin (&request, properties, extra);

  if (good) {
    good = build (&request, error);
  } else {
    g_autofree gchar *what = name_field (&request, "model", NULL);
    g_autofree gchar *value =
        describe_value (json_object_get_member (request.body, "model"));

    good =
        refuse (error,
        "%s is %s, but must be the name of a model. Nothing was " "sent.", what,
        value);
  }
  if (!good)
    g_clear_pointer (&request.body, json_object_unref);
  return request.body;
}

/* The fields of what is set, right or wrong */
JsonObject *
foxapi_request_map (JsonObject * properties, JsonObject * extra)
{
  Request request;

  begin (&request, properties, extra);
  put_properties (&request, NULL);
  put_extra (&request);
  put_defaults (&request, FALSE);
  sort_body (&request);
  return request.body;
}

/* %FALSE: an id or the like, which nothing can play */
gboolean
foxapi_request_makes_media (JsonObject * body, GError ** error)
{
  const gchar *model = foxapi_json_get_string (body, "model");
  const gchar *product = foxapi_json_get_string (foxapi_catalogue_find (model),
      "makes");

  return product == NULL || refuse (error, "The model %s makes no video: its "
      "results hold %s. Choose another model, or submit with output=task and "
      "read the result from the service. Nothing was sent.", model, product);
}

/* (transfer full) (nullable): which references the model wants and @body lacks, or
 * has too many of, although the service says nowhere that it refuses that; a
 * sentence or two */
gchar *
foxapi_request_describe_gap (JsonObject * body)
{
  const gchar *model = foxapi_json_get_string (body, "model");
  JsonObject *wants = foxapi_json_get_object (foxapi_catalogue_find (model),
      "wants");
  JsonArray *fields = wants ? foxapi_json_get_array (wants, "fields") : NULL;
  g_autoptr (GString) names = g_string_new (NULL);
  gint64 at_most = G_MAXINT64;
  guint n = 0;

  if (fields == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (fields); i++) {
    const gchar *field = json_array_get_string_element (fields, i);
    JsonArray *list = foxapi_json_get_array (body, field);

    if (list != NULL)
      n += json_array_get_length (list);
    g_string_append_printf (names, "%s%s", i > 0 ? " or " : "", field);
  }
  g_strdelimit (names->str, "_", '-');
  foxapi_json_get_int (wants, "at_most", &at_most);
  if (n > at_most)
    return
        g_strdup_printf ("The request has %u references, and %s may fail with "
        "more than %" G_GINT64_FORMAT
        ", images and videos together. Leave some out of %s.", n, model,
        at_most, names->str);
  if (n > 0)
    return NULL;
  return
      g_strdup_printf ("The request has no reference, and %s may fail without "
      "one. Set %s, or use the model %s, which works from text alone.", model,
      names->str, foxapi_json_get_string (wants, "else"));
}
