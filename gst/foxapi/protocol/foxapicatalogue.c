/* What each model takes: the data of models.json
 *
 * docs/models.md says what an entry can have. An entry "like" another one has all
 * of that one's but for what it changes, or takes away with null. The entry "*" is
 * of every model that has none of its own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapicatalogue.h"

#include <gio/gio.h>
#include <string.h>

#include "foxapijson.h"
#include "foxapiresource.h"

#define ANY_MODEL "*"

/* Properties that are called as the field is where an entry says nothing else */
static const gchar *const own_names[] = {
  "model", "prompt", "reference-image-urls", "reference-video-urls", "duration",
  "resolution", "aspect-ratio", "audio-url", "negative-prompt", "seed",
  "multi-shots", "enable-safety-checker", NULL
};

static JsonObject *
merge (JsonObject * base, JsonObject * changes)
{
  JsonObject *merged = json_object_new ();
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, base);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    json_object_set_member (merged, name, json_node_copy (node));

  json_object_iter_init_ordered (&iter, changes);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    JsonObject *old = foxapi_json_get_object (merged, name);

    if (JSON_NODE_HOLDS_NULL (node))
      json_object_remove_member (merged, name);
    else if (old != NULL && JSON_NODE_HOLDS_OBJECT (node))
      json_object_set_object_member (merged, name, merge (old,
              json_node_get_object (node)));
    else
      json_object_set_member (merged, name, json_node_copy (node));
  }
  return merged;
}

static JsonObject *
load (void)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (JsonObject) file = NULL;
  JsonObject *models = json_object_new ();
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  /* This links the resource; to look it up by its path lets G_RESOURCE_OVERLAYS
   * put another file in its place. */
  foxapi_get_resource ();
  bytes = g_resources_lookup_data ("/org/foxapi/models.json",
      G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  if (bytes != NULL)
    file = foxapi_json_parse (g_bytes_get_data (bytes, NULL),
        g_bytes_get_size (bytes), NULL);
  if (file == NULL)
    return models;

  json_object_iter_init_ordered (&iter, file);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    JsonObject *entry = json_node_get_object (node);
    const gchar *like = foxapi_json_get_string (entry, "like");
    JsonObject *base = like ? foxapi_json_get_object (models, like) : NULL;

    json_object_set_object_member (models, name, base ? merge (base, entry) :
        json_object_ref (entry));
  }
  return models;
}

/* All entries, by the names of their models; never changed */
JsonObject *
foxapi_catalogue_get (void)
{
  static gsize catalogue;

  if (g_once_init_enter (&catalogue))
    g_once_init_leave (&catalogue, (gsize) load ());
  return (JsonObject *) catalogue;
}

/* Of a model that nobody has heard of, the entry "*" */
JsonObject *
foxapi_catalogue_find (const gchar * model)
{
  JsonObject *entry =
      model ? foxapi_json_get_object (foxapi_catalogue_get (), model) : NULL;

  return entry ? entry : foxapi_json_get_object (foxapi_catalogue_get (),
      ANY_MODEL);
}

/* Levenshtein's distance */
static guint
measure_distance (const gchar * a, const gchar * b)
{
  gsize n = strlen (b);
  g_autofree guint *row = g_new (guint, n + 1);

  for (gsize j = 0; j <= n; j++)
    row[j] = j;
  for (gsize i = 0; a[i] != '\0'; i++) {
    guint diagonal = row[0];

    row[0] = i + 1;
    for (gsize j = 0; j < n; j++) {
      guint changed = diagonal + (a[i] != b[j]);

      diagonal = row[j + 1];
      row[j + 1] = MIN (changed, MIN (row[j], row[j + 1]) + 1);
    }
  }
  return row[n];
}

/* (transfer full) (nullable): the known model that @model, which is none, may be a
 * slip of */
gchar *
foxapi_catalogue_suggest (const gchar * model)
{
  g_autoptr (GList) names = json_object_get_members (foxapi_catalogue_get ());
  const gchar *nearest = NULL;
  guint distance = strlen (model) / 3 + 1;

  if (json_object_has_member (foxapi_catalogue_get (), model)
      || strlen (model) > 100)
    return NULL;
  for (GList * l = names; l != NULL; l = l->next) {
    guint there = measure_distance (model, l->data);

    if (there < distance && !g_str_equal (l->data, ANY_MODEL)) {
      distance = there;
      nearest = l->data;
    }
  }
  return g_strdup (nearest);
}

/* Otherwise the service alone is the judge. */
gboolean
foxapi_catalogue_is_enforced (JsonObject * entry)
{
  return !json_object_has_member (entry, "generic");
}

/* (nullable): of the field that a path like `image_urls` or `elements.url` leads to */
JsonObject *
foxapi_catalogue_get_rule (JsonObject * entry, const gchar * path)
{
  g_auto (GStrv) names = g_strsplit (path, ".", -1);
  JsonObject *rule = NULL;

  for (guint i = 0; names[i] != NULL; i++) {
    JsonObject *fields = i == 0 ? foxapi_json_get_object (entry, "fields") :
        foxapi_json_get_object (rule, "members");

    rule = fields ? foxapi_json_get_object (fields, names[i]) : NULL;
    if (rule == NULL)
      break;
  }
  return rule;
}

/* The properties that the field is made of, in the order of its items; may be
 * none. */
GStrv
foxapi_catalogue_get_properties (const gchar * path, JsonObject * rule)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  const gchar *one = rule ? foxapi_json_get_string (rule, "property") : NULL;
  JsonArray *several = rule ? foxapi_json_get_array (rule, "property") : NULL;
  g_autofree gchar *own = g_strdelimit (g_strdup (path), "_", '-');

  if (one != NULL)
    g_strv_builder_add (names, one);
  for (guint i = 0; several && i < json_array_get_length (several); i++)
    g_strv_builder_add (names, json_array_get_string_element (several, i));
  if (one == NULL && several == NULL && g_strv_contains (own_names, own))
    g_strv_builder_add (names, own);
  return g_strv_builder_end (names);
}

/* The field as the user would set it, the start of a sentence */
gchar *
foxapi_catalogue_name_field (const gchar * path, JsonObject * rule)
{
  g_auto (GStrv) names = foxapi_catalogue_get_properties (path, rule);
  g_autofree gchar *all = g_strjoinv (" or ", names);

  if (*all == '\0')
    return g_strdup_printf ("The property extra-parameters, field %s,", path);
  return g_strconcat ("The property ", all, NULL);
}

/* (transfer full) (nullable): the path of the field that @property becomes, of a
 * field's member where it is not the field itself */
gchar *
foxapi_catalogue_find_path (JsonObject * entry, const gchar * property)
{
  JsonObjectIter iter, members_iter;
  const gchar *name, *member;
  JsonNode *rule, *member_rule;

  json_object_iter_init_ordered (&iter, foxapi_json_get_object (entry,
          "fields"));
  while (json_object_iter_next_ordered (&iter, &name, &rule)) {
    JsonObject *object = json_node_get_object (rule);
    JsonObject *members = foxapi_json_get_object (object, "members");
    g_auto (GStrv) names = foxapi_catalogue_get_properties (name, object);

    if (g_strv_contains ((const gchar * const *) names, property))
      return g_strdup (name);
    if (members == NULL)
      continue;
    json_object_iter_init (&members_iter, members);
    while (json_object_iter_next (&members_iter, &member, &member_rule)) {
      if (g_strcmp0 (foxapi_json_get_string (json_node_get_object (member_rule),
                  "property"), property) == 0)
        return g_strconcat (name, ".", member, NULL);
    }
  }
  return NULL;
}
