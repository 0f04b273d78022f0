/* The FoxAPI service, simulated: one answer, before it is sent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "foxapisimprivate.h"

#include <string.h>

/* A large body goes into libsoup in slices that share its memory. */
#define SLICE_SIZE ((gsize) 256 * 1024)

FoxapiSimAnswer *
foxapi_sim_answer_new (guint status, const gchar * content_type, GBytes * body)
{
  FoxapiSimAnswer *answer = g_new0 (FoxapiSimAnswer, 1);

  answer->status = status;
  answer->headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  answer->body = body != NULL ? g_bytes_ref (body) : g_bytes_new (NULL, 0);
  if (content_type != NULL)
    soup_message_headers_replace (answer->headers, "Content-Type",
        content_type);
  return answer;
}

/* @object: (transfer floating): a dictionary, as JSON */
FoxapiSimAnswer *
foxapi_sim_answer_new_json (guint status, GVariant * object)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (object);
  gsize length;
  gchar *text = json_gvariant_serialize_data (owned, &length);
  g_autoptr (GBytes) body = g_bytes_new_take (text, length);

  return foxapi_sim_answer_new (status, "application/json", body);
}

/* A refusal: its body is written when it is known what else happens to it. */
FoxapiSimAnswer *
foxapi_sim_answer_new_error (guint status, const gchar * code,
    const gchar * format, ...)
{
  FoxapiSimAnswer *answer = foxapi_sim_answer_new (status, NULL, NULL);
  va_list args;

  va_start (args, format);
  answer->note = g_strdup_vprintf (format, args);
  va_end (args);
  answer->form = foxapi_sim_error_get_form (status);
  answer->code = code;
  return answer;
}

/* The same with an answer of the table; @status 0 leaves that of the table */
FoxapiSimAnswer *
foxapi_sim_answer_new_named (const gchar * name, guint status)
{
  const FoxapiSimError *error = foxapi_sim_error_find (name);
  FoxapiSimAnswer *answer;

  if (status == 0)
    status = error->status != 0 ? error->status : 520;
  answer = foxapi_sim_answer_new (status, NULL, NULL);
  answer->note = g_strdup (error->message);
  answer->form = error->form;
  answer->type = error->type;
  answer->code = error->code;
  return answer;
}

void
foxapi_sim_answer_free (FoxapiSimAnswer * answer)
{
  soup_message_headers_unref (answer->headers);
  g_bytes_unref (answer->body);
  g_free (answer->delivers);
  g_free (answer->note);
  g_free (answer);
}

/* Every honest header of a scripted name goes first, so that a script may
 * send the same name twice. */
static void
replace_headers (SoupMessageHeaders * headers, const gchar * lines)
{
  g_auto (GStrv) list = g_strsplit (lines, "\n", -1);

  for (guint i = 0; list[i] != NULL; i++) {
    g_autofree gchar *name = g_strndup (list[i], strcspn (list[i], ":"));

    soup_message_headers_remove (headers, name);
  }
  for (guint i = 0; list[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (list[i], ":", 2);

    if (g_strv_length (parts) == 2 && *g_strstrip (parts[1]) != '\0')
      soup_message_headers_append (headers, parts[0], parts[1]);
  }
}

/* What the service would say with a scripted status of its own */
static FoxapiSimAnswer *
make_scripted (const FoxapiSimFault * fault, gboolean on_results)
{
  FoxapiSimAnswer *answer;

  if (fault->answer != NULL)
    return foxapi_sim_answer_new_named (fault->answer, fault->status);
  if (fault->status < 400)
    return foxapi_sim_answer_new (fault->status, NULL, NULL);
  answer = foxapi_sim_answer_new_error (fault->status, NULL,
      "The service was told to answer %u", fault->status);
  if (on_results)
    answer->form = FOXAPI_SIM_ERROR_TEXT;
  return answer;
}

static void
compress (FoxapiSimAnswer * answer)
{
  g_autoptr (GZlibCompressor) gzip =
      g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1);
  g_autoptr (GInputStream) plain =
      g_memory_input_stream_new_from_bytes (answer->body);
  g_autoptr (GInputStream) packed =
      g_converter_input_stream_new (plain, G_CONVERTER (gzip));
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();

  g_output_stream_splice (output, packed, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
      NULL, NULL);
  g_bytes_unref (answer->body);
  answer->body =
      g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (output));
  soup_message_headers_replace (answer->headers, "Content-Encoding", "gzip");
}

/* The last word on an answer: @fault, which may be NULL, changes it, and the
 * service names the request (@request_id; NULL on the results' port). */
void
foxapi_sim_answer_finish (FoxapiSimAnswer * answer,
    const FoxapiSimFault * fault, const gchar * request_id)
{
  if (fault != NULL && fault->answer == NULL && fault->status != 0
      && SOUP_STATUS_IS_SUCCESSFUL (fault->status)
      && SOUP_STATUS_IS_SUCCESSFUL (answer->status)) {
    answer->status = fault->status;
  } else if (fault != NULL && (fault->answer != NULL || (fault->status != 0
              && fault->status != answer->status))) {
    g_autoptr (FoxapiSimAnswer) other =
        make_scripted (fault, request_id == NULL);
    FoxapiSimAnswer swap = *answer;

    other->head_only = answer->head_only;
    *answer = *other;
    *other = swap;
  }
  if (request_id != NULL && answer->form < FOXAPI_SIM_ERROR_TEXT)
    soup_message_headers_replace (answer->headers, "X-Request-Id", request_id);
  foxapi_sim_answer_write_error (answer, request_id);
  if (fault == NULL)
    return;
  if (fault->body != NULL) {
    /* A length that was left at 0 means "ends with a NUL" too */
    gsize length = fault->body_length <= 0 ? strlen (fault->body)
        : (gsize) fault->body_length;

    g_bytes_unref (answer->body);
    answer->body = g_bytes_new (fault->body, length);
    g_clear_pointer (&answer->delivers, g_free);
  }
  if (fault->gzip)
    compress (answer);
  if (fault->headers != NULL)
    replace_headers (answer->headers, fault->headers);
}

/* Hands @answer to libsoup, which sends it. The body is not copied: each slice
 * refers to it, and is let go when it was written. */
void
foxapi_sim_answer_to_message (FoxapiSimAnswer * answer,
    SoupServerMessage * message)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  SoupMessageBody *body = soup_server_message_get_response_body (message);
  gsize length = g_bytes_get_size (answer->body);
  SoupMessageHeadersIter iter;
  const gchar *name, *value;

  soup_server_message_set_status (message, answer->status, NULL);
  soup_message_headers_iter_init (&iter, answer->headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    soup_message_headers_append (headers, name, value);
  /* A body that accumulates would also be cut into ranges by libsoup itself */
  soup_message_body_set_accumulate (body, FALSE);
  if (answer->chunked)
    soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  else
    soup_message_headers_set_content_length (headers, length);
  if (answer->head_only)
    return;
  for (gsize offset = 0; offset < length; offset += SLICE_SIZE) {
    g_autoptr (GBytes) slice = g_bytes_new_from_bytes (answer->body, offset,
        MIN (SLICE_SIZE, length - offset));

    soup_message_body_append_bytes (body, slice);
  }
  soup_message_body_complete (body);
}
