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
#include <glib/gi18n-lib.h>
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

/* The text of models.json; stays */
static GBytes *
get_file (void)
{
  static gsize file;
  GBytes *bytes;

  if (g_once_init_enter (&file)) {
    /* This links the resource; to look it up by its path lets G_RESOURCE_OVERLAYS
     * put another file in its place. */
    foxapi_get_resource ();
    bytes = g_resources_lookup_data ("/org/foxapi/models.json",
        G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    g_once_init_leave (&file, (gsize) (bytes ? bytes : g_bytes_new (NULL, 0)));
  }
  return (GBytes *) file;
}

/* (transfer full) (nullable): json-glib takes milliseconds for the whole file, and
 * a request needs one entry. So the text is searched for that one: @model as a name
 * of the outermost object, whose values are objects. */
static JsonObject *
parse_entry (const gchar * model)
{
  gsize length;
  const gchar *text = g_bytes_get_data (get_file (), &length);
  const gchar *end = text + length, *start = NULL;
  gboolean found = FALSE;
  guint depth = 0;

  for (const gchar * c = text; c < end; c++) {
    if (*c == '"') {
      const gchar *name = ++c;

      while (c < end && *c != '"')
        c += *c == '\\' ? 2 : 1;
      if (depth == 1)
        found = strlen (model) == (gsize) (c - name)
            && strncmp (model, name, c - name) == 0;
    } else if (*c == '{' && ++depth == 2) {
      start = c;
    } else if (*c == '}' && depth-- == 2 && found) {
      return foxapi_json_parse (start, c + 1 - start, NULL);
    }
  }
  return NULL;
}

static GMutex lock;
static GHashTable *entries;     /* under the lock: name → JsonObject; they stay */

/* Called with the lock */
static JsonObject *
find (const gchar * model)
{
  JsonObject *entry, *base;
  const gchar *like;

  if (entries == NULL)
    entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
        (GDestroyNotify) json_object_unref);
  entry = g_hash_table_lookup (entries, model);
  if (entry != NULL)
    return entry;
  entry = parse_entry (model);
  if (entry == NULL)
    return NULL;

  /* Known before its base is looked for: no circle is endless. */
  g_hash_table_insert (entries, g_strdup (model), entry);
  like = foxapi_json_get_string (entry, "like");
  base = like ? find (like) : NULL;
  if (base != NULL) {
    entry = merge (base, entry);
    g_hash_table_insert (entries, g_strdup (model), entry);
  }
  return entry;
}

static JsonObject *
find_known (const gchar * model)
{
  JsonObject *entry;

  g_mutex_lock (&lock);
  entry = find (model);
  g_mutex_unlock (&lock);
  return entry;
}

/* Of a model that nobody has heard of, the entry "*"; never changed */
JsonObject *
foxapi_catalogue_find (const gchar * model)
{
  JsonObject *entry = model ? find_known (model) : NULL;

  return entry ? entry : find_known (ANY_MODEL);
}

static JsonObject *
load (void)
{
  gsize length;
  const gchar *text = g_bytes_get_data (get_file (), &length);
  g_autoptr (JsonObject) file = foxapi_json_parse (text, length, NULL);
  g_autoptr (GList) names = file ? json_object_get_members (file) : NULL;
  JsonObject *models = json_object_new ();

  for (GList * l = names; l != NULL; l = l->next)
    json_object_set_object_member (models, l->data,
        json_object_ref (find_known (l->data)));
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

/* (transfer full): the values that models take for a field, some several times. All
 * processes want these, so the file is not parsed for them. */
GStrv
foxapi_catalogue_collect_words (const gchar * field)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_autofree gchar *pattern = g_strdup_printf
      ("\"%s\": *{[^{}]*\"enum\": *\\[([^]]*)\\]", field);
  g_autoptr (GRegex) lists = g_regex_new (pattern,
      G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  gsize length;
  const gchar *text = g_bytes_get_data (get_file (), &length);

  for (g_regex_match_full (lists, text, length, 0, 0, &match, NULL);
      g_match_info_matches (match); g_match_info_next (match, NULL)) {
    g_autofree gchar *list = g_match_info_fetch (match, 1);
    g_auto (GStrv) parts = g_strsplit (list, "\"", -1);

    for (guint i = 1; i < g_strv_length (parts); i += 2)
      g_strv_builder_add (words, parts[i]);
  }
  return g_strv_builder_end (words);
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
  g_autoptr (GList) names = NULL;
  const gchar *nearest = NULL;
  guint distance = strlen (model) / 3 + 1;

  if (find_known (model) != NULL || strlen (model) > 100)
    return NULL;
  names = json_object_get_members (foxapi_catalogue_get ());
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

static gboolean
holds_text (JsonNode * node, const gchar * text)
{
  JsonArray *items =
      JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; items != NULL && i < json_array_get_length (items); i++) {
    if (holds_text (json_array_get_element (items, i), text))
      return TRUE;
  }
  return g_strcmp0 (foxapi_json_node_get_string (node), text) == 0;
}

/* (transfer full) (nullable): the property that the field is made of: of several
 * those in @set (nullable), or else the first one. With a @text that the field has,
 * the one that has it; %NULL: it comes from the extra parameters. */
gchar *
foxapi_catalogue_find_property (const gchar * path, JsonObject * rule,
    JsonObject * set, const gchar * text)
{
  g_auto (GStrv) names = foxapi_catalogue_get_properties (path, rule);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; set != NULL && names[i] != NULL; i++) {
    JsonNode *node = json_object_get_member (set, names[i]);

    if (node != NULL && (text == NULL || holds_text (node, text)))
      g_string_append_printf (found, "%s%s", found->len > 0 ? _(" or ") : "",
          names[i]);
  }
  if (found->len > 0)
    return g_strdup (found->str);
  return text == NULL ? g_strdup (names[0]) : NULL;
}

/* (transfer full): that, as the start of a sentence */
gchar *
foxapi_catalogue_name_field (const gchar * path, JsonObject * rule,
    JsonObject * set, const gchar * text)
{
  g_autofree gchar *property =
      foxapi_catalogue_find_property (path, rule, set, text);

  if (property == NULL)
    return g_strdup_printf (_("The property extra-parameters, field %s,"),
        path);
  return g_strdup_printf (_("The property %s"), property);
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
