/* Local files in a request body: found, checked, replaced by their uploads
 *
 * A file URI never goes to the service, in whatever field it stands: it says how
 * somebody's folders are called. In a field of media it becomes an upload, in any
 * other it is an error.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapireferences.h"

#include <string.h>

#include "foxapijson.h"

/* Called for each file URI in a body; %FALSE with @error set ends it all. */
typedef gboolean (*VisitFile) (const gchar * uri, const gchar * path,
    gpointer user_data, GError ** error);

/* RFC 8089 knows file:/path, too. What a person has pasted with a space before it
 * is no less private. */
static gboolean
is_local (const gchar * text)
{
  while (g_ascii_isspace (*text))
    text++;
  return g_ascii_strncasecmp (text, "file:/", strlen ("file:/")) == 0;
}

static gboolean
visit_node (JsonNode * node, const gchar * path, VisitFile visit,
    gpointer user_data, GError ** error)
{
  const gchar *text = foxapi_json_node_get_string (node);
  gboolean goes_on = TRUE;

  if (text != NULL)
    return !is_local (text) || visit (text, path, user_data, error);

  if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);

    for (guint i = 0; i < json_array_get_length (array) && goes_on; i++)
      goes_on = visit_node (json_array_get_element (array, i), path, visit,
          user_data, error);
  } else if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObjectIter iter;
    const gchar *name;
    JsonNode *member;

    json_object_iter_init (&iter, json_node_get_object (node));
    while (goes_on && json_object_iter_next (&iter, &name, &member)) {
      g_autofree gchar *member_path = *path != '\0' ?
          g_strconcat (path, ".", name, NULL) : g_strdup (name);

      goes_on = visit_node (member, member_path, visit, user_data, error);
    }
  }
  return goes_on;
}

static gboolean
visit_files (JsonObject * body, VisitFile visit, gpointer user_data,
    GError ** error)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), body);

  return visit_node (root, "", visit, user_data, error);
}

/* A copy of @node in which what stands in @replacements (of texts) is replaced. */
static JsonNode *
replace (JsonNode * node, GHashTable * replacements)
{
  const gchar *text = foxapi_json_node_get_string (node);
  const gchar *replacement =
      text ? g_hash_table_lookup (replacements, text) : NULL;

  if (replacement != NULL)
    return json_node_init_string (json_node_alloc (), replacement);

  if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *old = json_node_get_array (node);
    g_autoptr (JsonArray) new = json_array_new ();

    for (guint i = 0; i < json_array_get_length (old); i++)
      json_array_add_element (new, replace (json_array_get_element (old, i),
              replacements));
    return json_node_init_array (json_node_alloc (), new);
  }
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    g_autoptr (JsonObject) new = json_object_new ();
    g_autoptr (GList) names =
        json_object_get_members (json_node_get_object (node));

    for (GList * l = names; l != NULL; l = l->next)
      json_object_set_member (new, l->data,
          replace (json_object_get_member (json_node_get_object (node),
                  l->data), replacements));
    return json_node_init_object (json_node_alloc (), new);
  }
  return json_node_copy (node);
}

static JsonObject *
replace_files (JsonObject * body, GHashTable * replacements)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), body);
  g_autoptr (JsonNode) new = replace (root, replacements);

  return json_node_dup_object (new);
}

/* Checking */

static goffset
get_media_limit (const gchar * model, const gchar * path)
{
  if (g_str_equal (path, "reference_image_urls"))
    return FOXAPI_IMAGE_MAX_BYTES;
  if (g_str_equal (path, "reference_video_urls"))
    return FOXAPI_VIDEO_MAX_BYTES;
  return 0;
}

static gboolean
check_file (const gchar * uri, const gchar * path, gpointer user_data,
    GError ** error)
{
  goffset limit = get_media_limit (user_data, path);
  g_autofree gchar *field = NULL;

  if (limit == 0) {
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        "The field %s is not known to take media, and %s is a file on this "
        "machine: give an http or https URL there. Nothing was sent.", path,
        uri);
    return FALSE;
  }
  field = g_strdelimit (g_strconcat ("The property ", path, NULL), "_", '-');
  return foxapi_local_file_check (uri, field,
      MIN (limit, FOXAPI_UPLOAD_MAX_BYTES), error);
}

gboolean
foxapi_references_check (JsonObject * body, GError ** error)
{
  return visit_files (body, check_file,
      (gpointer) foxapi_json_get_string (body, "model"), error);
}

/* Telling apart */

typedef struct
{
  const gchar *model;
  GHashTable *files;            /* file URI → FoxapiLocalFile */
  GHashTable *replacements;     /* file URI → what to write instead */
  GCancellable *cancellable;
} Reading;

/* A file that is named twice is read once, but checked against both limits. */
static gboolean
read_file (const gchar * uri, const gchar * path, gpointer user_data,
    GError ** error)
{
  Reading *reading = user_data;
  FoxapiLocalFile *file = g_hash_table_lookup (reading->files, uri);

  if (!check_file (uri, path, (gpointer) reading->model, error))
    return FALSE;
  if (file == NULL) {
    file = foxapi_local_file_read (uri, reading->cancellable, error);
    if (file == NULL)
      return FALSE;
    g_hash_table_insert (reading->files, file->uri, file);
  }
  g_hash_table_insert (reading->replacements, file->uri,
      g_strconcat ("sha256:", file->digest, NULL));
  return TRUE;
}

GHashTable *
foxapi_references_new_files (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) foxapi_local_file_free);
}

/* Fills @files, and returns a copy of @body in which each file URI has given way
 * to a digest of what the file holds. */
JsonObject *
foxapi_references_name_by_content (JsonObject * body, GHashTable * files,
    GCancellable * cancellable, GError ** error)
{
  g_autoptr (GHashTable) replacements =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  Reading reading = { foxapi_json_get_string (body, "model"), files,
    replacements, cancellable
  };

  if (!visit_files (body, read_file, &reading, error))
    return NULL;
  return replace_files (body, replacements);
}

/* Uploading */

typedef struct
{
  GHashTable *files;            /* file URI → FoxapiLocalFile */
  GHashTable *urls;             /* digest → NULL: to be uploaded */
  GPtrArray *wanted;            /* a file of each digest, in their order */
} Choice;

/* Files of the same content are one upload. */
static gboolean
choose_file (const gchar * uri, const gchar * path, gpointer user_data,
    GError ** error)
{
  Choice *choice = user_data;
  FoxapiLocalFile *file = g_hash_table_lookup (choice->files, uri);

  if (g_hash_table_insert (choice->urls, file->digest, NULL))
    g_ptr_array_add (choice->wanted, file);
  return TRUE;
}

/* Uploads each local file that @body names, once, after
 * foxapi_references_name_by_content() has filled @files; returns a copy of @body
 * that names the uploads. */
JsonObject *
foxapi_references_upload (const FoxapiRun * run, JsonObject * body,
    GHashTable * files, GError ** error)
{
  g_autoptr (GHashTable) by_digest = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) by_uri = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) wanted = g_ptr_array_new ();
  g_autoptr (GPtrArray) urls = NULL;
  Choice choice = { files, by_digest, wanted };
  GHashTableIter iter;
  FoxapiLocalFile *file;

  visit_files (body, choose_file, &choice, NULL);
  urls = foxapi_upload_files (run, wanted, error);
  if (urls == NULL)
    return NULL;

  for (guint i = 0; i < wanted->len; i++) {
    file = g_ptr_array_index (wanted, i);
    g_hash_table_insert (by_digest, file->digest, g_ptr_array_index (urls, i));
  }
  g_hash_table_iter_init (&iter, files);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) & file))
    g_hash_table_insert (by_uri, file->uri,
        g_hash_table_lookup (by_digest, file->digest));
  return replace_files (body, by_uri);
}
