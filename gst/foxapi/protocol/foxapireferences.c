/* Local files in a request body: found, checked, replaced by their uploads
 *
 * A file URI never goes to the service, in whatever field it stands: it says how
 * somebody's folders are called. In a field of media it becomes an upload, in any
 * other it is an error.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapireferences.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "foxapicatalogue.h"
#include "foxapijson.h"

/* RFC 8089 knows file:/path, too. What a person has pasted with a space before it
 * is no less private. */
static gboolean
is_local (const gchar * text)
{
  while (g_ascii_isspace (*text))
    text++;
  return g_ascii_strncasecmp (text, "file:/", strlen ("file:/")) == 0;
}

static FoxapiLocalFile *
find_file (GPtrArray * files, const gchar * uri)
{
  for (guint i = 0; i < files->len; i++) {
    FoxapiLocalFile *file = g_ptr_array_index (files, i);

    if (g_str_equal (file->uri, uri))
      return file;
  }
  return NULL;
}

static gchar *
name_file (const gchar * text, gpointer files)
{
  FoxapiLocalFile *file = find_file (files, text);

  if (file == NULL)
    return NULL;
  return file->url ? g_strdup (file->url) :
      g_strconcat ("sha256:", file->digest, NULL);
}

/* Checking and reading */

typedef struct
{
  const gchar *model;
  JsonObject *properties;       /* what is set, by its names: for errors */
  GPtrArray *files;             /* of FoxapiLocalFile; NULL: only the starts of
                                 * files are read */
  GCancellable *cancellable;
} Reading;

/* Files of one family have the same first bytes more often than not. */
static gboolean
is_of_format (const gchar * extension, const gchar * format)
{
  static const gchar *const family[] = { "mp4", "mov", "m4a", "m4v", NULL };

  return g_str_equal (extension, format)
      || (g_str_equal (extension, "jpg") && g_str_equal (format, "jpeg"))
      || (g_strv_contains (family, extension)
      && g_strv_contains (family, format));
}

/* Where an entry names no formats, a file must at least be of one that is known, and
 * of the kind that the field takes. */
static const gchar *
list_usual_formats (JsonObject * rule)
{
  static const gchar *const usual[][2] = {
    {"image", "jpeg, png, webp, bmp, gif"}, {"video", "mp4, mov, webm, mkv"},
    {"audio", "mp3, wav, m4a, aac, ogg, flac"},
  };
  const gchar *media = foxapi_json_get_string (rule, "media");

  for (guint i = 0; i < G_N_ELEMENTS (usual); i++) {
    if (g_strcmp0 (media, usual[i][0]) == 0)
      return usual[i][1];
  }
  return NULL;
}

/* Of a known file. A container that has video in general may hold sound alone. */
static gboolean
is_of_kind (FoxapiLocalFile * file, JsonObject * rule)
{
  const gchar *media = foxapi_json_get_string (rule, "media");
  g_autofree gchar *kind = g_strndup (file->type, strcspn (file->type, "/"));

  return g_str_equal (media, kind) || (g_str_equal (media, "audio")
      && g_str_equal (kind, "video"));
}

/* What the service would refuse after the upload, such as a photo in HEIC or a video
 * for an image, and what is no media at all */
static gboolean
check_format (FoxapiLocalFile * file, const gchar * field, JsonObject * rule,
    const gchar * model, GError ** error)
{
  JsonArray *formats = foxapi_json_get_array (rule, "formats");
  const gchar *usual = list_usual_formats (rule);
  const gchar *format = *file->extension ? file->extension + 1 : "";
  g_autoptr (GString) wanted = g_string_new (formats ? NULL : usual);

  if (formats == NULL && (usual == NULL || (file->is_known
              && is_of_kind (file, rule))))
    return TRUE;
  for (guint i = 0; formats && i < json_array_get_length (formats); i++) {
    const gchar *one = json_array_get_string_element (formats, i);

    if ((file->is_known || usual == NULL) && is_of_format (format, one))
      return TRUE;
    g_string_append_printf (wanted, "%s%s", i > 0 ? ", " : "", one);
  }
  if (file->is_known)
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS, _("%s names %s, "
            "which is of the format %s, but %s takes %s there. Convert the "
            "file, then start again. Nothing was sent."), field, file->uri,
        format, model, wanted->str);
  else
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS, _("%s names %s, "
            "which is of no media format that the element knows, but %s takes "
            "%s there. Name another file, then start again. Nothing was "
            "sent."), field, file->uri, model, wanted->str);
  return FALSE;
}

static gboolean
check_size (FoxapiLocalFile * file, const gchar * field, JsonObject * rule,
    const gchar * model, GError ** error)
{
  gint64 least;

  if (file->short_side == 0
      || !foxapi_json_get_int (rule, "min_short_side", &least)
      || file->short_side >= least)
    return TRUE;
  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS, _("%s names %s, "
          "whose shorter side has %u pixels, but %s takes no fewer than %lld. "
          "Name a larger image, then start again. Nothing was sent."), field,
      file->uri, file->short_side, model, (long long) least);
  return FALSE;
}

/* A file that is named twice is read once, but checked by both rules. */
static gboolean
read_file (const gchar * uri, const gchar * path, Reading * reading,
    GError ** error)
{
  JsonObject *rule = foxapi_catalogue_get_rule (foxapi_catalogue_find
      (reading->model), path);
  gint64 limit = FOXAPI_UPLOAD_MAX_BYTES;
  g_autofree gchar *field = NULL;
  g_autoptr (FoxapiLocalFile) looked_at = NULL;
  FoxapiLocalFile *file;

  if (rule == NULL || !json_object_has_member (rule, "media")) {
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        _("The field %s takes no media that the element knows of, so the "
            "file %s is not uploaded. Remove it, or give an http or https "
            "URL. Nothing was sent."), path, uri);
    return FALSE;
  }
  foxapi_json_get_int (rule, "max_bytes", &limit);
  field = foxapi_catalogue_name_field (path, rule, reading->properties, uri);
  if (!foxapi_local_file_check (uri, field, MIN (limit,
              FOXAPI_UPLOAD_MAX_BYTES), error))
    return FALSE;
  file = reading->files ? find_file (reading->files, uri) : NULL;
  if (file == NULL) {
    file = foxapi_local_file_read (uri, reading->files == NULL,
        reading->cancellable, error);
    if (file == NULL)
      return FALSE;
    if (reading->files != NULL)
      g_ptr_array_add (reading->files, file);
    else
      looked_at = file;
  }
  return check_format (file, field, rule, reading->model, error)
      && check_size (file, field, rule, reading->model, error);
}

static gboolean
read_node (JsonNode * node, const gchar * path, Reading * reading,
    GError ** error)
{
  const gchar *text = foxapi_json_node_get_string (node);
  gboolean goes_on = TRUE;

  if (text != NULL)
    return !is_local (text) || read_file (text, path, reading, error);

  if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);

    for (guint i = 0; i < json_array_get_length (array) && goes_on; i++)
      goes_on = read_node (json_array_get_element (array, i), path, reading,
          error);
  } else if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObjectIter iter;
    const gchar *name;
    JsonNode *member;

    json_object_iter_init (&iter, json_node_get_object (node));
    while (goes_on && json_object_iter_next (&iter, &name, &member)) {
      g_autofree gchar *member_path = *path != '\0' ?
          g_strconcat (path, ".", name, NULL) : g_strdup (name);

      goes_on = read_node (member, member_path, reading, error);
    }
  }
  return goes_on;
}

/* Checks the local files that @body names, and fills @files (of #FoxapiLocalFile);
 * NULL: only their starts are read. @properties: what is set, by the
 * properties' names */
gboolean
foxapi_references_read (JsonObject * body, JsonObject * properties,
    GPtrArray * files, GCancellable * cancellable, GError ** error)
{
  Reading reading = { foxapi_json_get_string (body, "model"), properties,
    files, cancellable
  };
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), body);

  return read_node (root, "", &reading, error);
}

/* (transfer full): the text of @body, in which each of @files is named by its upload,
 * or if it has not been uploaded, by its content */
gchar *
foxapi_references_name (JsonObject * body, GPtrArray * files)
{
  g_autoptr (JsonObject) named =
      foxapi_json_edit_texts (body, name_file, files);

  return foxapi_json_to_text (named);
}
