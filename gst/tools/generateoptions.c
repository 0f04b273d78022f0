/* The command line of foxapi-generate: an option for each property
 *
 * A value that does not fit its property is refused here: with the default in its
 * place, the user would pay for another video.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "generateoptions.h"

#include <gio/gio.h>
#include <string.h>

#define LIST_SUFFIX "-urls"
#define URI_SUFFIX "-url"
#define NAME_CHARS 40

/* Not options: the key and the password would stand in the list of processes. */
static const gchar *const left_out[] = { "prompt", "output", "api-key",
  "proxy-pw", NULL
};

static gboolean
is_uri_property (GParamSpec * spec)
{
  return G_IS_PARAM_SPEC_STRING (spec) && strcmp (spec->name, "base-url") != 0
      && g_str_has_suffix (spec->name, URI_SUFFIX);
}

/* (transfer full) (nullable): the option of a property, such as reference-image of
 * reference-image-urls */
static gchar *
get_option_name (GParamSpec * spec)
{
  gsize length = strlen (spec->name);

  if (!(spec->flags & G_PARAM_WRITABLE)
      || g_strv_contains (left_out, spec->name)
      || g_type_is_a (spec->value_type, G_TYPE_OBJECT))
    return NULL;
  if (spec->value_type == GST_TYPE_ARRAY)
    length -= strlen (LIST_SUFFIX);
  else if (is_uri_property (spec))
    length -= strlen (URI_SUFFIX);
  return g_strndup (spec->name, length);
}

/* The element's own properties, not those of its base classes */
static GParamSpec *
find_property (GstElement * source, const gchar * option)
{
  guint n;
  g_autofree GParamSpec **specs =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (source), &n);

  for (guint i = 0; i < n; i++) {
    g_autofree gchar *name = specs[i]->owner_type == G_OBJECT_TYPE (source) ?
        get_option_name (specs[i]) : NULL;

    if (g_strcmp0 (name, option) == 0)
      return specs[i];
  }
  return NULL;
}

static gchar *
list_nicks (GType type)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (type);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < klass->n_values; i++)
    g_string_append_printf (text, "%s%s", i ? "|" : "",
        klass->values[i].value_nick);
  return g_string_free (text, FALSE);
}

/* What is allowed, for the help and for errors */
static gchar *
describe_values (GParamSpec * spec)
{
  if (spec->value_type == GST_TYPE_ARRAY || is_uri_property (spec))
    return g_strdup ("FILE|URL");
  if (g_type_is_a (spec->value_type, G_TYPE_ENUM))
    return list_nicks (spec->value_type);
  if (G_IS_PARAM_SPEC_BOOLEAN (spec))
    return g_strdup ("true|false");
  if (spec->value_type == GST_TYPE_STRUCTURE)
    return g_strdup ("STRUCTURE");
  if (G_IS_PARAM_SPEC_STRING (spec))
    return g_strdup ("TEXT");
  return g_strdup ("NUMBER");
}

/* A URL as it is; anything else names a file. */
static gchar *
to_uri (const gchar * text)
{
  g_autofree gchar *scheme = g_uri_parse_scheme (text);
  g_autoptr (GFile) file = NULL;

  if (scheme != NULL && strstr (text, ":/") != NULL)
    return g_strdup (text);
  file = g_file_new_for_commandline_arg (text);
  return g_file_get_uri (file);
}

static void
add_to_list (GstElement * source, GParamSpec * spec, const gchar * text)
{
  g_auto (GValue) list = G_VALUE_INIT;
  GValue uri = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (source), spec->name, &list);
  g_value_init (&uri, G_TYPE_STRING);
  g_value_take_string (&uri, to_uri (text));
  gst_value_array_append_and_take_value (&list, &uri);
  g_object_set_property (G_OBJECT (source), spec->name, &list);
}

static gboolean
read_enum (const gchar * text, GValue * value)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (G_VALUE_TYPE (value));
  GEnumValue *found = g_enum_get_value_by_nick (klass, text);

  if (found != NULL)
    g_value_set_enum (value, found->value);
  return found != NULL;
}

/* %FALSE: @text is no such value, or not in the property's range. */
static gboolean
read_value (GParamSpec * spec, const gchar * text, GValue * value)
{
  g_value_init (value, spec->value_type);
  if (is_uri_property (spec)) {
    g_value_take_string (value, to_uri (text));
    return TRUE;
  }
  if (G_IS_PARAM_SPEC_STRING (spec)) {
    g_value_set_string (value, text);
    return TRUE;
  }
  if (G_VALUE_HOLDS_ENUM (value))
    return read_enum (text, value);
  return gst_value_deserialize (value, text)
      && !g_param_value_validate (spec, value);
}

static gboolean
on_property (const gchar * option, const gchar * text, gpointer data,
    GError ** error)
{
  GenerateOptions *options = data;
  GParamSpec *spec = find_property (options->source, option + strlen ("--"));
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree gchar *allowed = NULL;

  if (spec->value_type == GST_TYPE_ARRAY) {
    add_to_list (options->source, spec, text);
    return TRUE;
  }
  if (!read_value (spec, text ? text : "true", &value)) {
    allowed = describe_values (spec);
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s cannot be \"%s\", it takes %s (%s). Nothing was sent.", option,
        text, allowed, g_param_spec_get_blurb (spec));
    return FALSE;
  }
  g_object_set_property (G_OBJECT (options->source), spec->name, &value);
  return TRUE;
}

static void
add_entry (GOptionGroup * group, GParamSpec * spec, const gchar * name,
    const gchar * values)
{
  gboolean is_switch = G_IS_PARAM_SPEC_BOOLEAN (spec)
      && !G_PARAM_SPEC_BOOLEAN (spec)->default_value;
  const GOptionEntry entries[] = {
    {name, 0, is_switch ? G_OPTION_FLAG_NO_ARG : 0, G_OPTION_ARG_CALLBACK,
          __extension__ (gpointer) on_property, g_param_spec_get_blurb (spec),
        is_switch ? NULL : values},
    {NULL}
  };

  g_option_group_add_entries (group, entries);
}

/* The strings belong to @strings. */
static GOptionGroup *
new_property_group (GenerateOptions * options, GPtrArray * strings)
{
  GOptionGroup *group = g_option_group_new ("properties", NULL, NULL, options,
      NULL);
  guint n;
  g_autofree GParamSpec **specs =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (options->source), &n);

  for (guint i = 0; i < n; i++) {
    gchar *name = specs[i]->owner_type == G_OBJECT_TYPE (options->source) ?
        get_option_name (specs[i]) : NULL;

    if (name == NULL)
      continue;
    g_ptr_array_add (strings, name);
    g_ptr_array_add (strings, describe_values (specs[i]));
    add_entry (group, specs[i], name, strings->pdata[strings->len - 1]);
  }
  return group;
}

/* The prompt's letters and digits */
static gchar *
make_file_name (const gchar * prompt, const gchar * task_id)
{
  const gchar *text = prompt ? prompt : task_id;
  GString *name = g_string_new (NULL);
  glong n_chars = 0;

  for (; *text != '\0' && n_chars < NAME_CHARS; text = g_utf8_next_char (text)) {
    gunichar c = g_utf8_get_char (text);

    if (g_unichar_isalnum (c))
      g_string_append_unichar (name, g_unichar_tolower (c));
    else if (name->len > 0 && name->str[name->len - 1] != '-')
      g_string_append_c (name, '-');
    n_chars++;
  }
  if (name->len > 0 && name->str[name->len - 1] == '-')
    g_string_truncate (name, name->len - 1);
  g_string_append (name, name->len > 0 ? ".mp4" : "video.mp4");
  return g_string_free (name, FALSE);
}

static gboolean
check (GenerateOptions * options, gchar ** words, GError ** error)
{
  g_autofree gchar *task_id = NULL;
  guint n = words ? g_strv_length (words) : 0;

  g_object_get (options->source, "task-id", &task_id, NULL);
  if (n > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "There is one prompt, so \"%s\" is too much. Put the prompt in quotes. "
        "Nothing was sent.", words[1]);
    return FALSE;
  }
  if ((n == 1) == (task_id != NULL)) {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "Give either a prompt, in quotes, or --task-id with the task to resume. "
        "Nothing was sent.");
    return FALSE;
  }
  if (n == 1 && !g_utf8_validate (words[0], -1, NULL)) {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "The prompt is not UTF-8 text. Nothing was sent.");
    return FALSE;
  }
  if (n == 1) {
    options->prompt = g_strdup (words[0]);
    g_object_set (options->source, "prompt", options->prompt, NULL);
  }
  if (options->output == NULL)
    options->output = make_file_name (options->prompt, task_id);
  if (options->dry_run || (options->force
          && !g_file_test (options->output, G_FILE_TEST_IS_DIR))
      || !g_file_test (options->output, G_FILE_TEST_EXISTS))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s is there already. Name another file with -o%s. Nothing was sent.",
      options->output, g_file_test (options->output, G_FILE_TEST_IS_DIR) ? "" :
      ", or replace it with --force");
  return FALSE;
}

gboolean
generate_options_parse (GenerateOptions * options, int *argc, char ***argv,
    GError ** error)
{
  g_auto (GStrv) words = NULL;
  const GOptionEntry entries[] = {
    {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
        "Save the video as FILE (default: made from the prompt)", "FILE"},
    {"force", 'f', 0, G_OPTION_ARG_NONE, &options->force,
        "Replace FILE if it exists", NULL},
    {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &options->dry_run,
        "Check everything, print the request, and send nothing", NULL},
    {"json", 0, 0, G_OPTION_ARG_NONE, &options->json,
        "Print one JSON object per event on standard output", NULL},
    {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options->quiet,
        "Print warnings and errors only", NULL},
    {"version", 0, 0, G_OPTION_ARG_NONE, &options->version,
        "Print the version", NULL},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &words, NULL, NULL},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("\"PROMPT\"");
  g_autoptr (GPtrArray) strings = g_ptr_array_new_with_free_func (g_free);
  GOptionGroup *group = new_property_group (options, strings);

  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  g_option_context_set_summary (context,
      "Generates a video with FoxAPI and saves it. This costs money, once: after "
      "an\ninterruption the same command resumes the task at no new charge.\n\n"
      "  foxapi-generate --model wan-2.7-text-to-video \"Rain on a tin roof\"\n"
      "  foxapi-generate --reference-image fox.png -o fox.mp4 \"It turns its "
      "head\"");
  g_option_context_set_description (context,
      "Environment:\n"
      "  FOXAPI_API_KEY    the key of the account that pays; required\n"
      "  FOXAPI_BASE_URL   the service, if it is not https://api.foxapi.cc\n"
      "\n"
      "Exit status:\n"
      "  0    the video was saved\n"
      "  1    it failed for another reason than those below\n"
      "  2    an option or a value is wrong: change it; nothing was charged\n"
      "  3    the key was refused, or the balance is too low; nothing was charged\n"
      "  4    the request may have been charged, and its answer was lost: see the\n"
      "       message; --resubmit-maybe-charged sends it again\n"
      "  5    the service was busy or out of reach; nothing was charged\n"
      "  6    the task is paid for and not lost: the same command resumes it\n"
      "  7    the task failed at the service\n"
      "  130  interrupted by Ctrl-C (143: by SIGTERM): the same command resumes\n");
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  return options->version || check (options, words, error);
}

void
generate_options_clear (GenerateOptions * options)
{
  g_clear_pointer (&options->prompt, g_free);
  g_clear_pointer (&options->output, g_free);
  gst_clear_object (&options->source);
}
