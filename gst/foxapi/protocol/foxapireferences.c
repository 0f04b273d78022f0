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

#include "foxapicatalogue.h"
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

/* A copy of @node in which each of @files is its upload, or if it has not been
 * uploaded, a digest of its content. */
static JsonNode *
replace (JsonNode * node, GPtrArray * files)
{
  const gchar *text = foxapi_json_node_get_string (node);
  FoxapiLocalFile *file = text ? find_file (files, text) : NULL;
  JsonNode *new = json_node_alloc ();

  if (file != NULL) {
    g_autofree gchar *digest = g_strconcat ("sha256:", file->digest, NULL);

    return json_node_init_string (new, file->url ? file->url : digest);
  }
  if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *old = json_node_get_array (node);
    g_autoptr (JsonArray) array = json_array_new ();

    for (guint i = 0; i < json_array_get_length (old); i++)
      json_array_add_element (array,
          replace (json_array_get_element (old, i), files));
    return json_node_init_array (new, array);
  }
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObject *old = json_node_get_object (node);
    g_autoptr (JsonObject) object = json_object_new ();
    g_autoptr (GList) names = json_object_get_members (old);

    for (GList * l = names; l != NULL; l = l->next)
      json_object_set_member (object, l->data,
          replace (json_object_get_member (old, l->data), files));
    return json_node_init_object (new, object);
  }
  json_node_free (new);
  return json_node_copy (node);
}

static JsonObject *
replace_files (JsonObject * body, GPtrArray * files)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), body);
  g_autoptr (JsonNode) new = replace (root, files);

  return json_node_dup_object (new);
}

/* Checking */

static gboolean
check_file (const gchar * uri, const gchar * path, gpointer user_data,
    GError ** error)
{
  JsonObject *rule =
      foxapi_catalogue_get_rule (foxapi_catalogue_find (user_data), path);
  goffset limit = FOXAPI_UPLOAD_MAX_BYTES;
  g_autofree gchar *field = NULL;

  if (rule == NULL || !json_object_has_member (rule, "media")) {
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        "The field %s is not known to take media, so the file %s is not "
        "uploaded, and its name stays on this machine. Take it out, or give an "
        "http or https URL. Nothing was sent.", path, uri);
    return FALSE;
  }
  if (json_object_has_member (rule, "max_bytes"))
    limit = MIN (limit, json_object_get_int_member (rule, "max_bytes"));
  field = foxapi_catalogue_name_field (path, rule);
  return foxapi_local_file_check (uri, field, limit, error);
}

gboolean
foxapi_references_check (JsonObject * body, GError ** error)
{
  return visit_files (body, check_file,
      (gpointer) foxapi_json_get_string (body, "model"), error);
}

/* Reading and uploading */

typedef struct
{
  const gchar *model;
  GPtrArray *files;             /* FoxapiLocalFile */
  GCancellable *cancellable;
} Reading;

/* A file that is named twice is read once, but checked against both limits. */
static gboolean
read_file (const gchar * uri, const gchar * path, gpointer user_data,
    GError ** error)
{
  Reading *reading = user_data;
  FoxapiLocalFile *file;

  if (!check_file (uri, path, (gpointer) reading->model, error))
    return FALSE;
  if (find_file (reading->files, uri) != NULL)
    return TRUE;
  file = foxapi_local_file_read (uri, reading->cancellable, error);
  if (file != NULL)
    g_ptr_array_add (reading->files, file);
  return file != NULL;
}

/* Fills @files (of #FoxapiLocalFile), and returns a copy of @body that names them
 * by their content. */
JsonObject *
foxapi_references_name_by_content (JsonObject * body, GPtrArray * files,
    GCancellable * cancellable, GError ** error)
{
  Reading reading = { foxapi_json_get_string (body, "model"), files,
    cancellable
  };

  return visit_files (body, read_file, &reading, error) ?
      replace_files (body, files) : NULL;
}

/* Uploads @files, and returns a copy of @body that names the uploads. */
JsonObject *
foxapi_references_upload (const FoxapiRun * run, JsonObject * body,
    GPtrArray * files, GError ** error)
{
  return foxapi_upload_files (run, files, error) ?
      replace_files (body, files) : NULL;
}
