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

#include <glib/gi18n-lib.h>
#include <string.h>

#include "foxapicatalogue.h"
#include "foxapierror.h"
#include "foxapijson.h"
#include "foxapilocalfile.h"
#include "foxapirequest.h"
#include "foxapirules.h"
#include "gstfoxapienums.h"
#include "gstfoxapistructure.h"

#define READWRITE (G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY | \
    G_PARAM_STATIC_STRINGS)

typedef enum
{
  KIND_TEXT,
  KIND_MEDIA,
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
      "Name of the model that generates the video. The element checks what "
        "it knows of the model before it sends anything; for an unknown model "
        "the service decides"},
  [GST_FOXAPI_PROP_PROMPT] = {"prompt", KIND_TEXT, "Prompt",
      "Text that says what the video shows. Most models require it"},
  [GST_FOXAPI_PROP_REFERENCE_IMAGE_URLS] = {"reference-image-urls", KIND_LIST,
        "Reference images",
      "Images that show what the subjects look like, as a list of URLs or "
        "local files, such as '<\"https://a/b.jpg\",\"c.png\">'. Local files are "
        "uploaded. Empty: none"},
  [GST_FOXAPI_PROP_REFERENCE_VIDEO_URLS] = {"reference-video-urls", KIND_LIST,
        "Reference videos",
      "Videos that show how the subjects move, as a list of URLs or local "
        "files, such as '<\"https://a/b.mp4\",\"c.mp4\">'. Local files are "
        "uploaded. Empty: none"},
  [GST_FOXAPI_PROP_FIRST_FRAME_URL] = {"first-frame-url", KIND_MEDIA,
        "First frame",
      "Image that the video begins with, or that shows the person who "
        "speaks: a URL, or a local file, which is uploaded. NULL: none"},
  [GST_FOXAPI_PROP_LAST_FRAME_URL] = {"last-frame-url", KIND_MEDIA,
        "Last frame",
      "Image that the video ends with: a URL, or a local file, which is "
        "uploaded. NULL: none"},
  [GST_FOXAPI_PROP_SOURCE_VIDEO_URL] = {"source-video-url", KIND_MEDIA,
        "Source video",
      "Video to edit or to continue: a URL, or a local file, which is "
        "uploaded. NULL: none"},
  [GST_FOXAPI_PROP_AUDIO_URL] = {"audio-url", KIND_MEDIA, "Audio",
      "Sound that the video follows, or that accompanies it: a URL, or a "
        "local file, which is uploaded. NULL: none"},
  [GST_FOXAPI_PROP_DURATION] = {"duration", KIND_DURATION, "Duration",
      "Length of the video in seconds, 2 to 10 for the default model. The "
        "element sends it to another model only if you set it"},
  [GST_FOXAPI_PROP_RESOLUTION] = {"resolution", KIND_RESOLUTION, "Resolution",
      "Size class of the video, 720p or 1080p for the default model. The "
        "element sends it to another model only if you set it"},
  [GST_FOXAPI_PROP_ASPECT_RATIO] = {"aspect-ratio", KIND_ASPECT_RATIO,
        "Aspect ratio",
      "Shape of the video. The element sends it to another model only if you "
        "set it"},
  [GST_FOXAPI_PROP_NEGATIVE_PROMPT] = {"negative-prompt", KIND_TEXT,
        "Negative prompt",
      "Text that says what the video should not show. NULL: not sent"},
  [GST_FOXAPI_PROP_SEED] = {"seed", KIND_SEED, "Seed",
      "Start value of the model's random numbers, 0 to 2147483647: the same "
        "seed makes similar videos. -1: not sent, and the service picks one"},
  [GST_FOXAPI_PROP_MULTI_SHOTS] = {"multi-shots", KIND_SWITCH, "Multiple shots",
      "Whether the video may have several shots. default: not sent, and the "
        "model decides"},
  [GST_FOXAPI_PROP_ENABLE_SAFETY_CHECKER] = {"enable-safety-checker",
        KIND_SWITCH, "Safety checker",
      "Whether the service checks prompt and video for unsafe content. default: "
        "not sent, and the model decides"},
  [GST_FOXAPI_PROP_EXTRA_PARAMETERS] = {"extra-parameters", KIND_STRUCTURE,
        "Extra parameters",
      "Other fields of the request, by the service's names, such as "
        "\"parameters,generate_audio=true\". They override the other "
        "properties. NULL: none"},
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
    case KIND_MEDIA:
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
gst_foxapi_fields_copy (const GstFoxapiFields * fields, GstFoxapiFields * copy)
{
  memset (copy, 0, sizeof (*copy));
  for (guint id = 1; id < GST_FOXAPI_N_FIELDS; id++) {
    g_value_init (&copy->values[id], G_VALUE_TYPE (&fields->values[id]));
    g_value_copy (&fields->values[id], &copy->values[id]);
    copy->is_set[id] = fields->is_set[id];
  }
}

void
gst_foxapi_fields_clear (GstFoxapiFields * fields)
{
  for (guint id = 1; id < GST_FOXAPI_N_FIELDS; id++)
    g_value_unset (&fields->values[id]);
}

static gboolean find_member (GQuark name, GValue * value, gpointer members);

/* @rule: of the field; NULL: it is of media. */
static void
find_in_value (GValue * value, JsonObject * rule)
{
  gboolean is_list = GST_VALUE_HOLDS_LIST (value);
  guint n = is_list ? gst_value_list_get_size (value) :
      GST_VALUE_HOLDS_ARRAY (value) ? gst_value_array_get_size (value) : 0;
  gchar *uri = NULL;

  if (G_VALUE_HOLDS_STRING (value) && g_value_get_string (value) != NULL
      && (rule == NULL || json_object_has_member (rule, "media")))
    uri = foxapi_local_file_find_uri (g_value_get_string (value));
  if (uri != NULL)
    g_value_take_string (value, uri);
  /* The items are this copy's own. */
  for (guint i = 0; i < n; i++)
    find_in_value ((GValue *) (is_list ? gst_value_list_get_value (value, i) :
            gst_value_array_get_value (value, i)), rule);
  if (GST_VALUE_HOLDS_STRUCTURE (value) && rule != NULL)
    gst_structure_map_in_place (g_value_get_boxed (value), find_member,
        foxapi_json_get_object (rule, "members"));
}

static gboolean
find_member (GQuark name, GValue * value, gpointer members)
{
  JsonObject *rule = members ? foxapi_json_get_object (members,
      g_quark_to_string (name)) : NULL;

  if (rule != NULL)
    find_in_value (value, rule);
  return TRUE;
}

/* Where media belong, the path of a file that is there becomes its URI, so that it is
 * the same file wherever the process goes. What is none stays: it may be missing yet,
 * and some models take ids or the media themselves as text. */
void
gst_foxapi_fields_find_files (GstFoxapiFields * fields)
{
  GstStructure *extra =
      g_value_get_boxed (&fields->values[GST_FOXAPI_PROP_EXTRA_PARAMETERS]);
  const gchar *model = extra ? gst_structure_get_string (extra, "model") : NULL;

  for (guint id = 1; id < GST_FOXAPI_N_FIELDS; id++) {
    if (rows[id].kind == KIND_MEDIA || rows[id].kind == KIND_LIST)
      find_in_value (&fields->values[id], NULL);
  }
  if (model == NULL)
    model = g_value_get_string (&fields->values[GST_FOXAPI_PROP_MODEL]);
  if (extra != NULL)
    gst_structure_map_in_place (extra, find_member,
        foxapi_json_get_object (foxapi_catalogue_find (model), "fields"));
}

void
gst_foxapi_fields_set (GstFoxapiFields * fields, guint id, const GValue * value)
{
  g_value_copy (value, &fields->values[id]);
  fields->is_set[id] = TRUE;
  gst_foxapi_fields_find_files (fields);
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
      _("The property %s %s. Nothing was sent."), rows[id].name, what);
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
    what = g_strdup_printf (_("is %d, which is none of its values; "
            "gst-inspect-1.0 foxapivideosrc lists them"), number);
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
    case KIND_MEDIA:
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

/* Of prompt="" ! or prompt="" seed=5 the shell leaves prompt= ! or prompt= seed=5,
 * and gst-launch-1.0 takes the next word as the value. A text of several words is
 * one that somebody means, unless it begins as no sentence does:
 * negative-prompt="a b". */
static gboolean
is_next_word (const gchar * text, GObjectClass * owner)
{
  const gchar *end = strchr (text, '=');
  g_autofree gchar *name = end ? g_strndup (text, end - text) : NULL;

  if (name == NULL || owner == NULL || (strpbrk (name, "-_") == NULL
          && strpbrk (text, " \t\r\n") != NULL))
    return g_str_equal (text, "!");
  return g_object_class_find_property (owner, name) != NULL;
}

/* %FALSE: the value of @property is such a word. It is not shown: it may be the key.
 * @text and @owner: (nullable) */
gboolean
gst_foxapi_check_word (const gchar * property, const gchar * text,
    GObjectClass * owner, GError ** error)
{
  if (text == NULL || !is_next_word (text, owner))
    return TRUE;
  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
      _("The property %s is empty: gst-launch-1.0 took the next word as its "
          "value. Give it a value, or leave it out. Nothing was sent."),
      property);
  return FALSE;
}

static JsonNode *
to_node (guint id, const GValue * value, GObjectClass * owner, GError ** error)
{
  if (G_VALUE_HOLDS_ENUM (value))
    return enum_to_node (id, value, error);
  if (G_VALUE_HOLDS_STRING (value) && !is_text (value))
    return refuse (error, id, _("is not UTF-8 text"));
  if (G_VALUE_HOLDS_STRING (value) && !gst_foxapi_check_word (rows[id].name,
          g_value_get_string (value), owner, error))
    return NULL;
  if (G_VALUE_HOLDS_STRING (value) && *g_value_get_string (value) != '\0'
      && foxapi_rules_is_blank (g_value_get_string (value)))
    return refuse (error, id, _("is empty: it has nothing but spaces"));
  if (rows[id].kind == KIND_SEED && g_value_get_int64 (value) < 0) {
    g_autofree gchar *what = g_strdup_printf (_("is %lld, but must be from 0 "
            "to 2147483647, or -1 for none"),
        (long long) g_value_get_int64 (value));

    return refuse (error, id, what);
  }
  if (rows[id].kind == KIND_LIST) {
    for (guint i = 0; i < gst_value_array_get_size (value); i++) {
      const GValue *item = gst_value_array_get_value (value, i);

      if (!is_text (item))
        return refuse (error, id, _("has an item that is not UTF-8 text"));
      if (!gst_foxapi_check_word (rows[id].name, g_value_get_string (item),
              owner, error))
        return NULL;
    }
  }
  return gst_foxapi_value_to_json (value, error);
}

/* What is set, by the properties' names, and the extra parameters (nullable).
 * @owner (nullable): of the element, to know its properties on a launch line */
gboolean
gst_foxapi_fields_to_json (const GstFoxapiFields * fields,
    GObjectClass * owner, JsonObject ** properties, JsonObject ** extra,
    GError ** error)
{
  const GstStructure *structure =
      g_value_get_boxed (&fields->values[GST_FOXAPI_PROP_EXTRA_PARAMETERS]);
  g_autoptr (JsonObject) members = json_object_new ();

  for (guint id = 1; id < GST_FOXAPI_N_FIELDS; id++) {
    JsonNode *node;

    if (!has_value (fields, id))
      continue;
    node = to_node (id, &fields->values[id], owner, error);
    if (node == NULL)
      return FALSE;
    json_object_set_member (members, rows[id].name, node);
  }
  *extra = NULL;
  if (structure != NULL) {
    *extra = gst_foxapi_structure_to_json (structure, error);
    if (*extra == NULL) {
      g_prefix_error (error, _("The property extra-parameters, "));
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
    case KIND_MEDIA:
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
          _("The URI's field %s is not a whole number that can be used"), name);
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
      g_prefix_error (&fault, _("The URI's "));
    g_value_take_boxed (&taken.values[GST_FOXAPI_PROP_EXTRA_PARAMETERS],
        structure);
  }
  if (fault != NULL) {
    gst_foxapi_fields_clear (&taken);
    g_propagate_error (error, g_steal_pointer (&fault));
    return FALSE;
  }
  gst_foxapi_fields_find_files (&taken);
  gst_foxapi_fields_clear (fields);
  *fields = taken;
  return TRUE;
}
