/* foxapi-models: what each model takes, and which of them a key may use
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "foxapicatalogue.h"
#include "foxapiclient.h"
#include "foxapiintl.h"
#include "foxapijson.h"
#include "foxapirules.h"

#define ANY_MODEL "*"
#define TIMEOUT_S 30
#define BYTES_PER_MB 1000000

/* foxapi-models(1) */
typedef enum
{
  EXIT_SHOWN = 0,
  EXIT_NOT_ASKED = 1,
  EXIT_USAGE = 2,
} ExitStatus;

typedef struct
{
  gboolean json;
  gboolean offline;
  gboolean version;
  gchar **words;
  gchar **usable;               /* (nullable): models that the key may use */
} Tool;

/* (transfer full) (nullable): %NULL without @error, too, if there is no key */
static GStrv
ask_service (GError ** error)
{
  FoxapiSessionSettings settings = {
    .timeout = TIMEOUT_S,
    .user_agent = (gchar *) "gst-foxapi/" PACKAGE_VERSION " ",
    .ssl_strict = TRUE,
  };
  const gchar *key = g_getenv ("FOXAPI_API_KEY");
  const gchar *base_url = g_getenv ("FOXAPI_BASE_URL");
  g_autoptr (FoxapiSession) session = NULL;
  g_autoptr (FoxapiClient) client = NULL;

  if (key == NULL || *key == '\0')
    return NULL;
  if (base_url == NULL || *base_url == '\0')
    base_url = FOXAPI_DEFAULT_BASE_URL;
  session = foxapi_session_new (&settings, error);
  if (session != NULL)
    client = foxapi_client_new (session, base_url, key, error);
  return client ? foxapi_client_list_models (client, NULL, error) : NULL;
}

static gboolean
is_usable (Tool * tool, const gchar * model)
{
  return tool->usable == NULL
      || g_strv_contains ((const gchar * const *) tool->usable, model);
}

/* A copy of @rule, with the field that it is of */
static void
add_rule (JsonObject * group, const gchar * name, const gchar * field,
    JsonObject * rule)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), rule);
  g_autofree gchar *text = json_to_string (node, FALSE);
  JsonObject *copy = foxapi_json_parse (text, strlen (text), NULL);

  json_object_set_string_member (copy, "field", field);
  json_object_remove_member (copy, "property");
  json_object_set_object_member (group, name, copy);
}

static void
add_field (JsonObject * properties, JsonObject * extra, const gchar * field,
    JsonObject * rule)
{
  g_auto (GStrv) names = foxapi_catalogue_get_properties (field, rule);
  JsonObject *members = foxapi_json_get_object (rule, "members");
  JsonObjectIter iter;
  const gchar *member;
  JsonNode *node;

  for (guint i = 0; names[i] != NULL; i++)
    add_rule (properties, names[i], field, rule);
  if (names[0] == NULL)
    add_rule (extra, field, field, rule);
  if (members == NULL)
    return;
  json_object_iter_init_ordered (&iter, members);
  while (json_object_iter_next_ordered (&iter, &member, &node)) {
    const gchar *property =
        foxapi_json_get_string (json_node_get_object (node), "property");
    g_autofree gchar *path = g_strconcat (field, ".", member, NULL);

    if (property != NULL)
      add_rule (properties, property, path, json_node_get_object (node));
  }
}

/* (transfer full): the model as --json shows it */
static JsonObject *
describe_model (Tool * tool, const gchar * model)
{
  JsonObject *entry = foxapi_catalogue_find (model);
  JsonObject *properties = json_object_new (), *extra = json_object_new ();
  JsonObject *described = json_object_new ();
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  json_object_set_string_member (described, "model", model);
  if (tool->usable != NULL)
    json_object_set_boolean_member (described, "usable",
        is_usable (tool, model));
  json_object_set_boolean_member (described, "checked",
      foxapi_catalogue_is_enforced (entry));
  json_object_iter_init_ordered (&iter, entry);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    if (!g_str_equal (name, "fields") && !g_str_equal (name, "generic")
        && !g_str_equal (name, "like"))
      json_object_set_member (described, name, json_node_copy (node));
  }
  json_object_iter_init_ordered (&iter, foxapi_json_get_object (entry,
          "fields"));
  while (json_object_iter_next_ordered (&iter, &name, &node))
    add_field (properties, extra, name, json_node_get_object (node));
  json_object_set_object_member (described, "properties", properties);
  json_object_set_object_member (described, "extra-parameters", extra);
  return described;
}

/* Text */

/* @unit: how much of it the rule counts as one */
static void
append_range (GString * text, JsonObject * rule, const gchar * min,
    const gchar * max, gdouble unit, const gchar * name)
{
  gdouble least, most;
  gboolean has_least = foxapi_json_get_number (rule, min, &least);
  gboolean has_most = foxapi_json_get_number (rule, max, &most);

  if (has_least && has_most)
    g_string_append_printf (text, _(", %g to %g %s"), least / unit, most / unit,
        name);
  else if (has_most)
    g_string_append_printf (text, _(", at most %g %s"), most / unit, name);
  else if (has_least)
    g_string_append_printf (text, _(", at least %g %s"), least / unit, name);
}

static void
append_media (GString * text, const gchar * name, JsonObject * rule)
{
  JsonArray *formats = foxapi_json_get_array (rule, "formats");
  guint n = formats ? json_array_get_length (formats) : 0;

  /* A property for one may be an item of the field's list. */
  if (g_str_has_suffix (name, "-url")
      || !foxapi_rules_has_type (rule, "array")) {
    g_string_append (text, _("a file or a URL"));
  } else {
    g_string_append (text, _("files or URLs"));
    append_range (text, rule, "min_items", "max_items", 1, _("items"));
  }
  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%s", i == 0 || i + 1 < n ? ", " :
        _(" or "), json_array_get_string_element (formats, i));
  append_range (text, rule, "", "max_bytes", BYTES_PER_MB, "MB");
  append_range (text, rule, "min_seconds", "max_seconds", 1, "s");
  append_range (text, rule, "min_side", "max_side", 1, _("pixels a side"));
  append_range (text, rule, "min_short_side", "max_short_side", 1,
      _("pixels at the shorter side"));
}

static void
print_rule (const gchar * name, JsonObject * rule)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const gchar *field = foxapi_json_get_string (rule, "field");
  JsonNode *standard = json_object_get_member (rule, json_object_has_member
      (rule, "default") ? "default" : "service_default");
  g_autofree gchar *own = g_strdelimit (g_strdup (name), "-", '_');

  if (json_object_has_member (rule, "media")) {
    append_media (text, name, rule);
  } else {
    g_autofree gchar *rules = foxapi_rules_describe (rule);

    g_string_append (text, rules);
  }
  if (json_object_has_member (rule, "required"))
    g_string_append (text, _(", required"));
  if (standard != NULL) {
    const gchar *word = foxapi_json_node_get_string (standard);
    g_autofree gchar *json = json_to_string (standard, FALSE);

    g_string_append_printf (text, _(", default %s"), word ? word : json);
  }
  if (!g_str_equal (own, field))
    g_string_append_printf (text, " [%s]", field);
  g_print ("  %-24s %s\n", name, text->str);
}

static void
print_group (JsonObject * described, const gchar * group, const gchar * title)
{
  JsonObject *rules = foxapi_json_get_object (described, group);
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  if (json_object_get_size (rules) > 0)
    g_print ("\n%s:\n", title);
  json_object_iter_init_ordered (&iter, rules);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    print_rule (name, json_node_get_object (node));
}

/* (transfer full): fields or properties, as the user sets them */
static gchar *
name_inputs (JsonObject * entry, JsonArray * names, const gchar * separator)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (names); i++) {
    const gchar *name = json_array_get_string_element (names, i);
    g_autofree gchar *property = foxapi_catalogue_find_property (name,
        foxapi_catalogue_get_rule (entry, name), NULL, NULL);

    g_string_append_printf (text, "%s%s", i > 0 ? separator : "",
        property ? property : name);
  }
  return g_string_free (text, FALSE);
}

static void
print_groups (JsonObject * entry, const gchar * rule, const gchar * what)
{
  JsonArray *groups = foxapi_json_get_array (entry, rule);

  for (guint i = 0; groups != NULL && i < json_array_get_length (groups); i++) {
    g_autofree gchar *names = name_inputs (entry,
        json_array_get_array_element (groups, i), _(" and "));

    g_print ("%s %s\n", what, names);
  }
}

static gchar *
describe_pair (JsonObject * entry, JsonArray * pair)
{
  g_autoptr (JsonArray) alone = json_array_new ();
  g_autofree gchar *name = NULL, *value = NULL;

  json_array_add_string_element (alone, json_array_get_string_element (pair,
          0));
  name = name_inputs (entry, alone, "");
  if (json_array_get_length (pair) == 1)
    return g_steal_pointer (&name);
  value = json_to_string (json_array_get_element (pair, 1), FALSE);
  return g_strdup_printf ("%s %s", name, value);
}

static void
print_rules (JsonObject * entry)
{
  JsonArray *rules = foxapi_json_get_array (entry, "rules");

  for (guint i = 0; rules != NULL && i < json_array_get_length (rules); i++) {
    JsonObject *rule = json_array_get_object_element (rules, i);
    JsonArray *fields = foxapi_json_get_array (rule, "fields");
    JsonArray *condition = foxapi_json_get_array (rule, "if");
    JsonArray *needs = foxapi_json_get_array (rule, "needs");
    JsonArray *then = foxapi_json_get_array (rule, "then");
    g_autofree gchar *where =
        condition ? describe_pair (entry, condition) : NULL;
    g_autofree gchar *names =
        fields ? name_inputs (entry, fields, _(" and ")) :
        needs ? name_inputs (entry, needs, _(" or ")) : NULL;
    g_autofree gchar *value = then ? describe_pair (entry, then) : NULL;
    gint64 most;

    if (needs != NULL)
      g_print (_("%s needs %s\n"), where, names);
    if (then != NULL)
      g_print (_("%s needs %s\n"), where, value);
    if (fields != NULL && foxapi_json_get_int (rule, "max_items", &most))
      g_print (_("At most %lld items in %s together\n"), (long long) most,
          names);
  }
}

static void
print_model (Tool * tool, JsonObject * described)
{
  const gchar *model = foxapi_json_get_string (described, "model");
  const gchar *makes = foxapi_json_get_string (described, "makes");
  JsonObject *entry = foxapi_catalogue_find (model);

  g_print ("%s%s\n", model, tool->usable == NULL ? "" : is_usable (tool,
          model) ? _(": this key may use it") : _(": this key may not use it"));
  if (!json_object_get_boolean_member (described, "checked"))
    g_print
        (_("The element checks no value of this model: the service "
            "decides.\n"));
  if (makes != NULL)
    g_print (_("It makes no video: its results hold %s.\n"), makes);
  print_group (described, "properties", _("Properties"));
  print_group (described, "extra-parameters", _("In extra-parameters"));
  if (json_object_has_member (described, "either")
      || json_object_has_member (described, "not_both")
      || json_object_has_member (described, "rules"))
    g_print ("\n");
  print_groups (entry, "either", _("At least one of"));
  print_groups (entry, "not_both", _("Not both"));
  print_rules (entry);
}

static void
print_json (JsonNode * node)
{
  g_autofree gchar *text = json_to_string (node, TRUE);

  g_print ("%s\n", text);
}

static ExitStatus
show_model (Tool * tool, const gchar * model)
{
  gboolean known = json_object_has_member (foxapi_catalogue_get (), model)
      && !g_str_equal (model, ANY_MODEL);
  g_autoptr (JsonObject) described = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (!known && (tool->usable == NULL || !is_usable (tool, model))) {
    g_autofree gchar *nearest = foxapi_catalogue_suggest (model);

    if (nearest != NULL)
      g_printerr (_("The model \"%s\" is not known here. Do you mean %s?\n"),
          model, nearest);
    else
      g_printerr (_("The model \"%s\" is not known here. foxapi-models lists "
              "the known ones.\n"), model);
    return EXIT_USAGE;
  }
  described = describe_model (tool, model);
  node = json_node_init_object (json_node_alloc (), described);
  if (tool->json)
    print_json (node);
  else
    print_model (tool, described);
  return EXIT_SHOWN;
}

/* (transfer full): those of the catalogue, and what else the key may use */
static GStrv
list_names (Tool * tool)
{
  JsonObject *catalogue = foxapi_catalogue_get ();
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_autoptr (GList) known = json_object_get_members (catalogue);

  for (GList * l = known; l != NULL; l = l->next) {
    if (!g_str_equal (l->data, ANY_MODEL))
      g_strv_builder_add (names, l->data);
  }
  for (guint i = 0; tool->usable != NULL && tool->usable[i] != NULL; i++) {
    if (!json_object_has_member (catalogue, tool->usable[i]))
      g_strv_builder_add (names, tool->usable[i]);
  }
  return g_strv_builder_end (names);
}

static void
list_models (Tool * tool)
{
  g_auto (GStrv) names = list_names (tool);
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), NULL);
  g_autoptr (JsonArray) all = json_array_new ();

  for (gchar ** name = names; *name != NULL; name++) {
    gboolean known = json_object_has_member (foxapi_catalogue_get (), *name);

    if (tool->json)
      json_array_add_object_element (all, describe_model (tool, *name));
    else
      g_print ("%s%s%s\n", tool->usable == NULL ? "" : is_usable (tool, *name) ?
          "* " : "  ", *name, known ? "" : _(" (not known here)"));
  }
  json_node_set_array (node, all);
  if (tool->json)
    print_json (node);
  else if (tool->usable != NULL)
    g_print (_("\n* this key may use it\n"));
}

static gboolean
parse (Tool * tool, int *argc, char ***argv, GError ** error)
{
  const GOptionEntry entries[] = {
    {"json", 0, 0, G_OPTION_ARG_NONE, &tool->json,
        _("Print JSON: one object, or an array of all"), NULL},
    {"offline", 0, 0, G_OPTION_ARG_NONE, &tool->offline,
        _("Do not ask the service which models the key may use"), NULL},
    {"version", 0, 0, G_OPTION_ARG_NONE, &tool->version, _("Print the "
              "version"),
        NULL},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &tool->words, NULL,
        NULL},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("[MODEL]");

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context,
      _("Lists the models that the elements know, or shows what MODEL "
          "takes: as properties\nof foxapivideosrc (foxapi-generate has an "
          "option for each), and in extra-parameters."));
  g_option_context_set_description (context,
      _("With FOXAPI_API_KEY in the environment, the models that this key "
          "may use are\nmarked. Nothing is charged.\n"));
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (tool->words == NULL || tool->words[1] == NULL)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      _("There can be only one MODEL, but there is also \"%s\"."),
      tool->words[1]);
  return FALSE;
}

int
main (int argc, char **argv)
{
  Tool tool = { FALSE };
  g_autoptr (GError) error = NULL;
  ExitStatus status = EXIT_SHOWN;

  setlocale (LC_ALL, "");
  foxapi_intl_bind ();
  g_set_prgname ("foxapi-models");
  if (!parse (&tool, &argc, &argv, &error)) {
    g_printerr (_("%s\nTry \"foxapi-models --help\".\n"), error->message);
    g_strfreev (tool.words);
    return EXIT_USAGE;
  }
  if (tool.version) {
    g_print ("foxapi-models %s\n", PACKAGE_VERSION);
    return EXIT_SHOWN;
  }
  if (!tool.offline)
    tool.usable = ask_service (&error);
  if (error != NULL)
    g_printerr (_("The service did not say which models the key may use: "
            "%s\n"), error->message);

  if (tool.words != NULL)
    status = show_model (&tool, tool.words[0]);
  else
    list_models (&tool);
  g_strfreev (tool.words);
  g_strfreev (tool.usable);
  if (ferror (stdout)) {
    g_printerr ("%s\n", _("The output cannot be written."));
    return EXIT_NOT_ASKED;
  }
  return status == EXIT_SHOWN && error != NULL ? EXIT_NOT_ASKED : status;
}
