/* The fields of a request as properties
 *
 * One row makes a property, a preset's value and a key of URIs; which field of the
 * request it becomes, and what that takes, is for the model's entry to say
 * (models.json). A value is kept as the application set it, right or wrong: the
 * check at the start names it, where GObject would go on with the default.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapifields.h"

#include "foxapierror.h"
#include "foxapijson.h"
#include "foxapirequest.h"
#include "gstfoxapienums.h"
#include "gstfoxapistructure.h"

#define READWRITE (G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY | \
    G_PARAM_STATIC_STRINGS)

typedef enum
{
  KIND_TEXT,
  KIND_LIST,
  KIND_DURATION,
  KIND_SEED,
  KIND_RESOLUTION,
  KIND_ASPECT_RATIO,
  KIND_SWITCH,
  KIND_STRUCTURE,
} Kind;

static const struct
{
  const gchar *name;
  Kind kind;
  const gchar *nick;
  const gchar *blurb;
} rows[GST_FOXAPI_N_FIELDS] = {
  [GST_FOXAPI_PROP_MODEL] = {"model", KIND_TEXT, "Model",
      "Name of the model that generates. What docs/models.md knows is checked "
        "before anything is sent, any other by the service alone"},
  [GST_FOXAPI_PROP_PROMPT] = {"prompt", KIND_TEXT, "Prompt",
      "What the video shows. Most models require it"},
  [GST_FOXAPI_PROP_REFERENCE_IMAGE_URLS] = {"reference-image-urls", KIND_LIST,
        "Reference images",
      "Images of the subjects' appearance: http, https or file URIs, for "
        "instance '<\"https://a/b.jpg\",\"file:///c.png\">'. Local files are "
        "uploaded. Empty: none"},
  [GST_FOXAPI_PROP_REFERENCE_VIDEO_URLS] = {"reference-video-urls", KIND_LIST,
        "Reference videos",
      "Videos of the subjects' motion: http, https or file URIs. Local files "
        "are uploaded. Empty: none"},
  [GST_FOXAPI_PROP_FIRST_FRAME_URL] = {"first-frame-url", KIND_TEXT,
        "First frame",
      "Image that the video begins with, or person that is to speak: an http, "
        "https or file URI. NULL: none"},
  [GST_FOXAPI_PROP_LAST_FRAME_URL] = {"last-frame-url", KIND_TEXT,
        "Last frame",
      "Image that the video ends with: an http, https or file URI. NULL: none"},
  [GST_FOXAPI_PROP_SOURCE_VIDEO_URL] = {"source-video-url", KIND_TEXT,
        "Source video",
      "Video that is edited or continued: an http, https or file URI. NULL: "
        "none"},
  [GST_FOXAPI_PROP_AUDIO_URL] = {"audio-url", KIND_TEXT, "Audio",
      "Sound that drives or accompanies the picture: an http, https or file "
        "URI. NULL: none"},
  [GST_FOXAPI_PROP_DURATION] = {"duration", KIND_DURATION, "Duration",
      "Length of the video in seconds, 2 to 10 for the default model. Other "
        "models get it only if it is set"},
  [GST_FOXAPI_PROP_RESOLUTION] = {"resolution", KIND_RESOLUTION, "Resolution",
      "Size class of the video, 720p or 1080p for the default model. Other "
        "models get it only if it is set"},
  [GST_FOXAPI_PROP_ASPECT_RATIO] = {"aspect-ratio", KIND_ASPECT_RATIO,
        "Aspect ratio",
      "Shape of the video. Other models than the default one get it only if it "
        "is set"},
  [GST_FOXAPI_PROP_NEGATIVE_PROMPT] = {"negative-prompt", KIND_TEXT,
      "Negative prompt", "What the video should not show. NULL: not sent"},
  [GST_FOXAPI_PROP_SEED] = {"seed", KIND_SEED, "Seed",
      "Start of the model's random numbers, 0 to 2147483647, for results that "
        "resemble each other. -1: not sent, the service draws one"},
  [GST_FOXAPI_PROP_MULTI_SHOTS] = {"multi-shots", KIND_SWITCH, "Multiple shots",
      "Whether the video may have several shots. default: not sent, the model "
        "decides"},
  [GST_FOXAPI_PROP_ENABLE_SAFETY_CHECKER] = {"enable-safety-checker",
        KIND_SWITCH, "Safety checker",
      "Whether the service checks prompt and result for unsafe content. "
        "default: not sent, the model decides"},
  [GST_FOXAPI_PROP_EXTRA_PARAMETERS] = {"extra-parameters", KIND_STRUCTURE,
        "Extra parameters",
      "Further fields of the request, as the service calls them: strings, "
        "booleans, numbers, nested structures and arrays. They win over the "
        "properties above. NULL: none"},
};

gboolean
gst_foxapi_field_is_known (guint id)
{
  return id > 0 && id < GST_FOXAPI_N_FIELDS;
}

static GParamSpec *
make_spec (guint id)
{
  const gchar *name = rows[id].name, *nick = rows[id].nick;
  const gchar *blurb = rows[id].blurb;

  switch (rows[id].kind) {
    case KIND_TEXT:
      return g_param_spec_string (name, nick, blurb,
          id == GST_FOXAPI_PROP_MODEL ? FOXAPI_DEFAULT_MODEL : NULL, READWRITE);
    case KIND_LIST:
      return gst_param_spec_array (name, nick, blurb,
          g_param_spec_string ("url", "URL", "http, https or file URI", NULL,
              G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS), READWRITE);
    case KIND_DURATION:
      return g_param_spec_int (name, nick, blurb, G_MININT, G_MAXINT, 5,
          READWRITE);
    case KIND_SEED:
      return g_param_spec_int64 (name, nick, blurb, G_MININT64, G_MAXINT64, -1,
          READWRITE);
    case KIND_RESOLUTION:
      return gst_foxapi_param_spec_enum (name, nick, blurb,
          GST_TYPE_FOXAPI_RESOLUTION, GST_FOXAPI_RESOLUTION_1080P, READWRITE);
    case KIND_ASPECT_RATIO:
      return gst_foxapi_param_spec_enum (name, nick, blurb,
          GST_TYPE_FOXAPI_ASPECT_RATIO, GST_FOXAPI_ASPECT_RATIO_16_9,
          READWRITE);
    case KIND_SWITCH:
      return gst_foxapi_param_spec_enum (name, nick, blurb,
          GST_TYPE_FOXAPI_SWITCH, GST_FOXAPI_SWITCH_DEFAULT, READWRITE);
    case KIND_STRUCTURE:
    default:
      return g_param_spec_boxed (name, nick, blurb, GST_TYPE_STRUCTURE,
          READWRITE);
  }
}

void
gst_foxapi_fields_install (GObjectClass * klass)
{
  for (guint id = 1; id < GST_FOXAPI_N_FIELDS; id++)
    g_object_class_install_property (klass, id, make_spec (id));
}

/* Values */

void
gst_foxapi_fields_init (GstFoxapiFields * fields)
{
  for (guint id = 1; id < GST_FOXAPI_N_FIELDS; id++)
    gst_foxapi_fields_unset (fields, id);
}

void
gst_foxapi_fields_clear (GstFoxapiFields * fields)
{
  for (guint id = 1; id < GST_FOXAPI_N_FIELDS; id++)
    g_value_unset (&fields->values[id]);
}

void
gst_foxapi_fields_set (GstFoxapiFields * fields, guint id, const GValue * value)
{
  g_value_copy (value, &fields->values[id]);
  fields->is_set[id] = TRUE;
}

/* The default, which only the default model is sent */
void
gst_foxapi_fields_unset (GstFoxapiFields * fields, guint id)
{
  g_autoptr (GParamSpec) spec = g_param_spec_ref_sink (make_spec (id));

  if (!G_IS_VALUE (&fields->values[id]))
    g_value_init (&fields->values[id], spec->value_type);
  g_param_value_set_default (spec, &fields->values[id]);
  fields->is_set[id] = FALSE;
}

static JsonNode *
refuse (GError ** error, guint id, const gchar * what)
{
  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
      "The property %s %s. Nothing was sent.", rows[id].name, what);
  return NULL;
}

static JsonNode *
enum_to_node (guint id, const GValue * value, GError ** error)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (G_VALUE_TYPE (value));
  gint number = g_value_get_enum (value);
  GEnumValue *known = g_enum_get_value (klass, number);
  g_autofree gchar *what = NULL;

  if (known == NULL) {
    what = g_strdup_printf ("is %d, which is none of its values; "
        "gst-inspect-1.0 foxapivideosrc lists them", number);
    return refuse (error, id, what);
  }
  if (rows[id].kind == KIND_SWITCH)
    return json_node_init_boolean (json_node_alloc (),
        number == GST_FOXAPI_SWITCH_TRUE);
  return json_node_init_string (json_node_alloc (), known->value_nick);
}

static gboolean
has_value (const GstFoxapiFields * fields, guint id)
{
  const GValue *value = &fields->values[id];

  switch (rows[id].kind) {
    case KIND_TEXT:
      return g_value_get_string (value) != NULL;
    case KIND_LIST:
      return gst_value_array_get_size (value) > 0;
    case KIND_SEED:
      return g_value_get_int64 (value) != -1;
    case KIND_SWITCH:
      return g_value_get_enum (value) != GST_FOXAPI_SWITCH_DEFAULT;
    case KIND_STRUCTURE:
      return FALSE;
    default:
      return fields->is_set[id];
  }
}

static gboolean
is_text (const GValue * value)
{
  const gchar *text = G_VALUE_HOLDS_STRING (value) ? g_value_get_string (value)
      : NULL;

  return text != NULL && g_utf8_validate (text, -1, NULL);
}

static JsonNode *
to_node (guint id, const GValue * value, GError ** error)
{
  if (G_VALUE_HOLDS_ENUM (value))
    return enum_to_node (id, value, error);
  if (rows[id].kind == KIND_TEXT && !is_text (value))
    return refuse (error, id, "is not UTF-8 text");
  if (rows[id].kind == KIND_LIST) {
    for (guint i = 0; i < gst_value_array_get_size (value); i++) {
      if (!is_text (gst_value_array_get_value (value, i)))
        return refuse (error, id, "has an item that is not UTF-8 text");
    }
  }
  return gst_foxapi_value_to_json (value, error);
}

/* What is set, by the properties' names, and the extra parameters (nullable) */
gboolean
gst_foxapi_fields_to_json (const GstFoxapiFields * fields,
    JsonObject ** properties, JsonObject ** extra, GError ** error)
{
  const GstStructure *structure =
      g_value_get_boxed (&fields->values[GST_FOXAPI_PROP_EXTRA_PARAMETERS]);
  g_autoptr (JsonObject) members = json_object_new ();

  for (guint id = 1; id < GST_FOXAPI_N_FIELDS; id++) {
    JsonNode *node;

    if (!has_value (fields, id))
      continue;
    node = to_node (id, &fields->values[id], error);
    if (node == NULL)
      return FALSE;
    json_object_set_member (members, rows[id].name, node);
  }
  *extra = NULL;
  if (structure != NULL) {
    *extra = gst_foxapi_structure_to_json (structure, error);
    if (*extra == NULL) {
      g_prefix_error (error, "The property extra-parameters, ");
      return FALSE;
    }
  }
  *properties = g_steal_pointer (&members);
  return TRUE;
}

/* %FALSE: @node is no value of the property. */
static gboolean
take_node (GstFoxapiFields * fields, guint id, JsonNode * node)
{
  GValue *value = &fields->values[id];
  const gchar *text = foxapi_json_node_get_string (node);
  JsonArray *list =
      JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  GEnumValue *known;
  gint64 number;

  switch (rows[id].kind) {
    case KIND_TEXT:
      if (text != NULL)
        g_value_set_string (value, text);
      return text != NULL;
    case KIND_LIST:
      for (guint i = 0; list != NULL && i < json_array_get_length (list); i++) {
        GValue item = G_VALUE_INIT;

        g_value_init (&item, G_TYPE_STRING);
        g_value_set_string (&item,
            foxapi_json_node_get_string (json_array_get_element (list, i)));
        gst_value_array_append_and_take_value (value, &item);
      }
      return list != NULL;
    case KIND_DURATION:
      if (!foxapi_json_node_get_int (node, &number) || number < G_MININT
          || number > G_MAXINT)
        return FALSE;
      g_value_set_int (value, (gint) number);
      return TRUE;
    case KIND_SEED:
      if (foxapi_json_node_get_int (node, &number))
        g_value_set_int64 (value, number);
      return foxapi_json_node_get_int (node, &number);
    case KIND_SWITCH:
      if (json_node_get_value_type (node) != G_TYPE_BOOLEAN)
        return FALSE;
      g_value_set_enum (value, json_node_get_boolean (node));
      return TRUE;
    case KIND_RESOLUTION:
    case KIND_ASPECT_RATIO:
      known = text ? g_enum_get_value_by_nick (g_type_class_peek (G_VALUE_TYPE
              (value)), text) : NULL;
      if (known != NULL)
        g_value_set_enum (value, known->value);
      return known != NULL;
    default:
      return FALSE;
  }
}

/* %FALSE: neither a property nor an extra parameter can be it. */
static gboolean
take_member (GstFoxapiFields * fields, const gchar * name, JsonNode * node,
    GError ** error)
{
  g_autofree gchar *property = g_strdelimit (g_strdup (name), "_", '-');

  for (guint id = 1; id < GST_FOXAPI_N_FIELDS; id++) {
    if (!g_str_equal (property, rows[id].name))
      continue;
    fields->is_set[id] = take_node (fields, id, node);
    if (!fields->is_set[id] && rows[id].kind == KIND_DURATION)
      g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
          "The URI's field %s is not a whole number that can be used", name);
    return fields->is_set[id];
  }
  return FALSE;
}

/* Sets all: to the members of a URI where they are properties or extra
 * parameters, to the defaults otherwise. Nothing has changed if it fails. */
gboolean
gst_foxapi_fields_take_json (GstFoxapiFields * fields, JsonObject * members,
    GError ** error)
{
  GstFoxapiFields taken = { 0 };
  g_autoptr (JsonObject) extra = json_object_new ();
  GstStructure *structure = NULL;
  g_autoptr (GError) fault = NULL;
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  gst_foxapi_fields_init (&taken);
  json_object_iter_init_ordered (&iter, members);
  while (fault == NULL && json_object_iter_next_ordered (&iter, &name, &node)) {
    if (!take_member (&taken, name, node, &fault))
      json_object_set_member (extra, name, json_node_copy (node));
  }
  if (fault == NULL && json_object_get_size (extra) > 0) {
    structure = gst_foxapi_structure_from_json (extra, &fault);
    if (structure == NULL)
      g_prefix_error (&fault, "The URI's ");
    g_value_take_boxed (&taken.values[GST_FOXAPI_PROP_EXTRA_PARAMETERS],
        structure);
  }
  if (fault != NULL) {
    gst_foxapi_fields_clear (&taken);
    g_propagate_error (error, g_steal_pointer (&fault));
    return FALSE;
  }
  gst_foxapi_fields_clear (fields);
  *fields = taken;
  return TRUE;
}
