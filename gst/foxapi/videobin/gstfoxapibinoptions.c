/* The properties that only the bin has: placeholder, output, references
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinprivate.h"

#include <glib/gi18n-lib.h>

#include "gstfoxapienums.h"

enum
{
  PROP_PLACEHOLDER = GST_FOXAPI_BIN_PROP_FIRST_OPTION,
  PROP_PLACEHOLDER_LOCATION,
  PROP_SHOW_PROGRESS,
  PROP_IS_LIVE,
  PROP_WIDTH,
  PROP_HEIGHT,
  PROP_FRAMERATE,
  PROP_MAX_LATENESS,
  PROP_END,
  PROP_ON_ERROR,
  PROP_REFERENCE_BRANCHES,
  PROP_REFERENCE_SECONDS,
  PROP_NEXT_PROMPTS,
  PROP_SHOT_CONTINUITY,
  PROP_PREFETCH,
  N_PROPS,
};

G_STATIC_ASSERT (N_PROPS - PROP_PLACEHOLDER == GST_FOXAPI_BIN_N_OPTIONS);

#define MAX_SIZE 8192
#define MAX_FPS 240
#define MIN_REFERENCE_SECONDS 0.5
#define MAX_REFERENCE_SECONDS 30.0

/* *INDENT-OFF* */
G_DEFINE_ENUM_TYPE (GstFoxapiPlaceholderKind, gst_foxapi_placeholder_kind,
    {GST_FOXAPI_PLACEHOLDER_KIND_NONE,
        "Nothing: the output begins with the result", "none"},
    {GST_FOXAPI_PLACEHOLDER_KIND_BLACK, "Black", "black"},
    {GST_FOXAPI_PLACEHOLDER_KIND_PATTERN, "A test pattern", "pattern"},
    {GST_FOXAPI_PLACEHOLDER_KIND_IMAGE, "The file placeholder-location", "image"},
    {GST_FOXAPI_PLACEHOLDER_KIND_REFERENCE, "The first reference",
        "reference"})

G_DEFINE_ENUM_TYPE (GstFoxapiEnd, gst_foxapi_end,
    {GST_FOXAPI_END_EOS, "The program ends", "eos"},
    {GST_FOXAPI_END_HOLD, "The last frame stays", "hold"},
    {GST_FOXAPI_END_REPEAT, "The result begins again", "repeat"})

G_DEFINE_ENUM_TYPE (GstFoxapiState, gst_foxapi_state,
    {GST_FOXAPI_STATE_STOPPED, "The element is not running", "stopped"},
    {GST_FOXAPI_STATE_WAITING, "Nothing yet, without a placeholder", "waiting"},
    {GST_FOXAPI_STATE_PLACEHOLDER, "The placeholder", "placeholder"},
    {GST_FOXAPI_STATE_CLIP, "A result", "clip"},
    {GST_FOXAPI_STATE_HOLD, "The last frame of a result", "hold"},
    {GST_FOXAPI_STATE_ENDED, "Nothing more, after EOS", "ended"})

G_DEFINE_ENUM_TYPE (GstFoxapiErrorPolicy, gst_foxapi_error_policy,
    {GST_FOXAPI_ERROR_POLICY_ERROR, "An ERROR message", "error"},
    {GST_FOXAPI_ERROR_POLICY_WARNING,
        "A WARNING message with the same text and details", "warning"},
    {GST_FOXAPI_ERROR_POLICY_EOS, "Such a WARNING message, then EOS", "eos"})

G_DEFINE_ENUM_TYPE (GstFoxapiBranchPolicy, gst_foxapi_branch_policy,
    {GST_FOXAPI_BRANCH_POLICY_FLOW,
        "They keep flowing, and the element drops their data", "flow"},
    {GST_FOXAPI_BRANCH_POLICY_RELEASE,
        "A source that feeds nothing else ends, a branch of a tee keeps flowing",
        "release"})
/* *INDENT-ON* */

/* The options, by their ids less the first one */
static GParamSpec *specs[GST_FOXAPI_BIN_N_OPTIONS];

#define FLAGS (G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY | \
    G_PARAM_STATIC_STRINGS)
#define FLAGS_WHILE_PLAYING (G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING | \
    G_PARAM_STATIC_STRINGS)

static void
install_state_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, GST_FOXAPI_BIN_PROP_STATE,
      g_param_spec_enum ("state", "State", "What the output shows",
          GST_TYPE_FOXAPI_STATE, GST_FOXAPI_STATE_STOPPED,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (klass, GST_FOXAPI_BIN_PROP_CURRENT_SHOT,
      g_param_spec_uint ("current-shot", "Current shot",
          "Number of the shot that the output shows or showed last, from 1. "
          "0: none yet", 0, G_MAXUINT, 0,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (klass, GST_FOXAPI_BIN_PROP_QUEUED_SHOTS,
      gst_param_spec_array ("queued-shots", "Queued shots",
          "Shots whose generation has not begun, in order",
          g_param_spec_boxed ("shot", "Shot", "A shot", GST_TYPE_STRUCTURE,
              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS),
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

#define SPEC(id) specs[(id) - PROP_PLACEHOLDER]

static void
make_placeholder_specs (void)
{
  SPEC (PROP_PLACEHOLDER) =
      gst_foxapi_param_spec_enum ("placeholder", "Placeholder",
      "Picture to show until the first result is ready",
      GST_TYPE_FOXAPI_PLACEHOLDER_KIND, GST_FOXAPI_PLACEHOLDER_KIND_BLACK,
      FLAGS);
  SPEC (PROP_PLACEHOLDER_LOCATION) =
      g_param_spec_string ("placeholder-location", "Placeholder location",
      "File for placeholder=image: an image, or a video, of which the "
      "first frame is shown", NULL, FLAGS);
  SPEC (PROP_SHOW_PROGRESS) =
      g_param_spec_boolean ("show-progress", "Show progress",
      "Whether to draw the progress and the elapsed time on the placeholder",
      FALSE, FLAGS);
}

static void
make_output_specs (void)
{
  SPEC (PROP_IS_LIVE) = g_param_spec_boolean ("is-live", "Live",
      "Whether the output is live: frames leave by the clock. FALSE: as fast "
      "as downstream takes them", TRUE, FLAGS);
  SPEC (PROP_WIDTH) = g_param_spec_int ("width", "Width",
      "Width of the output in pixels, 1 to 8192. 0: what downstream wants, "
      "otherwise the width that resolution and aspect-ratio give", G_MININT,
      G_MAXINT, 0, FLAGS);
  SPEC (PROP_HEIGHT) = g_param_spec_int ("height", "Height",
      "Height of the output in pixels, 1 to 8192. 0: what downstream wants, "
      "otherwise the height that resolution and aspect-ratio give",
      G_MININT, G_MAXINT, 0, FLAGS);
  SPEC (PROP_FRAMERATE) = gst_param_spec_fraction ("framerate", "Frame rate",
      "Frames per second of the output, up to 240/1. 0/1: what downstream "
      "wants, otherwise 30/1", 0, 1, G_MAXINT, 1, 0, 1, FLAGS);
  SPEC (PROP_MAX_LATENESS) =
      g_param_spec_int64 ("max-lateness", "Maximum lateness",
      "Nanoseconds that a frame of a live output may be late before it is "
      "dropped. -1: none is dropped", -1, G_MAXINT64, -1, FLAGS);
  SPEC (PROP_END) = gst_foxapi_param_spec_enum ("end", "End",
      "How the output continues after the end of the result",
      GST_TYPE_FOXAPI_END, GST_FOXAPI_END_EOS, FLAGS_WHILE_PLAYING);
  SPEC (PROP_ON_ERROR) = gst_foxapi_param_spec_enum ("on-error", "On error",
      "Which message a failed generation posts, and whether the output ends",
      GST_TYPE_FOXAPI_ERROR_POLICY, GST_FOXAPI_ERROR_POLICY_ERROR,
      FLAGS_WHILE_PLAYING);
}

static void
make_reference_specs (void)
{
  SPEC (PROP_REFERENCE_BRANCHES) =
      gst_foxapi_param_spec_enum ("reference-branches", "Reference branches",
      "What becomes of the branches at the request pads when the references "
      "are complete",
      GST_TYPE_FOXAPI_BRANCH_POLICY, GST_FOXAPI_BRANCH_POLICY_FLOW, FLAGS);
  SPEC (PROP_REFERENCE_SECONDS) =
      g_param_spec_double ("reference-seconds", "Reference seconds",
      "Seconds of raw video, 0.5 to 30, that are captured as a reference "
      "clip", -G_MAXDOUBLE, G_MAXDOUBLE, 5.0, FLAGS);
  SPEC (PROP_NEXT_PROMPTS) =
      gst_param_spec_array ("next-prompts", "Next prompts",
      "Prompts of further shots, in order. The service charges for each of "
      "them",
      g_param_spec_string ("prompt", "Prompt",
          "Text that says what the video shows. Most models require it",
          NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS), FLAGS);
  SPEC (PROP_SHOT_CONTINUITY) =
      g_param_spec_boolean ("shot-continuity", "Shot continuity",
      "Whether the last frame of a result becomes the first frame of the "
      "next generation, or a reference if the model has no first frame",
      TRUE, FLAGS);
  SPEC (PROP_PREFETCH) = g_param_spec_uint ("prefetch", "Prefetch",
      "How many shots to generate ahead while one is shown, unless they "
      "start from its last frame", 0, G_MAXUINT, 1, FLAGS);
}

void
gst_foxapi_bin_options_install (GObjectClass * klass)
{
  install_state_properties (klass);
  make_placeholder_specs ();
  make_output_specs ();
  make_reference_specs ();
  for (guint i = 0; i < GST_FOXAPI_BIN_N_OPTIONS; i++)
    g_object_class_install_property (klass, PROP_PLACEHOLDER + i, specs[i]);

  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_PLACEHOLDER_KIND, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_END, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_STATE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_ERROR_POLICY, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_FOXAPI_BRANCH_POLICY, 0);
}

void
gst_foxapi_bin_options_init (GValue * values)
{
  for (guint i = 0; i < GST_FOXAPI_BIN_N_OPTIONS; i++) {
    g_value_init (&values[i], specs[i]->value_type);
    g_param_value_set_default (specs[i], &values[i]);
  }
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

/* As they are now. @element: whose they are */
void
gst_foxapi_bin_options_read (GstFoxapiBinOptions * options,
    GstElement * element)
{
  g_auto (GValue) prompts = G_VALUE_INIT;

  gst_foxapi_bin_options_clear (options);
  g_object_get (element, "placeholder", &options->placeholder,
      "placeholder-location", &options->placeholder_location, "show-progress",
      &options->show_progress, "is-live", &options->is_live, "width",
      &options->width, "height", &options->height, "framerate", &options->fps_n,
      &options->fps_d, "max-lateness", &options->max_lateness, "end",
      &options->end, "on-error", &options->on_error, "reference-branches",
      &options->reference_branches, "reference-seconds",
      &options->reference_seconds, "shot-continuity",
      &options->shot_continuity, "prefetch", &options->prefetch, NULL);
  g_object_get_property (G_OBJECT (element), "next-prompts", &prompts);
  options->next_prompts = dup_prompts (&prompts);
}

void
gst_foxapi_bin_options_clear (GstFoxapiBinOptions * options)
{
  g_clear_pointer (&options->placeholder_location, g_free);
  g_clear_pointer (&options->next_prompts, g_strfreev);
}

static gchar *
check_enums (const GstFoxapiBinOptions * options)
{
  const struct
  {
    GParamSpec *spec;
    gint value;
  } enums[] = {
    {SPEC (PROP_END), options->end},
    {SPEC (PROP_ON_ERROR), options->on_error},
    {SPEC (PROP_PLACEHOLDER), options->placeholder},
    {SPEC (PROP_REFERENCE_BRANCHES), options->reference_branches},
  };

  for (guint i = 0; i < G_N_ELEMENTS (enums); i++) {
    if (!gst_foxapi_enum_is_known (enums[i].spec, enums[i].value))
      return g_strdup_printf (_("The property %s cannot be %d."),
          enums[i].spec->name, enums[i].value);
  }
  return NULL;
}

static gchar *
check_size (const gchar * name, gint value)
{
  return value >= 0 && value <= MAX_SIZE ? NULL :
      g_strdup_printf (_("The property %s is %d; it must be between 1 and "
          "%d, or 0 to leave it open."), name, value, MAX_SIZE);
}

static gchar *
check_output (const GstFoxapiBinOptions * options)
{
  const gchar *location = options->placeholder_location;

  if (options->fps_n < 0 || options->fps_n > (gint64) MAX_FPS * options->fps_d)
    return g_strdup_printf (_("The property framerate is %d/%d; it must be "
            "0 or more, and at most %d frames per second."), options->fps_n,
        options->fps_d, MAX_FPS);
  if (!(options->reference_seconds >= MIN_REFERENCE_SECONDS
          && options->reference_seconds <= MAX_REFERENCE_SECONDS))
    return g_strdup_printf (_("The property reference-seconds is %g; it "
            "must be between %g and %g."), options->reference_seconds,
        MIN_REFERENCE_SECONDS, MAX_REFERENCE_SECONDS);
  if (options->placeholder != GST_FOXAPI_PLACEHOLDER_KIND_IMAGE)
    return NULL;
  if (location == NULL || *location == '\0')
    return g_strdup (_("With placeholder=image, the property "
            "placeholder-location must name the file of the image."));
  if (!g_file_test (location, G_FILE_TEST_IS_REGULAR))
    return g_strdup_printf (_("The property placeholder-location names no "
            "file: %s."), location);
  return NULL;
}

static gchar *
check_prompts (const GstFoxapiBinOptions * options)
{
  for (GStrv p = options->next_prompts; *p != NULL; p++) {
    if (**p == '\0' || !g_utf8_validate (*p, -1, NULL))
      return g_strdup (_("Each item of the property next-prompts must be a "
              "text."));
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
    fault = check_prompts (options);
  return fault;
}

static gchar *
update_enum (GstElement * element, GParamSpec * spec, gint * value)
{
  gint now;

  g_object_get (element, spec->name, &now, NULL);
  if (gst_foxapi_enum_is_known (spec, now)) {
    *value = now;
    return NULL;
  }
  g_object_set (element, spec->name, *value, NULL);
  return g_strdup_printf (_("The property %s cannot be %d."), spec->name, now);
}

/* Those that can change while the element runs. One that is wrong gets back the value
 * that it had. (transfer full) (nullable): the sentence about it */
gchar *
gst_foxapi_bin_options_update (GstFoxapiBinOptions * options,
    GstElement * element)
{
  gchar *end = update_enum (element, SPEC (PROP_END), &options->end);
  gchar *on_error = update_enum (element, SPEC (PROP_ON_ERROR),
      &options->on_error);

  if (end == NULL)
    return on_error;
  g_free (on_error);
  return end;
}
