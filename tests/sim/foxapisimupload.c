/* The FoxAPI service, simulated: uploads and where they are fetched.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything here runs with the lock held.
 */

#include "foxapisimprivate.h"

#include <string.h>

typedef struct
{
  gchar *id;
  gchar *filename;
  gchar *url;
  gchar *content_type;
  GBytes *bytes;
  gint64 created;
} Upload;

/* The parts of one request, as far as they were there */
typedef struct
{
  GBytes *file;
  gchar *filename;
  gchar *content_type;
  gchar *file_name;             /* of the part of that name */
  gchar *auto_cleanup;          /* NULL: the default, true */
} Parts;

static void
upload_free (Upload * upload)
{
  g_free (upload->id);
  g_free (upload->filename);
  g_free (upload->url);
  g_free (upload->content_type);
  g_bytes_unref (upload->bytes);
  g_free (upload);
}

void
foxapi_sim_uploads_clear (FoxapiSim * sim)
{
  g_queue_clear_full (&sim->uploads, (GDestroyNotify) upload_free);
}

static Upload *
find_upload (FoxapiSim * sim, const gchar * url)
{
  for (GList * l = sim->uploads.head; l != NULL; l = l->next) {
    Upload *upload = l->data;

    if (strcmp (upload->url, url) == 0)
      return upload;
  }
  return NULL;
}

GBytes *
foxapi_sim_upload_find (FoxapiSim * sim, const gchar * url)
{
  Upload *upload = find_upload (sim, url);

  return upload != NULL ? upload->bytes : NULL;
}

static gchar *
part_to_text (GBytes * part)
{
  gsize length;
  const gchar *data = g_bytes_get_data (part, &length);

  if (length > 1000 || !g_utf8_validate_len (data, length, NULL))
    return NULL;
  return g_strndup (data, length);
}

/* The filename="…" of a part, NULL where there is none: filename*= is not for
 * multipart/form-data (RFC 7578), and many servers drop a part that has no other. */
static gchar *
dup_plain_filename (SoupMessageHeaders * headers)
{
  g_autoptr (GRegex) regex =
      g_regex_new ("; *filename=\"([\\x20-\\x7e]+?)\"", G_REGEX_RAW, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  const gchar *disposition =
      soup_message_headers_get_one (headers, "Content-Disposition");

  return g_regex_match (regex, disposition, 0, &match)
      ? g_match_info_fetch (match, 1) : NULL;
}

static gboolean
is_path (const gchar * name)
{
  return strpbrk (name, "/\\") != NULL;
}

/* Takes one part over; what is wrong with it otherwise */
static const gchar *
take_part (FoxapiSim * sim, Parts * parts, SoupMessageHeaders * headers,
    GBytes * body)
{
  g_autofree gchar *disposition = NULL;
  g_autoptr (GHashTable) params = NULL;
  g_autofree gchar *text = NULL;
  const gchar *name;

  if (!soup_message_headers_get_content_disposition (headers, &disposition,
          &params) || strcmp (disposition, "form-data") != 0)
    return "A part is not form-data";
  name = g_hash_table_lookup (params, "name");
  if (g_strcmp0 (name, "file") == 0) {
    g_autofree gchar *filename = dup_plain_filename (headers);

    if (filename == NULL)
      return NULL;
    if (parts->file != NULL)
      return "file is there twice";
    if (is_path (filename))
      return "filename is a path";
    parts->file = g_bytes_ref (body);
    parts->content_type =
        g_strdup (soup_message_headers_get_content_type (headers, NULL));
    parts->filename = g_steal_pointer (&filename);
    return NULL;
  }
  text = part_to_text (body);
  if (g_strcmp0 (name, "file_name") == 0) {
    if (text == NULL || *text == '\0')
      return "file_name is not a name";
    if (is_path (text))
      return "file_name is a path";
    if (parts->file_name != NULL)
      return "file_name is there twice";
    parts->file_name = g_steal_pointer (&text);
    return NULL;
  }
  if (g_strcmp0 (name, "auto_cleanup") == 0) {
    if (g_strcmp0 (text, "true") != 0 && g_strcmp0 (text, "false") != 0)
      return "auto_cleanup must be true or false";
    if (parts->auto_cleanup != NULL)
      return "auto_cleanup is there twice";
    parts->auto_cleanup = g_steal_pointer (&text);
    return NULL;
  }
  return "A part has an unknown name";
}

static FoxapiSimAnswer *
read_parts (FoxapiSimExchange * exchange, Parts * parts)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (exchange->message);
  const gchar *type = soup_message_headers_get_content_type (headers, NULL);
  SoupMultipart *multipart;
  const gchar *why = NULL;

  if (g_strcmp0 (type, "multipart/form-data") != 0)
    return foxapi_sim_answer_new_error (400, NULL,
        "Content-Type must be multipart/form-data");
  multipart = soup_multipart_new_from_message (headers, exchange->body);
  if (multipart == NULL)
    return foxapi_sim_answer_new_error (400, NULL,
        "The multipart body is malformed");
  for (gint i = 0; i < soup_multipart_get_length (multipart) && why == NULL;
      i++) {
    SoupMessageHeaders *part_headers;
    GBytes *part_body;

    soup_multipart_get_part (multipart, i, &part_headers, &part_body);
    why = take_part (exchange->sim, parts, part_headers, part_body);
  }
  soup_multipart_free (multipart);
  if (why == NULL && parts->file == NULL)
    why = "file is missing";
  if (why != NULL)
    return foxapi_sim_answer_new_error (422, "invalid_param", "%s", why);
  return NULL;
}

/* Makes room for @size more bytes, FALSE where that is not wanted */
static gboolean
make_room (FoxapiSim * sim, guint64 size, gboolean auto_cleanup)
{
  while (sim->uploads_size + size > FOXAPI_SIM_MAX_STORAGE) {
    Upload *oldest;

    if (!auto_cleanup)
      return FALSE;
    oldest = g_queue_pop_head (&sim->uploads);
    sim->uploads_size -= g_bytes_get_size (oldest->bytes);
    upload_free (oldest);
  }
  return TRUE;
}

static Upload *
store (FoxapiSim * sim, Parts * parts)
{
  Upload *upload = g_new0 (Upload, 1);
  const gchar *name = parts->file_name ? parts->file_name : parts->filename;
  g_autofree gchar *escaped = g_uri_escape_string (name, NULL, FALSE);

  upload->id = g_strdup_printf ("file-%08x%04u", g_random_int (),
      ++sim->n_uploads);
  upload->filename = g_strdup (name);
  upload->url = g_strdup_printf ("%s/uploads/%s/%s", sim->result_base_url,
      upload->id, escaped);
  upload->content_type = g_strdup (parts->content_type ? parts->content_type
      : "application/octet-stream");
  upload->bytes = g_bytes_ref (parts->file);
  upload->created = g_get_real_time () / G_USEC_PER_SEC;
  g_queue_push_tail (&sim->uploads, upload);
  sim->uploads_size += g_bytes_get_size (upload->bytes);
  return upload;
}

static FoxapiSimAnswer *
answer_stored (Upload * upload)
{
  FoxapiSimAnswer *answer = foxapi_sim_answer_new_json (200,
      g_variant_new_parsed ("{'id': <%s>, 'filename': <%s>, 'url': <%s>, "
          "'size': <%x>, 'created': <%x>}", upload->id, upload->filename,
          upload->url, (gint64) g_bytes_get_size (upload->bytes),
          upload->created));

  answer->note = g_strdup_printf ("%s, %" G_GSIZE_FORMAT " bytes", upload->id,
      g_bytes_get_size (upload->bytes));
  return answer;
}

FoxapiSimAnswer *
foxapi_sim_answer_upload (FoxapiSimExchange * exchange, gboolean act)
{
  Parts parts = { NULL };
  FoxapiSimAnswer *answer = read_parts (exchange, &parts);

  if (answer == NULL && !act)
    answer = foxapi_sim_answer_new (200, "application/json", NULL);
  else if (answer == NULL && !make_room (exchange->sim,
          g_bytes_get_size (parts.file),
          g_strcmp0 (parts.auto_cleanup, "false") != 0))
    answer = foxapi_sim_answer_new_error (403, "storage_full",
        "The storage is full");
  else if (answer == NULL)
    answer = answer_stored (store (exchange->sim, &parts));
  g_clear_pointer (&parts.file, g_bytes_unref);
  g_free (parts.filename);
  g_free (parts.content_type);
  g_free (parts.file_name);
  g_free (parts.auto_cleanup);
  return answer;
}

FoxapiSimAnswer *
foxapi_sim_answer_upload_get (FoxapiSimExchange * exchange)
{
  FoxapiSim *sim = exchange->sim;
  g_autofree gchar *url =
      g_strconcat (sim->result_base_url, exchange->path, NULL);
  Upload *upload = find_upload (sim, url);

  if (strcmp (exchange->method, "GET") != 0
      && strcmp (exchange->method, "HEAD") != 0)
    return foxapi_sim_answer_new_error (405, NULL, "Only GET here");
  if (upload == NULL)
    return foxapi_sim_answer_new_error (404, NULL, "There is no such upload");
  return foxapi_sim_answer_new (200, upload->content_type, upload->bytes);
}
