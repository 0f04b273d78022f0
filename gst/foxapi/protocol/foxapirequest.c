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

#include <glib/gi18n-lib.h>
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
  g_autoptr (JsonNode) copy = node ? foxapi_json_copy (node) : NULL;
  g_autofree gchar *text = copy ? json_to_string (copy, FALSE) : NULL;
  glong n_chars;

  if (text == NULL)
    return g_strdup (_("not set"));
  if (!g_utf8_validate (text, -1, NULL))
    return g_strdup (_("not UTF-8 text"));

  n_chars = g_utf8_strlen (text, -1);
  if (n_chars > 60) {
    g_autofree gchar *start = g_utf8_substring (text, 0, 40);
    const gchar *string = foxapi_json_node_get_string (node);

    if (string != NULL)
      n_chars = g_utf8_strlen (string, -1);
    return g_strdup_printf (_("%s… (%ld characters)"), start, n_chars);
  }
  return g_steal_pointer (&text);
}

static gchar *
name_field (Request * request, const gchar * field, JsonObject * rule)
{
  if (request->extra != NULL && json_object_has_member (request->extra, field))
    return g_strdup_printf (_("The property extra-parameters, field %s,"),
        field);
  return foxapi_catalogue_name_field (field, rule, request->properties, NULL);
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
          _(" and, in extra-parameters, "), name);
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
      _("%s is set, but %s has no %s%s%s. It has %s. Nothing was sent."), what,
      request->model, name, why ? _(": it ") : "", why ? why : "", known);
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
      return refuse (error, _("The property %s is set, but %s takes it only "
              "together with %s. Nothing was sent."), *properties,
          request->model, missing);
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
    return refuse (error, _("The property %s has %u items, but %s takes "
            "one. Nothing was sent."), property, json_array_get_length (items),
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
      what = g_strdup_printf (_("The property %s"), property);
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
      json_object_set_member (request->body, field, foxapi_json_copy (value));
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

/* (nullable): what is wrong in a list of media, if it comes from a property for one */
static JsonNode *
find_wrong_item (Request * request, const gchar * field, JsonObject * rule,
    JsonNode * node)
{
  JsonArray *list = node && JSON_NODE_HOLDS_ARRAY (node)
      && json_object_has_member (rule, "media") ? json_node_get_array (node) :
      NULL;

  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++) {
    JsonNode *item = json_array_get_element (list, i);
    g_autofree gchar *property = foxapi_catalogue_find_property (field, rule,
        request->properties, foxapi_json_node_get_string (item));

    if (property != NULL && !g_str_has_suffix (property, "-urls")
        && !foxapi_rules_holds_item (rule, item))
      return item;
  }
  return NULL;
}

/* (nullable): what is given for a medium, or in a list of them, and is no URI: then it
 * would be the path of a file, if that were there */
static const gchar *
find_missing_file (JsonObject * rule, JsonNode * node)
{
  JsonArray *list = node && JSON_NODE_HOLDS_ARRAY (node) ?
      json_node_get_array (node) : NULL;
  const gchar *text = node ? foxapi_json_node_get_string (node) : NULL;

  for (guint i = 0; list && text == NULL && i < json_array_get_length (list);
      i++) {
    text = foxapi_json_node_get_string (json_array_get_element (list, i));
    if (text != NULL && g_uri_peek_scheme (text) != NULL)
      text = NULL;
  }
  return text != NULL && *text != '\0' && g_uri_peek_scheme (text) == NULL
      && json_object_has_member (rule, "media") ? text : NULL;
}

static gboolean
check_field (Request * request, const gchar * field, JsonObject * rule,
    GError ** error)
{
  JsonNode *node = json_object_get_member (request->body, field), *item;
  g_autofree gchar *what = NULL, *value = NULL, *wanted = NULL;
  const gchar *missing;

  if (node != NULL ? foxapi_rules_hold (rule, node) :
      !json_object_has_member (rule, "required"))
    return TRUE;
  item = find_wrong_item (request, field, rule, node);
  what = item ? foxapi_catalogue_name_field (field, rule, request->properties,
      foxapi_json_node_get_string (item)) : name_field (request, field, rule);
  missing = find_missing_file (rule, item ? item : node);
  if (missing != NULL)
    return refuse (error,
        _("%s names \"%s\", but there is no such file, and it "
            "is no http, https or file URI. Nothing was sent."), what, missing);
  value = describe_value (item ? item : node);
  wanted = item ? g_strdup (foxapi_rules_describe_media ()) :
      foxapi_rules_describe (rule);
  return refuse (error, _("%s is %s, but must be %s, for %s. Nothing was "
          "sent."), what, value, wanted, request->model);
}

/* How many items a list has may follow from another field. */
static gboolean
check_count (Request * request, const gchar * field, JsonObject * rule,
    GError ** error)
{
  JsonObject *counts = foxapi_json_get_object (rule, "items_for");
  JsonArray *list = foxapi_json_get_array (request->body, field);
  gint64 n = list ? json_array_get_length (list) : 0, wanted;
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  if (counts == NULL)
    return TRUE;
  json_object_iter_init (&iter, counts);
  while (json_object_iter_next (&iter, &name, &node)) {
    const gchar *value = foxapi_json_get_string (request->body, name);
    g_autofree gchar *what = name_field (request, field, rule);

    if (value != NULL && foxapi_json_get_int (json_node_get_object (node),
            value, &wanted) && n != wanted)
      return refuse (error, _("%s must hold %lld in all where %s is %s, for "
              "%s, but holds %lld. Nothing was sent."), what,
          (long long) wanted, name, value, request->model, (long long) n);
  }
  return TRUE;
}

/* Rules across fields. Their names are fields, or properties that several of these
 * are made of. */

static gboolean
is_set (Request * request, const gchar * name)
{
  JsonNode *node = json_object_get_member (request->body, name);
  const gchar *text = node ? foxapi_json_node_get_string (node) : NULL;

  if (node == NULL)
    return json_object_has_member (request->properties, name);
  if (text != NULL)
    return !foxapi_rules_is_blank (text);
  return !JSON_NODE_HOLDS_NULL (node) && !(JSON_NODE_HOLDS_ARRAY (node)
      && json_array_get_length (json_node_get_array (node)) == 0);
}

/* As the user sets them, in the middle of a sentence */
static gchar *
name_inputs (Request * request, JsonArray * names)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (names); i++) {
    const gchar *name = json_array_get_string_element (names, i);
    g_autofree gchar *property = strchr (name, '-') ? g_strdup (name) :
        foxapi_catalogue_find_property (name,
        foxapi_catalogue_get_rule (request->entry, name), request->properties,
        NULL);

    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
        property ? property : name);
    if (property == NULL)
      g_string_append (text, _(" (in extra-parameters)"));
  }
  return g_string_free (text, FALSE);
}

static guint
count_set (Request * request, JsonArray * names)
{
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (names); i++)
    n += is_set (request, json_array_get_string_element (names, i));
  return n;
}

/* Groups of which at most one, or at least one, must be set */
static gboolean
check_groups (Request * request, GError ** error)
{
  JsonArray *excluding = foxapi_json_get_array (request->entry, "not_both");
  JsonArray *either = foxapi_json_get_array (request->entry, "either");

  for (guint i = 0; either && i < json_array_get_length (either); i++) {
    JsonArray *group = json_array_get_array_element (either, i);
    g_autofree gchar *names = name_inputs (request, group);

    if (count_set (request, group) == 0)
      return refuse (error, _("One of these must be set for %s: %s. Nothing "
              "was sent."), request->model, names);
  }
  for (guint i = 0; excluding && i < json_array_get_length (excluding); i++) {
    JsonArray *group = json_array_get_array_element (excluding, i);
    g_autofree gchar *names = name_inputs (request, group);

    if (count_set (request, group) > 1)
      return refuse (error, _("%s takes only one of these, but both are set: "
              "%s. Nothing was sent."), request->model, names);
  }
  return TRUE;
}

/* @then: a field, and the value that it must have, be it the model's own default */
static gboolean
check_then (Request * request, JsonArray * then, const gchar * where,
    GError ** error)
{
  const gchar *field = json_array_get_string_element (then, 0);
  JsonNode *wanted = json_array_get_element (then, 1);
  JsonObject *rule = foxapi_catalogue_get_rule (request->entry, field);
  JsonNode *node = json_object_get_member (request->body, field);
  JsonNode *value = node ? node :
      json_object_get_member (rule, "service_default");
  g_autofree gchar *what = NULL, *is = NULL, *must = NULL;

  if (value != NULL && json_node_equal (value, wanted))
    return TRUE;
  what = name_field (request, field, rule);
  is = describe_value (node);
  must = describe_value (wanted);
  return refuse (error, _("%s is %s, but must be %s where %s, for %s. Nothing "
          "was sent."), what, is, must, where, request->model);
}

/* What a field asks of others where it is set, or has the value that "if" names */
static gboolean
check_condition (Request * request, JsonObject * rule, GError ** error)
{
  JsonArray *condition = foxapi_json_get_array (rule, "if");
  JsonArray *then = foxapi_json_get_array (rule, "then");
  JsonArray *needs = foxapi_json_get_array (rule, "needs");
  const gchar *field = json_array_get_string_element (condition, 0);
  g_autofree gchar *where = NULL, *names = NULL;

  if (!is_set (request, field))
    return TRUE;
  if (json_array_get_length (condition) > 1) {
    JsonNode *value = json_array_get_element (condition, 1);
    g_autofree gchar *text = describe_value (value);

    if (!json_node_equal (json_object_get_member (request->body, field), value))
      return TRUE;
    where = g_strdup_printf (_("%s is %s"), field, text);
  } else {
    where = g_strdup_printf (_("%s is set"), field);
  }
  if (needs == NULL || count_set (request, needs) > 0)
    return then == NULL || check_then (request, then, where, error);
  names = name_inputs (request, needs);
  return refuse (error, _("Where %s, %s needs one of these: %s. Nothing was "
          "sent."), where, request->model, names);
}

/* How many items several lists may have together */
static gboolean
check_sum (Request * request, JsonObject * rule, GError ** error)
{
  JsonArray *fields = foxapi_json_get_array (rule, "fields");
  g_autofree gchar *names = name_inputs (request, fields);
  gint64 n = 0, most = G_MAXINT64;

  foxapi_json_get_int (rule, "max_items", &most);
  for (guint i = 0; i < json_array_get_length (fields); i++) {
    JsonArray *list = foxapi_json_get_array (request->body,
        json_array_get_string_element (fields, i));

    n += list ? json_array_get_length (list) : 0;
  }
  return n <= most || refuse (error, _("%s takes at most %lld items of these "
          "together, not %lld: %s. Nothing was sent."), request->model,
      (long long) most, (long long) n, names);
}

static gboolean
check_rules (Request * request, GError ** error)
{
  JsonArray *rules = foxapi_json_get_array (request->entry, "rules");

  for (guint i = 0; rules != NULL && i < json_array_get_length (rules); i++) {
    JsonObject *rule = json_array_get_object_element (rules, i);

    if (json_object_has_member (rule, "if") ?
        !check_condition (request, rule, error) :
        !check_sum (request, rule, error))
      return FALSE;
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
    if (!check_field (request, name, json_node_get_object (rule), error)
        || !check_count (request, name, json_node_get_object (rule), error))
      return FALSE;
  }
  return check_groups (request, error) && check_rules (request, error);
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
          foxapi_json_copy (json_object_get_member (rule, "default")));
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
    return refuse (error, _("The property extra-parameters has a value that "
            "JSON cannot express, such as an infinite or a huge number, or too "
            "many values. Nothing was sent."));
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
        _("%s is %s, but must be the name of a model. Nothing was sent."), what,
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

  return product == NULL || refuse (error, _("The model %s makes no video: "
          "its results hold %s. Choose another model, or submit with output=task "
          "and read the result from the service. Nothing was sent."), model,
      product);
}

/* Which references the model wants and @body lacks, or has too many of, although
 * the service says nowhere that it refuses that */
static gchar *
describe_gap (JsonObject * body, const gchar * model)
{
  JsonObject *entry = foxapi_catalogue_find (model);
  JsonObject *wants = foxapi_json_get_object (entry, "wants");
  JsonArray *fields = wants ? foxapi_json_get_array (wants, "fields") : NULL;
  g_autoptr (GString) names = g_string_new (NULL);
  gint64 at_most = G_MAXINT64;
  guint n = 0;

  if (fields == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (fields); i++) {
    const gchar *field = json_array_get_string_element (fields, i);
    JsonArray *list = foxapi_json_get_array (body, field);
    g_auto (GStrv) properties = foxapi_catalogue_get_properties (field,
        foxapi_catalogue_get_rule (entry, field));
    g_autofree gchar *set = g_strjoinv (_(" or "), properties);

    if (list != NULL)
      n += json_array_get_length (list);
    else if (foxapi_json_get_string (body, field) != NULL)
      n++;
    g_string_append_printf (names, "%s%s", i > 0 ? _(" or ") : "", set);
  }
  foxapi_json_get_int (wants, "at_most", &at_most);
  if (n > at_most)
    return g_strdup_printf (_("The request has %u references, and %s may fail "
            "with more than %lld, images and videos together. Leave some out of "
            "%s."), n, model, (long long) at_most, names->str);
  if (n > 0)
    return NULL;
  return g_strdup_printf (_("The request has no reference, and %s may fail "
          "without one. Set %s, or use the model %s, which works from text "
          "alone."), model, names->str, foxapi_json_get_string (wants, "else"));
}

/* (transfer full) (nullable): what the user may not have meant, although only the
 * service can judge it; a sentence or two */
gchar *
foxapi_request_describe_doubt (JsonObject * body)
{
  const gchar *model = foxapi_json_get_string (body, "model");
  g_autofree gchar *nearest = foxapi_catalogue_suggest (model);

  if (nearest == NULL)
    return describe_gap (body, model);
  return g_strdup_printf (_("The element does not know the model %s, so it "
          "does not check the values. If you mean %s, stop, and set the property "
          "model to that."), model, nearest);
}
