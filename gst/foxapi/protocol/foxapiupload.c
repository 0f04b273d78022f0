/* One local file → a URL at the service
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiupload.h"

#include <string.h>

#include "foxapijoinedstream.h"
#include "foxapiretry.h"

/* Enough of a file to tell its type by. */
#define SNIFF_BYTES 4096

/* Stands where the file goes while libsoup lays out the form. */
#define PLACEHOLDER "foxapi-the-file-goes-here"

static gchar *
guess_type (GFile * file, const gchar * name, GCancellable * cancellable)
{
  g_autoptr (GFileInputStream) stream = g_file_read (file, cancellable, NULL);
  guchar start[SNIFF_BYTES];
  gsize n = 0;
  g_autofree gchar *type = NULL, *mime = NULL;

  if (stream != NULL)
    g_input_stream_read_all (G_INPUT_STREAM (stream), start, sizeof (start), &n,
        cancellable, NULL);
  type = g_content_type_guess (name, start, n, NULL);
  mime = g_content_type_get_mime_type (type);
  return mime ? g_steal_pointer (&mime) : g_strdup ("application/octet-stream");
}

/* The form (API.md, files; RFC 7578) with the file streamed into its place. */
static GInputStream *
open_form (GFile * file, GCancellable * cancellable, gchar ** content_type,
    goffset * length, GError ** error)
{
  g_autoptr (SoupMessageHeaders) headers =
      soup_message_headers_new (SOUP_MESSAGE_HEADERS_MULTIPART);
  g_autoptr (SoupMultipart) form = soup_multipart_new ("multipart/form-data");
  g_autoptr (GFileInputStream) stream = NULL;
  g_autoptr (GFileInfo) info = NULL;
  g_autofree gchar *name = g_file_get_basename (file), *type = NULL;
  g_autoptr (GBytes) placeholder = g_bytes_new_static (PLACEHOLDER,
      strlen (PLACEHOLDER));
  g_autoptr (GBytes) body = NULL, head = NULL, tail = NULL;
  gsize head_length, body_length;
  const gchar *start;

  stream = g_file_read (file, cancellable, error);
  info = stream ? g_file_input_stream_query_info (stream,
      G_FILE_ATTRIBUTE_STANDARD_SIZE, cancellable, error) : NULL;
  if (info == NULL)
    return NULL;

  type = guess_type (file, name, cancellable);
  soup_multipart_append_form_file (form, "file", name, type, placeholder);
  soup_multipart_to_message (form, headers, &body);

  start = g_bytes_get_data (body, &body_length);
  head_length = g_strrstr_len (start, body_length, PLACEHOLDER) - start;
  head = g_bytes_new_from_bytes (body, 0, head_length);
  tail = g_bytes_new_from_bytes (body, head_length + strlen (PLACEHOLDER),
      body_length - head_length - strlen (PLACEHOLDER));

  *content_type = g_strdup (soup_message_headers_get_one (headers,
          "Content-Type"));
  *length = body_length - strlen (PLACEHOLDER) + g_file_info_get_size (info);
  return foxapi_joined_stream_new (head, G_INPUT_STREAM (stream),
      g_file_info_get_size (info), tail);
}

static gchar *
upload_once (const FoxapiRun * run, GFile * file, GError ** error)
{
  g_autoptr (GInputStream) form = NULL;
  g_autofree gchar *content_type = NULL;
  goffset length = 0;

  form = open_form (file, run->cancellable, &content_type, &length, error);
  if (form == NULL)
    return NULL;
  return foxapi_client_upload (run->client, form, content_type, length,
      run->cancellable, error);
}

/* Nothing is charged for an upload, so every fault that passes may be tried
 * again. */
static gboolean
may_try_again (const FoxapiRun * run, const GError * fault)
{
  const FoxapiErrorDetails *details = foxapi_error_get_details (fault);

  return details != NULL && details->passing && !foxapi_run_is_overdue (run);
}

/**
 * foxapi_upload_file:
 * @run: a run
 * @uri: a file URI
 * @leave: (nullable): asked about each fault that passes
 * @user_data: for @leave
 * @error: return location: %FOXAPI_ERROR, with a message that names @uri, or
 *   G_IO_ERROR_CANCELLED
 *
 * Uploads a file, through faults that pass.
 *
 * Returns: (transfer full) (nullable): its URL at the service
 *
 * Since: 0.1
 */
gchar *
foxapi_upload_file (const FoxapiRun * run, const gchar * uri,
    FoxapiUploadLeave leave, gpointer user_data, GError ** error)
{
  g_autoptr (GFile) file = g_file_new_for_uri (uri);

  for (guint attempt = 1;; attempt++) {
    g_autoptr (GError) fault = NULL;
    gchar *url = upload_once (run, file, &fault);

    if (url != NULL)
      return url;
    if (g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_CANCELLED)
        || (leave != NULL && may_try_again (run, fault)
            && leave (fault, user_data))) {
      g_propagate_error (error, g_steal_pointer (&fault));
      return NULL;
    }
    if (!may_try_again (run, fault)
        || !foxapi_retry_is_allowed (run->retries, attempt)) {
      g_prefix_error (&fault, "Uploading %s failed, nothing was charged. ",
          uri);
      g_propagate_error (error, g_steal_pointer (&fault));
      return NULL;
    }
    if (!foxapi_run_pause (run, fault, attempt, 0, error))
      return NULL;
  }
}
