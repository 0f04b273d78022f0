/* Presets: the generation properties under a name
 *
 * Saving, listing and naming are GStreamer's own. Loading is not: what GStreamer
 * 1.22 has saved of a text with a space in it, as every prompt has, it cannot
 * read back (it saves with g_key_file_set_string() and loads with
 * g_key_file_get_value(), which leaves the backslashes in).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapivideosrc.h"

#define PRESET_FOLDER "gstreamer-1.0" G_DIR_SEPARATOR_S "presets"

/* A text or a structure that GStreamer has no words for */
static gboolean
is_null (const GValue * value)
{
  return g_value_fits_pointer (value) && g_value_peek_pointer (value) == NULL;
}

/* What is set of what to generate: neither keys nor tasks are saved under a name,
 * and a default only goes to the default model. */
static gchar **
get_property_names (GstPreset * preset)
{
  GstFoxapiFields *fields =
      gst_foxapi_video_src_get_fields (GST_FOXAPI_VIDEO_SRC (preset));
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_autofree GParamSpec **specs = NULL;
  guint n;

  specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (preset), &n);
  GST_OBJECT_LOCK (preset);
  for (guint i = 0; i < n; i++) {
    if (specs[i]->owner_type == G_OBJECT_TYPE (preset)
        && gst_foxapi_field_is_known (specs[i]->param_id)
        && fields->is_set[specs[i]->param_id]
        && !is_null (&fields->values[specs[i]->param_id]))
      g_strv_builder_add (names, specs[i]->name);
  }
  GST_OBJECT_UNLOCK (preset);
  return g_strv_builder_end (names);
}

/* Where GStreamer looks for presets (gst_preset_default_load_preset()): the
 * user's own come first. */
static gchar **
list_folders (void)
{
  g_autoptr (GStrvBuilder) folders = g_strv_builder_new ();
  g_autofree gchar *own = g_build_filename (g_get_user_data_dir (),
      PRESET_FOLDER, NULL);
  g_auto (GStrv) path = g_strsplit (g_getenv ("GST_PRESET_PATH") ?
      g_getenv ("GST_PRESET_PATH") : "", G_SEARCHPATH_SEPARATOR_S, -1);

  g_strv_builder_add (folders, own);
  g_strv_builder_addv (folders, (const char **) path);
  if (gst_preset_get_app_dir () != NULL)
    g_strv_builder_add (folders, gst_preset_get_app_dir ());
  for (const gchar * const *dir = g_get_system_data_dirs (); *dir; dir++) {
    g_autofree gchar *folder = g_build_filename (*dir, PRESET_FOLDER, NULL);

    g_strv_builder_add (folders, folder);
  }
  return g_strv_builder_end (folders);
}

static GKeyFile *
find_preset (GstPreset * preset, const gchar * name)
{
  g_auto (GStrv) folders = list_folders ();
  g_autofree gchar *file = g_strconcat (G_OBJECT_TYPE_NAME (preset), ".prs",
      NULL);

  for (gchar ** folder = folders; *folder != NULL; folder++) {
    g_autofree gchar *path = g_build_filename (*folder, file, NULL);
    g_autoptr (GKeyFile) presets = g_key_file_new ();

    if (g_key_file_load_from_file (presets, path, G_KEY_FILE_NONE, NULL)
        && g_key_file_has_group (presets, name))
      return g_steal_pointer (&presets);
  }
  return NULL;
}

static gboolean
read_value (GKeyFile * presets, const gchar * name, GParamSpec * spec,
    GValue * value)
{
  g_autofree gchar *text = g_key_file_get_string (presets, name, spec->name,
      NULL);
  g_autofree gchar *raw = NULL;

  if (text != NULL && gst_value_deserialize_with_pspec (value, text, spec))
    return TRUE;
  raw = g_key_file_get_value (presets, name, spec->name, NULL);
  return raw != NULL && gst_value_deserialize_with_pspec (value, raw, spec);
}

/* A preset is a whole set: what it does not name gets its default. */
static gboolean
load_preset (GstPreset * preset, const gchar * name)
{
  GstFoxapiFields *fields =
      gst_foxapi_video_src_get_fields (GST_FOXAPI_VIDEO_SRC (preset));
  g_autoptr (GKeyFile) presets = find_preset (preset, name);
  g_autofree GParamSpec **specs = NULL;
  guint n;

  if (presets == NULL)
    return FALSE;

  specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (preset), &n);
  for (guint i = 0; i < n; i++) {
    GValue value = G_VALUE_INIT;

    if (specs[i]->owner_type != G_OBJECT_TYPE (preset)
        || !gst_foxapi_field_is_known (specs[i]->param_id))
      continue;
    g_value_init (&value, specs[i]->value_type);
    if (read_value (presets, name, specs[i], &value)) {
      g_object_set_property (G_OBJECT (preset), specs[i]->name, &value);
    } else {
      GST_OBJECT_LOCK (preset);
      gst_foxapi_fields_unset (fields, specs[i]->param_id);
      GST_OBJECT_UNLOCK (preset);
    }
    g_value_unset (&value);
  }
  return TRUE;
}

void
gst_foxapi_presets_init (gpointer iface, gpointer data)
{
  GstPresetInterface *preset = iface;

  preset->get_property_names = get_property_names;
  preset->load_preset = load_preset;
}
