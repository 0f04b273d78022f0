/* Local files as references: found, checked, told apart, uploaded
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapireferences.h"

#include "foxapijson.h"
#include "foxapiuploads.h"

#define DIGEST_PIECE_BYTES (64 * 1024)

typedef struct
{
  const gchar *field;
  const gchar *property;
  goffset max_bytes;
} ReferenceList;

static const ReferenceList reference_lists[] = {
  {"reference_image_urls", "reference-image-urls", FOXAPI_IMAGE_MAX_BYTES},
  {"reference_video_urls", "reference-video-urls", FOXAPI_VIDEO_MAX_BYTES},
};

/* Gives the replacement of a file URI; %NULL with @error set ends it all. */
typedef gchar *(*ReplaceReference) (const ReferenceList * list,
    const gchar * uri, gpointer user_data, GError ** error);

static gboolean
is_local (const gchar * uri)
{
  return uri != NULL && g_ascii_strncasecmp (uri, "file:", 5) == 0;
}

static JsonArray *
replace_in_list (const ReferenceList * list, JsonArray * old,
    ReplaceReference replace, gpointer user_data, GError ** error)
{
  guint n = json_array_get_length (old);
  g_autoptr (JsonArray) new = json_array_sized_new (n);

  for (guint i = 0; i < n; i++) {
    JsonNode *node = json_array_get_element (old, i);
    const gchar *uri = foxapi_json_node_get_string (node);
    g_autofree gchar *replacement = NULL;

    if (!is_local (uri)) {
      json_array_add_element (new, json_node_copy (node));
      continue;
    }
    replacement = replace (list, uri, user_data, error);
    if (replacement == NULL)
      return NULL;
    json_array_add_string_element (new, replacement);
  }
  return g_steal_pointer (&new);
}

/* A copy of @body with each local reference replaced. */
static JsonObject *
replace_references (JsonObject * body, ReplaceReference replace,
    gpointer user_data, GError ** error)
{
  g_autoptr (JsonObject) new = json_object_new ();
  g_autoptr (GList) names = json_object_get_members (body);

  for (GList * l = names; l != NULL; l = l->next)
    json_object_set_member (new, l->data, json_object_dup_member (body,
            l->data));

  for (gsize i = 0; i < G_N_ELEMENTS (reference_lists); i++) {
    const ReferenceList *list = &reference_lists[i];
    JsonArray *old = foxapi_json_get_array (body, list->field);
    JsonArray *replaced;

    if (old == NULL)
      continue;
    replaced = replace_in_list (list, old, replace, user_data, error);
    if (replaced == NULL)
      return NULL;
    json_object_set_array_member (new, list->field, replaced);
  }
  return g_steal_pointer (&new);
}

/* Checking */

static void
set_file_error (const ReferenceList * list, const gchar * uri,
    const GError * fault, GError ** error)
{
  if (g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_error_copy (fault));
  else
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_NOT_FOUND,
        "The property %s names %s, which is no file that can be read (%s). "
        "Nothing was charged.", list->property, uri,
        fault ? fault->message : "not a plain file, or no permission");
}

static gboolean
check_file (const ReferenceList * list, const gchar * uri, GError ** error)
{
  g_autoptr (GFile) file = g_file_new_for_uri (uri);
  g_autoptr (GFileInfo) info = NULL;
  g_autoptr (GError) fault = NULL;

  info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE ","
      G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_ACCESS_CAN_READ,
      G_FILE_QUERY_INFO_NONE, NULL, &fault);
  if (info == NULL || g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR
      || !g_file_info_get_attribute_boolean (info,
          G_FILE_ATTRIBUTE_ACCESS_CAN_READ)) {
    set_file_error (list, uri, fault, error);
    return FALSE;
  }
  if (g_file_info_get_size (info) > list->max_bytes
      || g_file_info_get_size (info) == 0) {
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        "The property %s names %s, which has %" G_GOFFSET_FORMAT
        " bytes, but must have from 1 to %" G_GOFFSET_FORMAT " MiB. Nothing "
        "was sent.", list->property, uri, g_file_info_get_size (info),
        list->max_bytes / (1024 * 1024));
    return FALSE;
  }
  return TRUE;
}

static gchar *
check_and_keep (const ReferenceList * list, const gchar * uri,
    gpointer user_data, GError ** error)
{
  return check_file (list, uri, error) ? g_strdup (uri) : NULL;
}

/**
 * foxapi_references_check:
 * @body: a request body
 * @error: return location: %FOXAPI_ERROR_NOT_FOUND or %FOXAPI_ERROR_SETTINGS
 *
 * Returns: %TRUE if every file URI in @body names a file that can be uploaded
 *
 * Since: 0.1
 */
gboolean
foxapi_references_check (JsonObject * body, GError ** error)
{
  g_autoptr (JsonObject) same = replace_references (body, check_and_keep, NULL,
      error);

  return same != NULL;
}

/* Telling apart */

typedef struct
{
  GHashTable *digests;          /* file URI → digest of what the file holds */
  GCancellable *cancellable;
} Digesting;

static gchar *
digest_file (const ReferenceList * list, const gchar * uri,
    GCancellable * cancellable, GError ** error)
{
  g_autoptr (GFile) file = g_file_new_for_uri (uri);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GFileInputStream) stream = NULL;
  g_autofree guchar *piece = g_malloc (DIGEST_PIECE_BYTES);
  g_autoptr (GError) fault = NULL;
  gssize n;

  stream = g_file_read (file, cancellable, &fault);
  n = stream ? 1 : -1;
  while (n > 0) {
    n = g_input_stream_read (G_INPUT_STREAM (stream), piece,
        DIGEST_PIECE_BYTES, cancellable, &fault);
    if (n > 0)
      g_checksum_update (checksum, piece, n);
  }
  if (n < 0) {
    set_file_error (list, uri, fault, error);
    return NULL;
  }
  return g_strconcat ("sha256:", g_checksum_get_string (checksum), NULL);
}

/* A file that is named twice is read once, but checked against both limits. */
static gchar *
name_by_content (const ReferenceList * list, const gchar * uri,
    gpointer user_data, GError ** error)
{
  Digesting *digesting = user_data;
  const gchar *known = g_hash_table_lookup (digesting->digests, uri);
  gchar *digest;

  if (!check_file (list, uri, error))
    return NULL;
  if (known != NULL)
    return g_strdup (known);

  digest = digest_file (list, uri, digesting->cancellable, error);
  if (digest != NULL)
    g_hash_table_insert (digesting->digests, g_strdup (uri), g_strdup (digest));
  return digest;
}

/**
 * foxapi_references_name_by_content:
 * @body: a request body
 * @digests: (element-type utf8 utf8): gets the digest for each file URI; made by
 *   foxapi_references_new_digests()
 * @cancellable: (nullable): ends the call
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a copy of @body in which each file URI
 *   has given way to a digest of what the file holds
 *
 * Since: 0.1
 */
JsonObject *
foxapi_references_name_by_content (JsonObject * body, GHashTable * digests,
    GCancellable * cancellable, GError ** error)
{
  Digesting digesting = { digests, cancellable };

  return replace_references (body, name_by_content, &digesting, error);
}

/**
 * foxapi_references_new_digests:
 *
 * Returns: (transfer full): an empty table
 *
 * Since: 0.1
 */
GHashTable *
foxapi_references_new_digests (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/* Uploading */

typedef struct
{
  GHashTable *digests;          /* file URI → digest, borrowed */
  GHashTable *indices;          /* digest, borrowed → index of what follows */
  GPtrArray *uris;              /* one for each digest */
  GPtrArray *urls;              /* at the service, when they are uploaded */
} Uploads;

/* Files of the same content are one upload: that of the first name. */
static gchar *
count_file (const ReferenceList * list, const gchar * uri, gpointer user_data,
    GError ** error)
{
  Uploads *uploads = user_data;
  gpointer digest = g_hash_table_lookup (uploads->digests, uri);

  if (!check_file (list, uri, error))
    return NULL;
  if (!g_hash_table_contains (uploads->indices, digest)) {
    g_hash_table_insert (uploads->indices, digest,
        GUINT_TO_POINTER (uploads->uris->len));
    g_ptr_array_add (uploads->uris, g_strdup (uri));
  }
  return g_strdup (uri);
}

static gchar *
name_upload (const ReferenceList * list, const gchar * uri, gpointer user_data,
    GError ** error)
{
  Uploads *uploads = user_data;
  gpointer digest = g_hash_table_lookup (uploads->digests, uri);
  gpointer index = g_hash_table_lookup (uploads->indices, digest);

  return g_strdup (g_ptr_array_index (uploads->urls, GPOINTER_TO_UINT (index)));
}

/**
 * foxapi_references_upload:
 * @run: a run
 * @body: a request body
 * @digests: (element-type utf8 utf8): what foxapi_references_name_by_content()
 *   has found out about it
 * @error: return location: %FOXAPI_ERROR or G_IO_ERROR_CANCELLED
 *
 * Uploads each local file that @body names, once, after it has looked at all of
 * them.
 *
 * Returns: (transfer full) (nullable): a copy of @body that names the uploads
 *
 * Since: 0.1
 */
JsonObject *
foxapi_references_upload (const FoxapiRun * run, JsonObject * body,
    GHashTable * digests, GError ** error)
{
  g_autoptr (GHashTable) indices = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) uris = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) urls = NULL;
  g_autoptr (JsonObject) counted = NULL;
  Uploads uploads = { digests, indices, uris, NULL };

  counted = replace_references (body, count_file, &uploads, error);
  urls = counted ? foxapi_uploads_send (run, uris, error) : NULL;
  if (urls == NULL)
    return NULL;

  uploads.urls = urls;
  return replace_references (body, name_upload, &uploads, error);
}
