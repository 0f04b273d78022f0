/* The properties that only the bin has: placeholder, output, references
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinoptions.h"

#include "gstfoxapienums.h"

enum
{
  PROP_PLACEHOLDER = GST_FOXAPI_PROP_LAST + 1,
  PROP_PLACEHOLDER_LOCATION,
  PROP_SHOW_PROGRESS,
  PROP_IS_LIVE,
  PROP_WIDTH,
  PROP_HEIGHT,
  PROP_FRAMERATE,
  PROP_END,
  PROP_ON_ERROR,
  PROP_REFERENCE_BRANCHES,
  PROP_REFERENCE_SECONDS,
  PROP_NEXT_PROMPTS,
  PROP_SHOT_CONTINUITY,
};

#define DEFAULT_PLACEHOLDER GST_FOXAPI_PLACEHOLDER_KIND_BLACK
#define DEFAULT_SHOW_PROGRESS FALSE
#define DEFAULT_IS_LIVE TRUE
#define DEFAULT_FPS_N 30
#define DEFAULT_FPS_D 1
#define DEFAULT_END GST_FOXAPI_END_EOS
#define DEFAULT_ON_ERROR GST_FOXAPI_ERROR_POLICY_ERROR
#define DEFAULT_REFERENCE_BRANCHES GST_FOXAPI_BRANCH_POLICY_FLOW
#define DEFAULT_REFERENCE_SECONDS 5.0
#define DEFAULT_SHOT_CONTINUITY TRUE

#define MAX_SIZE 8192
#define MAX_FPS 240
#define MIN_REFERENCE_SECONDS 0.5
#define MAX_REFERENCE_SECONDS 30.0

GType
gst_foxapi_placeholder_kind_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    {GST_FOXAPI_PLACEHOLDER_KIND_NONE,
        "Nothing: the output begins with the result", "none"},
    {GST_FOXAPI_PLACEHOLDER_KIND_BLACK, "Black", "black"},
    {GST_FOXAPI_PLACEHOLDER_KIND_PATTERN, "A test pattern", "pattern"},
    {GST_FOXAPI_PLACEHOLDER_KIND_IMAGE, "The file placeholder-location",
        "image"},
    {GST_FOXAPI_PLACEHOLDER_KIND_REFERENCE, "The first reference",
        "reference"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstFoxapiPlaceholderKind", values));
  return type;
}

GType
gst_foxapi_end_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    {GST_FOXAPI_END_EOS, "The program ends", "eos"},
    {GST_FOXAPI_END_HOLD, "The last frame stays", "hold"},
    {GST_FOXAPI_END_REPEAT, "The result begins again", "repeat"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstFoxapiEnd", values));
  return type;
}

GType
gst_foxapi_error_policy_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    {GST_FOXAPI_ERROR_POLICY_ERROR, "An ERROR message", "error"},
    {GST_FOXAPI_ERROR_POLICY_WARNING,
        "A WARNING message with the same contents", "warning"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstFoxapiErrorPolicy",
            values));
  return type;
}

GType
gst_foxapi_branch_policy_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    {GST_FOXAPI_BRANCH_POLICY_FLOW, "They go on flowing, and are dropped",
        "flow"},
    {GST_FOXAPI_BRANCH_POLICY_RELEASE,
          "A source of its own is told to end, what branches off is unlinked",
        "release"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstFoxapiBranchPolicy",
            values));
  return type;
}

#define FLAGS (G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY | \
    G_PARAM_STATIC_STRINGS)

static void
install_placeholder_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_PLACEHOLDER,
      gst_foxapi_param_spec_enum ("placeholder", "Placeholder",
          "What is shown until the first result is there",
          GST_TYPE_FOXAPI_PLACEHOLDER_KIND, DEFAULT_PLACEHOLDER, FLAGS));
  g_object_class_install_property (klass, PROP_PLACEHOLDER_LOCATION,
      g_param_spec_string ("placeholder-location", "Placeholder location",
          "The file of placeholder=image: an image, or a video, whose first frame "
          "is shown", NULL, FLAGS));
  g_object_class_install_property (klass, PROP_SHOW_PROGRESS,
      g_param_spec_boolean ("show-progress", "Show progress",
          "Draw the progress and the time since the start on the placeholder",
          DEFAULT_SHOW_PROGRESS, FLAGS));
}

static void
install_output_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_IS_LIVE,
      g_param_spec_boolean ("is-live", "Live",
          "Frames leave when the clock says so. Not live: as fast as they are "
          "taken", DEFAULT_IS_LIVE, FLAGS));
  g_object_class_install_property (klass, PROP_WIDTH,
      g_param_spec_int ("width", "Width",
          "Of the output in pixels, 1 to 8192; 0: as resolution and aspect-ratio "
          "say", G_MININT, G_MAXINT, 0, FLAGS));
  g_object_class_install_property (klass, PROP_HEIGHT,
      g_param_spec_int ("height", "Height",
          "Of the output in pixels, 1 to 8192; 0: as resolution and aspect-ratio "
          "say", G_MININT, G_MAXINT, 0, FLAGS));
  g_object_class_install_property (klass, PROP_FRAMERATE,
      gst_param_spec_fraction ("framerate", "Frame rate",
          "Of the output, frames per second, up to 240/1", 0, 1, G_MAXINT, 1,
          DEFAULT_FPS_N, DEFAULT_FPS_D, FLAGS));
  g_object_class_install_property (klass, PROP_END,
      gst_foxapi_param_spec_enum ("end", "End",
          "What follows the end of the result", GST_TYPE_FOXAPI_END,
          DEFAULT_END, FLAGS));
  g_object_class_install_property (klass, PROP_ON_ERROR,
      gst_foxapi_param_spec_enum ("on-error", "On error",
          "How a failed generation is told; the placeholder goes on",
          GST_TYPE_FOXAPI_ERROR_POLICY, DEFAULT_ON_ERROR, FLAGS));
}

static void
install_reference_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_REFERENCE_BRANCHES,
      gst_foxapi_param_spec_enum ("reference-branches", "Reference branches",
          "What becomes of the branches when the references are there",
          GST_TYPE_FOXAPI_BRANCH_POLICY, DEFAULT_REFERENCE_BRANCHES, FLAGS));
  g_object_class_install_property (klass, PROP_REFERENCE_SECONDS,
      g_param_spec_double ("reference-seconds", "Reference seconds",
          "How much raw video becomes a reference, in seconds, 0.5 to 30",
          -G_MAXDOUBLE, G_MAXDOUBLE, DEFAULT_REFERENCE_SECONDS, FLAGS));
  g_object_class_install_property (klass, PROP_NEXT_PROMPTS,
      gst_param_spec_array ("next-prompts", "Next prompts",
          "Prompts of further generations, one after the other; each is paid for",
          g_param_spec_string ("prompt", "Prompt", "A prompt", NULL,
              G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS), FLAGS));
  g_object_class_install_property (klass, PROP_SHOT_CONTINUITY,
      g_param_spec_boolean ("shot-continuity", "Shot continuity",
          "The last frame of a result is the first reference image of the next "
          "generation, where the model takes one", DEFAULT_SHOT_CONTINUITY,
          FLAGS));
}

void
gst_foxapi_bin_options_install (GObjectClass * klass)
{
  install_placeholder_properties (klass);
  install_output_properties (klass);
  install_reference_properties (klass);

  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_PLACEHOLDER_KIND, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_END, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_ERROR_POLICY, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_BRANCH_POLICY, 0);
}

void
gst_foxapi_bin_options_init (GstFoxapiBinOptions * options)
{
  *options = (GstFoxapiBinOptions) {
  .placeholder = DEFAULT_PLACEHOLDER,.show_progress =
        DEFAULT_SHOW_PROGRESS,.is_live = DEFAULT_IS_LIVE,.fps_n =
        DEFAULT_FPS_N,.fps_d = DEFAULT_FPS_D,.end = DEFAULT_END,.on_error =
        DEFAULT_ON_ERROR,.reference_branches =
        DEFAULT_REFERENCE_BRANCHES,.reference_seconds =
        DEFAULT_REFERENCE_SECONDS,.shot_continuity = DEFAULT_SHOT_CONTINUITY,};
}

void
gst_foxapi_bin_options_copy (const GstFoxapiBinOptions * options,
    GstFoxapiBinOptions * copy)
{
  *copy = *options;
  copy->placeholder_location = g_strdup (options->placeholder_location);
  copy->next_prompts = g_strdupv (options->next_prompts);
}

void
gst_foxapi_bin_options_clear (GstFoxapiBinOptions * options)
{
  g_clear_pointer (&options->placeholder_location, g_free);
  g_clear_pointer (&options->next_prompts, g_strfreev);
}

static GStrv
dup_prompts (const GValue * array)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < gst_value_array_get_size (array); i++) {
    const GValue *value = gst_value_array_get_value (array, i);
    const gchar *prompt =
        G_VALUE_HOLDS_STRING (value) ? g_value_get_string (value) : NULL;

    g_strv_builder_add (builder, prompt ? prompt : "");
  }
  return g_strv_builder_end (builder);
}

/* Returns FALSE if the property is not one of these. */
gboolean
gst_foxapi_bin_options_set (GstFoxapiBinOptions * options, guint id,
    const GValue * value)
{
  switch (id) {
    case PROP_PLACEHOLDER:
      options->placeholder = g_value_get_enum (value);
      break;
    case PROP_PLACEHOLDER_LOCATION:
      g_free (options->placeholder_location);
      options->placeholder_location = g_value_dup_string (value);
      break;
    case PROP_SHOW_PROGRESS:
      options->show_progress = g_value_get_boolean (value);
      break;
    case PROP_IS_LIVE:
      options->is_live = g_value_get_boolean (value);
      break;
    case PROP_WIDTH:
      options->width = g_value_get_int (value);
      break;
    case PROP_HEIGHT:
      options->height = g_value_get_int (value);
      break;
    case PROP_FRAMERATE:
      options->fps_n = gst_value_get_fraction_numerator (value);
      options->fps_d = gst_value_get_fraction_denominator (value);
      break;
    case PROP_END:
      options->end = g_value_get_enum (value);
      break;
    case PROP_ON_ERROR:
      options->on_error = g_value_get_enum (value);
      break;
    case PROP_REFERENCE_BRANCHES:
      options->reference_branches = g_value_get_enum (value);
      break;
    case PROP_REFERENCE_SECONDS:
      options->reference_seconds = g_value_get_double (value);
      break;
    case PROP_NEXT_PROMPTS:
      g_strfreev (options->next_prompts);
      options->next_prompts = dup_prompts (value);
      break;
    case PROP_SHOT_CONTINUITY:
      options->shot_continuity = g_value_get_boolean (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

static void
get_prompts (GStrv prompts, GValue * array)
{
  for (; prompts != NULL && *prompts != NULL; prompts++) {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, G_TYPE_STRING);
    g_value_set_string (&value, *prompts);
    gst_value_array_append_and_take_value (array, &value);
  }
}

/* Returns FALSE if the property is not one of these. */
gboolean
gst_foxapi_bin_options_get (const GstFoxapiBinOptions * options, guint id,
    GValue * value)
{
  switch (id) {
    case PROP_PLACEHOLDER:
      g_value_set_enum (value, options->placeholder);
      break;
    case PROP_PLACEHOLDER_LOCATION:
      g_value_set_string (value, options->placeholder_location);
      break;
    case PROP_SHOW_PROGRESS:
      g_value_set_boolean (value, options->show_progress);
      break;
    case PROP_IS_LIVE:
      g_value_set_boolean (value, options->is_live);
      break;
    case PROP_WIDTH:
      g_value_set_int (value, options->width);
      break;
    case PROP_HEIGHT:
      g_value_set_int (value, options->height);
      break;
    case PROP_FRAMERATE:
      gst_value_set_fraction (value, options->fps_n, options->fps_d);
      break;
    case PROP_END:
      g_value_set_enum (value, options->end);
      break;
    case PROP_ON_ERROR:
      g_value_set_enum (value, options->on_error);
      break;
    case PROP_REFERENCE_BRANCHES:
      g_value_set_enum (value, options->reference_branches);
      break;
    case PROP_REFERENCE_SECONDS:
      g_value_set_double (value, options->reference_seconds);
      break;
    case PROP_NEXT_PROMPTS:
      get_prompts (options->next_prompts, value);
      break;
    case PROP_SHOT_CONTINUITY:
      g_value_set_boolean (value, options->shot_continuity);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_value_of (GType type, gint value)
{
  GEnumClass *klass = g_type_class_ref (type);
  gboolean is_value = g_enum_get_value (klass, value) != NULL;

  g_type_class_unref (klass);
  return is_value;
}

static gchar *
check_enums (const GstFoxapiBinOptions * options)
{
  const struct
  {
    const gchar *name;
    GType type;
    gint value;
  } enums[] = {
    {"placeholder", GST_TYPE_FOXAPI_PLACEHOLDER_KIND, options->placeholder},
    {"end", GST_TYPE_FOXAPI_END, options->end},
    {"on-error", GST_TYPE_FOXAPI_ERROR_POLICY, options->on_error},
    {"reference-branches", GST_TYPE_FOXAPI_BRANCH_POLICY,
        options->reference_branches},
  };

  for (guint i = 0; i < G_N_ELEMENTS (enums); i++) {
    if (!is_value_of (enums[i].type, enums[i].value))
      return g_strdup_printf ("The property %s cannot be %d.", enums[i].name,
          enums[i].value);
  }
  return NULL;
}

static gchar *
check_size (const gchar * name, gint value)
{
  if (value >= 0 && value <= MAX_SIZE)
    return NULL;
  return
      g_strdup_printf ("The property %s is %d; it must be between 1 and %d, or "
      "0 for the size of the result.", name, value, MAX_SIZE);
}

static gchar *
check_output (const GstFoxapiBinOptions * options)
{
  if (options->fps_n <= 0 || options->fps_n > (gint64) MAX_FPS * options->fps_d)
    return g_strdup_printf ("The property framerate is %d/%d; it must be more "
        "than 0 and at most %d frames per second.", options->fps_n,
        options->fps_d, MAX_FPS);
  if (!(options->reference_seconds >= MIN_REFERENCE_SECONDS
          && options->reference_seconds <= MAX_REFERENCE_SECONDS))
    return g_strdup_printf ("The property reference-seconds is %g; it must be "
        "between %g and %g.", options->reference_seconds,
        MIN_REFERENCE_SECONDS, MAX_REFERENCE_SECONDS);
  return NULL;
}

static gchar *
check_placeholder (const GstFoxapiBinOptions * options)
{
  if (options->placeholder != GST_FOXAPI_PLACEHOLDER_KIND_IMAGE)
    return NULL;
  if (options->placeholder_location == NULL
      || *options->placeholder_location == '\0')
    return
        g_strdup ("With placeholder=image, the property placeholder-location "
        "must name the image's file.");
  if (!g_file_test (options->placeholder_location, G_FILE_TEST_IS_REGULAR))
    return g_strdup_printf ("The property placeholder-location names no file: "
        "%s.", options->placeholder_location);
  return NULL;
}

static gchar *
check_prompts (const GstFoxapiBinOptions * options)
{
  for (GStrv p = options->next_prompts; p != NULL && *p != NULL; p++) {
    if (**p == '\0' || !g_utf8_validate (*p, -1, NULL))
      return g_strdup ("Each of the property next-prompts must be a text.");
    if (g_utf8_strlen (*p, -1) > 5000)
      return g_strdup_printf ("One of the property next-prompts has %ld "
          "characters; the service takes at most 5000.",
          g_utf8_strlen (*p, -1));
  }
  return NULL;
}

/* Returns a sentence that names property, value and rule, if one is broken,
 * or NULL. */
gchar *
gst_foxapi_bin_options_check (const GstFoxapiBinOptions * options)
{
  gchar *fault = check_enums (options);

  if (fault == NULL)
    fault = check_size ("width", options->width);
  if (fault == NULL)
    fault = check_size ("height", options->height);
  if (fault == NULL)
    fault = check_output (options);
  if (fault == NULL)
    fault = check_placeholder (options);
  if (fault == NULL)
    fault = check_prompts (options);
  return fault;
}
