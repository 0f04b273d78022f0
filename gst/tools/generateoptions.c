/* The command line of foxapi-generate: an option for each property
 *
 * A value that does not fit its property is refused here: with the default in its
 * place, the user would pay for another video.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "generateoptions.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_CHARS 40
#define FILE_OR_URL "FILE|URL"

/* Not options: the key and the proxy's password would stand in the list of
 * processes. */
typedef struct
{
  const gchar *name;
  const gchar *property;        /* NULL: of the same name */
  const gchar *value;           /* NULL: a switch */
  const gchar *help;            /* fits a line of 80 columns */
} Option;

static const Option rows[] = {
  {"model", NULL, "MODEL", N_("The model (default: by the media given)")},
  {"reference-image", "reference-image-urls", FILE_OR_URL,
      N_("How a subject looks; may be repeated")},
  {"reference-video", "reference-video-urls", FILE_OR_URL,
      N_("How a subject moves; may be repeated")},
  {"first-frame", "first-frame-url", FILE_OR_URL,
      N_("The image that the video begins with")},
  {"last-frame", "last-frame-url", FILE_OR_URL,
      N_("The image that the video ends with")},
  {"source-video", "source-video-url", FILE_OR_URL,
      N_("The video to edit or to continue")},
  {"audio", "audio-url", FILE_OR_URL,
      N_("The sound that the video follows or has")},
  {"duration", NULL, "SECONDS", N_("The length of the video (default 5)")},
  {"resolution", NULL, "WORD", N_("720p, 1080p (default), 4k and others")},
  {"aspect-ratio", NULL, "WORD", N_("16:9 (default), 9:16, 1:1 and others")},
  {"negative-prompt", NULL, "TEXT", N_("What the video should not show")},
  {"seed", NULL, "NUMBER", N_("The same seed makes similar videos")},
  {"multi-shots", NULL, "WORD", N_("Several shots: true or false")},
  {"enable-safety-checker", NULL, "WORD",
      N_("A check for unsafe content: true or false")},
  {"extra-parameters", NULL, "FIELDS",
      N_("Other fields: \"parameters,NAME=VALUE\"")},
  {"task-id", NULL, "ID", N_("Resume this task instead of a prompt")},
  {"result-index", NULL, "NUMBER",
      N_("Which of several results to save, from 0")},
  {"resubmit-maybe-charged", NULL, NULL,
      N_("Submit again what may have been charged")},
  {"task-store", NULL, "DIRECTORY", N_("Where paid tasks are recorded")},
  {"clip-cache", NULL, "DIRECTORY", N_("Where videos are kept and reused")},
  {"base-url", NULL, "URL", N_("The address of the service")},
  {"timeout", NULL, "SECONDS",
      N_("How long a connection may be silent (30)")},
  {"submit-timeout", NULL, "SECONDS",
      N_("How long to wait for an answer (180)")},
  {"task-timeout", NULL, "SECONDS",
      N_("How long the task may take (1800)")},
  {"poll-interval", NULL, "MILLISECONDS",
      N_("Time between two polls (0: adaptive)")},
  {"retries", NULL, "NUMBER", N_("How often to retry (5; -1: no limit)")},
  {"user-agent", NULL, "TEXT", N_("The User-Agent header")},
  {"proxy", NULL, "URL", N_("The HTTP proxy")},
  {"proxy-id", NULL, "TEXT", N_("The user name for the proxy")},
  {"ssl-strict", NULL, "WORD", N_("false: accept any certificate")},
};

static const Option *
find_row (const gchar * name)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    if (g_str_equal (rows[i].name, name))
      return &rows[i];
  }
  g_return_val_if_reached (NULL);
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

/* What is allowed; the completion reads the words. */
static gchar *
describe_values (const Option * row, GParamSpec * spec)
{
  if (g_type_is_a (spec->value_type, G_TYPE_ENUM))
    return list_nicks (spec->value_type);
  if (G_IS_PARAM_SPEC_BOOLEAN (spec))
    return g_strdup ("true|false");
  if (G_IS_PARAM_SPEC_STRING (spec) || G_IS_PARAM_SPEC_BOXED (spec)
      || spec->value_type == GST_TYPE_ARRAY)
    return g_strdup (row->value);
  return g_strdup (G_IS_PARAM_SPEC_UINT (spec) ? _("a whole number, 0 or more")
      : _("a whole number"));
}

/* A URL as it is; anything else names a file. Behind --first-frame= no shell replaces
 * a tilde. */
static gchar *
to_uri (const gchar * text)
{
  g_autofree gchar *scheme = g_uri_parse_scheme (text);
  g_autofree gchar *path = NULL;
  g_autoptr (GFile) file = NULL;

  if (scheme != NULL && strstr (text, ":/") != NULL)
    return g_strdup (text);
  if (g_str_has_prefix (text, "~/"))
    path = g_build_filename (g_get_home_dir (), text + 2, NULL);
  file = g_file_new_for_path (path ? path : text);
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

/* GStreamer itself ends at the first semicolon, and takes a name without fields. */
static gboolean
read_structure (const gchar * text, GValue * value)
{
  gchar *end = NULL;
  GstStructure *structure = gst_structure_from_string (text, &end);

  g_value_take_boxed (value, structure);
  return structure != NULL && gst_structure_n_fields (structure) > 0
      && end[strspn (end, "; \t\n")] == '\0';
}

/* GStreamer itself takes the lower bits of a number that is too large. */
static gboolean
is_number (GType type, const gchar * text)
{
  gint64 least = type == G_TYPE_UINT ? 0 : type == G_TYPE_INT ? G_MININT :
      G_MININT64;
  gint64 most = type == G_TYPE_UINT ? G_MAXUINT : type == G_TYPE_INT ?
      G_MAXINT : G_MAXINT64;

  return g_ascii_string_to_signed (text, 10, least, most, NULL, NULL);
}

/* %FALSE: @text is no such value, or not in the property's range. */
static gboolean
read_value (const Option * row, GParamSpec * spec, const gchar * text,
    GValue * value)
{
  gboolean is_file = g_strcmp0 (row->value, FILE_OR_URL) == 0;

  /* What an unset variable of a script leaves must not become a paid task. */
  if (*text == '\0' && (is_file || g_str_equal (spec->name, "task-id")))
    return FALSE;
  if (spec->value_type == GST_TYPE_ARRAY)
    return TRUE;
  g_value_init (value, spec->value_type);
  if (is_file) {
    g_value_take_string (value, to_uri (text));
    return TRUE;
  }
  if (G_IS_PARAM_SPEC_STRING (spec)) {
    g_value_set_string (value, text);
    return TRUE;
  }
  if (G_VALUE_HOLDS_ENUM (value))
    return read_enum (text, value);
  if (GST_VALUE_HOLDS_STRUCTURE (value))
    return read_structure (text, value);
  return (G_VALUE_HOLDS_BOOLEAN (value)
      || is_number (spec->value_type, text))
      && gst_value_deserialize (value, text)
      && !g_param_value_validate (spec, value);
}

/* (transfer full) (nullable): UTF-8 is taken whatever the locale, which is often none
 * (cron, containers); what is not is in that of the locale. */
static gchar *
to_utf8 (const gchar * text)
{
  return g_utf8_validate (text, -1, NULL) ? g_strdup (text) :
      g_locale_to_utf8 (text, -1, NULL, NULL, NULL);
}

static gboolean
on_property (const gchar * option, const gchar * given, gpointer data,
    GError ** error)
{
  GenerateOptions *options = data;
  g_autofree gchar *converted = given ? to_utf8 (given) : NULL;
  const gchar *text = converted;
  const Option *row = find_row (option + strlen ("--"));
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS
      (options->source), row->property ? row->property : row->name);
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree gchar *allowed = NULL;

  /* The name of a file may be any bytes. */
  if (g_strcmp0 (row->value, FILE_OR_URL) == 0) {
    text = given;
  } else if (given != NULL && text == NULL) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        _("The value of %s is not UTF-8 text. Nothing was sent."), option);
    return FALSE;
  }
  options->has_model |= g_str_equal (spec->name, "model");
  if (!read_value (row, spec, text ? text : "true", &value)) {
    allowed = describe_values (row, spec);
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        _("%s cannot be \"%s\": it takes %s. Nothing was sent."), option, text,
        allowed);
    return FALSE;
  }
  if (spec->value_type == GST_TYPE_ARRAY)
    add_to_list (options->source, spec, text);
  else
    g_object_set_property (G_OBJECT (options->source), spec->name, &value);
  return TRUE;
}

static gboolean
on_api_key (const gchar * option, const gchar * text, gpointer data,
    GError ** error)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      _("The key is no option, because other users of this machine can read "
          "command lines. Set the environment variable FOXAPI_API_KEY. Nothing "
          "was sent."));
  return FALSE;
}

static void
add_property_entries (GOptionGroup * group)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const GOptionEntry entries[] = {
      {rows[i].name, 0, rows[i].value ? G_OPTION_FLAG_FILENAME :
            G_OPTION_FLAG_NO_ARG,
            G_OPTION_ARG_CALLBACK, __extension__ (gpointer) on_property,
          _(rows[i].help), rows[i].value},
      {NULL}
    };

    g_option_group_add_entries (group, entries);
  }
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

/* As gst-launch-1.0 has it: prompt="A fox", or duration=5 */
static gboolean
is_assignment (GenerateOptions * options, const gchar * text)
{
  const gchar *end = strchr (text, '=');
  g_autofree gchar *name = end ? g_strndup (text, end - text) : NULL;

  return name != NULL && g_object_class_find_property (G_OBJECT_GET_CLASS
      (options->source), name) != NULL
      && (g_str_equal (name, "prompt") || strchr (text, ' ') == NULL);
}

static gboolean
is_given (GenerateOptions * options, const gchar * property)
{
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS
      (options->source), property);
  g_auto (GValue) value = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (options->source), property, &value);
  return !g_param_value_defaults (spec, &value);
}

/* The model of the Wan 2.7 family that takes what is given. Other fields are for one
 * that the user has in mind. */
static gboolean
choose_model (GenerateOptions * options, GError ** error)
{
  const gchar *model = "wan-2.7-text-to-video";

  if (options->has_model || options->prompt == NULL
      || is_given (options, "extra-parameters"))
    return TRUE;
  if (is_given (options, "source-video-url")) {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        _("Say with --model what becomes of the source video: "
            "wan-2.7-video-edit edits it, wan-2.7-image-to-video continues it. "
            "Nothing was sent."));
    return FALSE;
  }
  if (is_given (options, "first-frame-url")
      || is_given (options, "last-frame-url"))
    model = "wan-2.7-image-to-video";
  else if (is_given (options, "reference-image-urls")
      || is_given (options, "reference-video-urls"))
    model = "wan-2.7-reference-to-video";
  g_object_set (options->source, "model", model, NULL);
  return TRUE;
}

/* A device or a pipe would be gone, and a link is not what it leads to. */
static gboolean
check_output (GenerateOptions * options, GError ** error)
{
  const gchar *output = options->output;
  g_autofree gchar *folder = g_path_get_dirname (output);
  struct stat status;
  gboolean is_there = g_lstat (output, &status) == 0;
  gboolean can_replace = is_there && S_ISREG (status.st_mode);

  if (options->status || (options->force && can_replace))
    return TRUE;
  if (is_there && !S_ISDIR (status.st_mode))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        _("%s exists already. Name another file with -o%s. Nothing was sent."),
        output, can_replace ? _(", or replace it with --force") : "");
  else if (is_there || g_str_has_suffix (output, "/"))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        _("%s is a folder. Name a file with -o. Nothing was sent."), output);
  else if (g_access (folder, W_OK | X_OK) != 0)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        _("The folder %s cannot be written to (%s). Name another file with -o. "
            "Nothing was sent."), folder, g_strerror (errno));
  else
    return TRUE;
  return FALSE;
}

static gboolean
check (GenerateOptions * options, gchar ** words, GError ** error)
{
  g_autofree gchar *task_id = NULL;
  guint n = words ? g_strv_length (words) : 0;

  g_object_get (options->source, "task-id", &task_id, NULL);
  if (n > 1) {
    g_autofree gchar *other = g_utf8_make_valid (words[1], -1);

    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        _("There can be only one prompt, but there is also \"%s\". Put the "
            "prompt in quotes. Nothing was sent."), other);
    return FALSE;
  }
  if ((n == 1) == (task_id != NULL)) {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        _("Give either a prompt, in quotes, or --task-id with the task to "
            "resume. Nothing was sent."));
    return FALSE;
  }
  if (n == 1 && options->status) {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        _("--status needs --task-id instead of a prompt. Nothing was sent."));
    return FALSE;
  }
  if (n == 1) {
    gchar *prompt = to_utf8 (words[0]);

    if (prompt != NULL) {
      g_free (words[0]);
      words[0] = prompt;
    }
  }
  if (n == 1 && !g_utf8_validate (words[0], -1, NULL)) {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        _("The prompt is not UTF-8 text. Nothing was sent."));
    return FALSE;
  }
  /* As a word for standard input or output, which neither is */
  if ((n == 1 && g_str_equal (words[0], "-"))
      || g_strcmp0 (options->output, "-") == 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s",
        n == 1 && g_str_equal (words[0], "-") ?
        _("The prompt cannot come from standard input (\"-\"). Give it in "
            "quotes. Nothing was sent.") :
        _("The video cannot go to standard output (\"-\"). Name a file with "
            "-o. Nothing was sent."));
    return FALSE;
  }
  if (n == 1 && is_assignment (options, words[0])) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        _("\"%s\" sets a property of the element, but here properties are "
            "options, such as --duration=5, and the prompt stands alone. "
            "Nothing was sent."), words[0]);
    return FALSE;
  }
  if (n == 1) {
    options->prompt = g_strdup (words[0]);
    g_object_set (options->source, "prompt", options->prompt, NULL);
  }
  if (options->output != NULL && *options->output == '\0') {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        _("The name of the file is empty. Nothing was sent."));
    return FALSE;
  }
  if (options->output == NULL)
    options->output = make_file_name (options->prompt, task_id);
  return choose_model (options, error) && check_output (options, error);
}

gboolean
generate_options_parse (GenerateOptions * options, int *argc, char ***argv,
    GError ** error)
{
  g_auto (GStrv) words = NULL;
  const GOptionEntry entries[] = {
    {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
        _("The video's file (default: from the prompt)"), "FILE"},
    {"force", 'f', 0, G_OPTION_ARG_NONE, &options->force,
        _("Replace FILE if it exists"), NULL},
    {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &options->dry_run,
        _("Check and print the request, send nothing"), NULL},
    {"status", 0, 0, G_OPTION_ARG_NONE, &options->status,
        _("With --task-id: print the status, and exit"), NULL},
    {"json", 0, 0, G_OPTION_ARG_NONE, &options->json,
        _("Print each event as a line of JSON"), NULL},
    {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options->quiet,
        _("Print warnings and errors only"), NULL},
    {"version", 0, 0, G_OPTION_ARG_NONE, &options->version,
        _("Print the version"), NULL},
    {"api-key", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_CALLBACK,
        __extension__ (gpointer) on_api_key, NULL, NULL},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &words, NULL, NULL},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("\"PROMPT\"");
  GOptionGroup *group = g_option_group_new (NULL, NULL, NULL, options, NULL);

  g_option_group_add_entries (group, entries);
  add_property_entries (group);
  g_option_context_set_main_group (context, group);
  g_option_context_set_summary (context,
      _("Generates a video with FoxAPI and saves it. This costs money, "
          "once: after an\ninterruption the same command resumes the task at "
          "no new charge.\n\n  foxapi-generate \"Rain on a tin roof\"\n  foxapi-generate --reference-image "
          "fox.png -o fox.mp4 \"It turns its head\""));
  g_option_context_set_description (context,
      _("Environment:\n  FOXAPI_API_KEY    the key of the account that "
          "pays; required\n  FOXAPI_BASE_URL   the service, if it is not "
          "https://api.foxapi.cc\n\nExit status:\n  0    the video was "
          "saved\n  1    it failed for another reason than those below\n  2  "
          "  an option or a value is wrong: change it; nothing was charged\n "
          " 3    the key was refused, or the balance is too low; nothing was "
          "charged\n  4    the request may have been charged, and its answer "
          "was lost: see the\n       message; --resubmit-maybe-charged sends "
          "it again\n  5    the service was busy or out of reach; nothing "
          "was charged\n  6    the task is paid for and not lost: the same "
          "command resumes it\n  7    the task failed at the service\n  130  "
          "interrupted by Ctrl-C (129: by SIGHUP, 143: by SIGTERM): the "
          "same command\n       resumes\n"));
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
