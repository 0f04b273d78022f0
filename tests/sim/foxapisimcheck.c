/* The FoxAPI service, simulated: what a submission may say.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "foxapisimprivate.h"

#include <string.h>

#define DEFAULT_MODEL "wan-2.7-reference-to-video"

typedef enum
{
  KIND_STRING,                  /* min to max characters, one of choices */
  KIND_INTEGER,                 /* min to max */
  KIND_BOOLEAN,
  KIND_IMAGE_URLS,
  KIND_VIDEO_URLS,
} FieldKind;

typedef struct
{
  const gchar *name;
  FieldKind kind;
  gboolean required;
  gboolean nullable;
  gint64 min;
  gint64 max;
  const gchar *const *choices;
} Field;

static const gchar *const resolutions[] = { "720p", "1080p", NULL };

static const gchar *const other_resolutions[] = {
  "480p", "720p", "1080p", NULL
};

static const gchar *const ratios[] = {
  "16:9", "9:16", "1:1", "4:3", "3:4", NULL
};

static const gchar *const other_models[] = {
  "wan-2.7-text-to-video", "wan-2.7-image-to-video", "seedance-2.0", NULL
};

static const Field reference_fields[] = {
  {"model", KIND_STRING, TRUE, FALSE, 1, 200, NULL},
  {"prompt", KIND_STRING, TRUE, FALSE, 1, 5000, NULL},
  {"reference_image_urls", KIND_IMAGE_URLS, FALSE, TRUE, 0, 0, NULL},
  {"reference_video_urls", KIND_VIDEO_URLS, FALSE, TRUE, 0, 0, NULL},
  {"duration", KIND_INTEGER, FALSE, FALSE, 2, 10, NULL},
  {"resolution", KIND_STRING, FALSE, FALSE, 1, 100, resolutions},
  {"aspect_ratio", KIND_STRING, FALSE, FALSE, 1, 100, ratios},
  {"negative_prompt", KIND_STRING, FALSE, TRUE, 0, 500, NULL},
  {"seed", KIND_INTEGER, FALSE, TRUE, 0, G_MAXINT32, NULL},
  {"multi_shots", KIND_BOOLEAN, FALSE, TRUE, 0, 0, NULL},
  {"enable_safety_checker", KIND_BOOLEAN, FALSE, TRUE, 0, 0, NULL},
};

/* Of the other models only what several of them share is looked at. */
static const Field other_fields[] = {
  {"model", KIND_STRING, TRUE, FALSE, 1, 200, NULL},
  {"prompt", KIND_STRING, TRUE, FALSE, 1, 5000, NULL},
  {"reference_image_urls", KIND_IMAGE_URLS, FALSE, TRUE, 0, 0, NULL},
  {"reference_video_urls", KIND_VIDEO_URLS, FALSE, TRUE, 0, 0, NULL},
  {"image_urls", KIND_IMAGE_URLS, FALSE, TRUE, 0, 0, NULL},
  {"audio_urls", KIND_VIDEO_URLS, FALSE, TRUE, 0, 0, NULL},
  {"duration", KIND_INTEGER, FALSE, TRUE, 1, 15, NULL},
  {"resolution", KIND_STRING, FALSE, TRUE, 1, 100, other_resolutions},
  {"aspect_ratio", KIND_STRING, FALSE, TRUE, 1, 100, NULL},
  {"ratio", KIND_STRING, FALSE, TRUE, 1, 100, NULL},
  {"generation_type", KIND_STRING, FALSE, TRUE, 1, 100, NULL},
  {"video_url", KIND_STRING, FALSE, TRUE, 1, 5000, NULL},
  {"generate_audio", KIND_BOOLEAN, FALSE, TRUE, 0, 0, NULL},
  {"seed", KIND_INTEGER, FALSE, TRUE, 0, G_MAXINT32, NULL},
};

/* The sizes of the five ratios, and the longest of them first at 480p */
static const struct
{
  const gchar *resolution;
  const gchar *ratio;
  gint width;
  gint height;
} sizes[] = {
  {"1080p", "16:9", 1920, 1080},
  {"1080p", "9:16", 1080, 1920},
  {"1080p", "1:1", 1440, 1440},
  {"1080p", "4:3", 1632, 1248},
  {"1080p", "3:4", 1248, 1632},
  {"720p", "16:9", 1280, 720},
  {"720p", "9:16", 720, 1280},
  {"720p", "1:1", 960, 960},
  {"720p", "4:3", 1088, 832},
  {"720p", "3:4", 832, 1088},
  {"480p", "16:9", 848, 480},
  {"480p", "9:16", 480, 848},
  {"480p", "1:1", 640, 640},
  {"480p", "4:3", 736, 544},
  {"480p", "3:4", 544, 736},
};

void
foxapi_sim_order_free (FoxapiSimOrder * order)
{
  if (order == NULL)
    return;
  g_free (order->model);
  g_free (order->prompt);
  g_ptr_array_unref (order->references);
  g_free (order);
}

FoxapiSimOrder *
foxapi_sim_order_new_default (void)
{
  FoxapiSimOrder *order = g_new0 (FoxapiSimOrder, 1);

  order->model = g_strdup (DEFAULT_MODEL);
  order->prompt = g_strdup ("A task from elsewhere");
  order->duration = 5;
  order->width = 1920;
  order->height = 1080;
  order->seed = -1;
  order->references = g_ptr_array_new_with_free_func (g_free);
  return order;
}

static gpointer
copy_text (gconstpointer text, G_GNUC_UNUSED gpointer data)
{
  return g_strdup (text);
}

FoxapiSimOrder *
foxapi_sim_order_copy (const FoxapiSimOrder * order)
{
  FoxapiSimOrder *copy = g_memdup2 (order, sizeof *order);

  copy->model = g_strdup (order->model);
  copy->prompt = g_strdup (order->prompt);
  copy->references = g_ptr_array_copy (order->references, copy_text, NULL);
  g_ptr_array_set_free_func (copy->references, g_free);
  return copy;
}

static GType
get_type (JsonNode * node)
{
  return JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node)
      : G_TYPE_INVALID;
}

static gchar *
check_string (const Field * field, JsonNode * node)
{
  const gchar *text;
  glong length;

  if (get_type (node) != G_TYPE_STRING)
    return g_strdup ("must be a string");
  text = json_node_get_string (node);
  length = g_utf8_strlen (text, -1);
  if (length < field->min)
    return g_strdup ("must not be empty");
  if (length > field->max)
    return g_strdup_printf ("has %ld characters, at most %" G_GINT64_FORMAT
        " are allowed", length, field->max);
  if (field->choices != NULL && !g_strv_contains (field->choices, text)) {
    g_autofree gchar *all = g_strjoinv (", ", (gchar **) field->choices);

    return g_strdup_printf ("must be one of %s", all);
  }
  return NULL;
}

static gchar *
check_integer (const Field * field, JsonNode * node)
{
  gint64 value;

  if (get_type (node) != G_TYPE_INT64)
    return g_strdup ("must be an integer");
  value = json_node_get_int (node);
  if (value < field->min || value > field->max)
    return g_strdup_printf ("must be within %" G_GINT64_FORMAT " and %"
        G_GINT64_FORMAT, field->min, field->max);
  return NULL;
}

static gchar *
check_url (FoxapiSim * sim, const gchar * url, guint64 max_size)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  g_autofree gchar *uploads =
      g_strconcat (sim->result_base_url, "/uploads/", NULL);
  const gchar *host;
  GBytes *upload;

  host = uri != NULL ? g_uri_get_host (uri) : NULL;
  if (host == NULL || *host == '\0'
      || (strcmp (g_uri_get_scheme (uri), "http") != 0
          && strcmp (g_uri_get_scheme (uri), "https") != 0))
    return g_strdup ("must hold http or https URLs");
  if (!g_str_has_prefix (url, uploads))
    return NULL;
  upload = foxapi_sim_upload_find (sim, url);
  if (upload == NULL)
    return g_strdup ("names an upload that is not there");
  if (g_bytes_get_size (upload) > max_size)
    return g_strdup ("names an upload that is too large");
  return NULL;
}

static gchar *
check_urls (FoxapiSim * sim, const Field * field, JsonNode * node)
{
  guint64 max_size = field->kind == KIND_IMAGE_URLS ? 20000000 : 100000000;
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return g_strdup ("must be an array of strings");
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);
    gchar *why;

    if (get_type (element) != G_TYPE_STRING)
      return g_strdup ("must be an array of strings");
    why = check_url (sim, json_node_get_string (element), max_size);
    if (why != NULL)
      return why;
  }
  return NULL;
}

/* What is wrong with @node, NULL if nothing is */
static gchar *
check_field (FoxapiSim * sim, const Field * field, JsonNode * node)
{
  if (node == NULL)
    return g_strdup_printf ("is %s", field->required ? "missing" : "absent");
  if (JSON_NODE_HOLDS_NULL (node))
    return field->nullable ? NULL : g_strdup ("must not be null");
  switch (field->kind) {
    case KIND_STRING:
      return check_string (field, node);
    case KIND_INTEGER:
      return check_integer (field, node);
    case KIND_BOOLEAN:
      return get_type (node) == G_TYPE_BOOLEAN ? NULL
          : g_strdup ("must be a boolean");
    case KIND_IMAGE_URLS:
    case KIND_VIDEO_URLS:
      return check_urls (sim, field, node);
    default:
      g_return_val_if_reached (NULL);
  }
}

static gboolean
check_fields (FoxapiSim * sim, JsonObject * object, const Field * fields,
    guint n_fields, const gchar ** code, gchar ** message)
{
  for (guint i = 0; i < n_fields; i++) {
    JsonNode *node = json_object_get_member (object, fields[i].name);
    g_autofree gchar *why = NULL;

    if (node == NULL && !fields[i].required)
      continue;
    why = check_field (sim, &fields[i], node);
    if (why != NULL) {
      *code = node != NULL ? "invalid_param" : "missing_parameter";
      *message = g_strdup_printf ("%s %s", fields[i].name, why);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
check_unknown (JsonObject * object, const gchar ** code, gchar ** message)
{
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList * l = members; l != NULL; l = l->next) {
    gboolean known = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS (reference_fields); i++)
      known |= strcmp (reference_fields[i].name, l->data) == 0;
    if (!known) {
      *code = "unsupported_advanced_options";
      *message = g_strdup_printf ("%s is not a field of this model",
          (const gchar *) l->data);
      return FALSE;
    }
  }
  return TRUE;
}

/* The string of a member that was checked, or what it is by default */
static const gchar *
get_text (JsonObject * object, const gchar * name, const gchar * fallback)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && get_type (node) == G_TYPE_STRING
      ? json_node_get_string (node) : fallback;
}

static gint64
get_number (JsonObject * object, const gchar * name, gint64 fallback)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && get_type (node) == G_TYPE_INT64
      ? json_node_get_int (node) : fallback;
}

static void
add_references (FoxapiSimOrder * order, JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return;
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_ptr_array_add (order->references,
        g_strdup (json_array_get_string_element (array, i)));
}

static FoxapiSimOrder *
order_new (JsonObject * object)
{
  FoxapiSimOrder *order = g_new0 (FoxapiSimOrder, 1);
  const gchar *resolution = get_text (object, "resolution", "1080p");
  const gchar *ratio = get_text (object, "aspect_ratio",
      get_text (object, "ratio", "16:9"));

  order->model = g_strdup (get_text (object, "model", DEFAULT_MODEL));
  order->prompt = g_strdup (get_text (object, "prompt", ""));
  order->duration = get_number (object, "duration", 5);
  order->seed = get_number (object, "seed", -1);
  order->references = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    if (strcmp (sizes[i].resolution, resolution) != 0)
      continue;
    /* The first, 16:9, stands in for a ratio that is not in the table */
    if (order->width == 0 || strcmp (sizes[i].ratio, ratio) == 0) {
      order->width = sizes[i].width;
      order->height = sizes[i].height;
    }
  }
  add_references (order, object, "reference_image_urls");
  add_references (order, object, "reference_video_urls");
  add_references (order, object, "image_urls");
  return order;
}

/* The order that @object is, NULL with @code and @message where it is none.
 * With the lock held: it looks at the uploads. */
FoxapiSimOrder *
foxapi_sim_order_check (FoxapiSim * sim, JsonObject * object,
    const gchar ** code, gchar ** message)
{
  const gchar *model;

  if (!check_fields (sim, object, reference_fields, 1, code, message))
    return NULL;
  model = json_object_get_string_member (object, "model");
  if (strcmp (model, DEFAULT_MODEL) == 0) {
    if (!check_fields (sim, object, reference_fields,
            G_N_ELEMENTS (reference_fields), code, message)
        || !check_unknown (object, code, message))
      return NULL;
  } else if (g_strv_contains (other_models, model)) {
    if (!check_fields (sim, object, other_fields, G_N_ELEMENTS (other_fields),
            code, message))
      return NULL;
  } else {
    *code = "model_not_found";
    *message = g_strdup_printf ("model %s is not known", model);
    return NULL;
  }
  return order_new (object);
}
