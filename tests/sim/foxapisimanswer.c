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
  answer->headers = g_ptr_array_new_with_free_func (g_free);
  answer->body = body != NULL ? g_bytes_ref (body) : g_bytes_new (NULL, 0);
  if (content_type != NULL)
    foxapi_sim_answer_set_header (answer, "Content-Type", content_type);
  return answer;
}

FoxapiSimAnswer *
foxapi_sim_answer_new_json (guint status, JsonBuilder * builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autoptr (GBytes) body = NULL;
  gchar *text;

  text = json_to_string (root, FALSE);
  body = g_bytes_new_take (text, strlen (text));
  return foxapi_sim_answer_new (status, "application/json", body);
}

static const gchar *
get_error_type (guint status)
{
  switch (status) {
    case 400:
    case 405:
    case 413:
    case 422:
      return "invalid_request_error";
    case 401:
      return "authentication_error";
    case 402:
      return "insufficient_quota";
    case 403:
      return "permission_error";
    case 404:
      return "not_found";
    case 429:
      return "rate_limit_error";
    case 502:
    case 503:
    case 504:
      return "service_unavailable_error";
    default:
      return status < 500 ? "invalid_request_error" : "server_error";
  }
}

FoxapiSimAnswer *
foxapi_sim_answer_new_error (guint status, const gchar * code,
    const gchar * format, ...)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree gchar *message = NULL;
  FoxapiSimAnswer *answer;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "error");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "message");
  json_builder_add_string_value (builder, message);
  json_builder_set_member_name (builder, "type");
  json_builder_add_string_value (builder, get_error_type (status));
  if (code != NULL) {
    json_builder_set_member_name (builder, "code");
    json_builder_add_string_value (builder, code);
  }
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  answer = foxapi_sim_answer_new_json (status, builder);
  answer->note = g_steal_pointer (&message);
  return answer;
}

void
foxapi_sim_answer_free (FoxapiSimAnswer * answer)
{
  g_ptr_array_unref (answer->headers);
  g_bytes_unref (answer->body);
  g_free (answer->delivers);
  g_free (answer->note);
  g_free (answer);
}

/* Where the value of a "Name: value" starts, NULL if it is another name */
static const gchar *
match_header (const gchar * line, const gchar * name)
{
  gsize length = strlen (name);

  if (g_ascii_strncasecmp (line, name, length) != 0 || line[length] != ':')
    return NULL;
  line += length + 1;
  while (*line == ' ')
    line++;
  return line;
}

static void
remove_header (FoxapiSimAnswer * answer, const gchar * name)
{
  for (guint i = answer->headers->len; i > 0; i--) {
    if (match_header (g_ptr_array_index (answer->headers, i - 1), name))
      g_ptr_array_remove_index (answer->headers, i - 1);
  }
}

void
foxapi_sim_answer_set_header (FoxapiSimAnswer * answer, const gchar * name,
    const gchar * value)
{
  remove_header (answer, name);
  g_ptr_array_add (answer->headers, g_strdup_printf ("%s: %s", name, value));
}

const gchar *
foxapi_sim_answer_get_header (FoxapiSimAnswer * answer, const gchar * name)
{
  for (guint i = 0; i < answer->headers->len; i++) {
    const gchar *value =
        match_header (g_ptr_array_index (answer->headers, i), name);

    if (value != NULL)
      return value;
  }
  return NULL;
}

/* Every honest header of a scripted name goes first, so that a script may
 * send the same name twice. */
void
foxapi_sim_answer_replace_headers (FoxapiSimAnswer * answer,
    const gchar * lines)
{
  g_auto (GStrv) list = g_strsplit (lines, "\n", -1);

  for (guint i = 0; list[i] != NULL; i++) {
    g_autofree gchar *name = g_strndup (list[i], strcspn (list[i], ":"));

    g_strchomp (list[i]);
    remove_header (answer, name);
  }
  for (guint i = 0; list[i] != NULL; i++) {
    if (*list[i] != '\0')
      g_ptr_array_add (answer->headers, g_strdup (list[i]));
  }
}

/* What the service would say with a scripted status of its own */
static void
replace_status (FoxapiSimAnswer * answer, guint status, gboolean on_results)
{
  g_autoptr (FoxapiSimAnswer) other = NULL;
  FoxapiSimAnswer swap;

  if (answer->status == status)
    return;
  if (SOUP_STATUS_IS_SUCCESSFUL (status)
      && SOUP_STATUS_IS_SUCCESSFUL (answer->status)) {
    answer->status = status;
    return;
  }
  if (status < 400) {
    other = foxapi_sim_answer_new (status, NULL, NULL);
  } else if (on_results) {
    g_autofree gchar *text = g_strdup_printf ("%u %s\n", status,
        soup_status_get_phrase (status));
    g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

    other = foxapi_sim_answer_new (status, "text/plain", body);
  } else {
    other = foxapi_sim_answer_new_error (status, NULL,
        "The service was told to answer %u", status);
  }
  other->head_only = answer->head_only;
  swap = *answer;
  *answer = *other;
  *other = swap;
}

void
foxapi_sim_answer_apply_fault (FoxapiSimAnswer * answer,
    const FoxapiSimFault * fault, gboolean on_results)
{
  if (fault->status != 0)
    replace_status (answer, fault->status, on_results);
  if (fault->body != NULL) {
    /* A length that was left at 0 means "ends with a NUL" too */
    gsize length = fault->body_length <= 0 ? strlen (fault->body)
        : (gsize) fault->body_length;

    g_bytes_unref (answer->body);
    answer->body = g_bytes_new (fault->body, length);
    g_clear_pointer (&answer->delivers, g_free);
  }
  if (fault->headers != NULL)
    foxapi_sim_answer_replace_headers (answer, fault->headers);
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

  soup_server_message_set_status (message, answer->status, NULL);
  for (guint i = 0; i < answer->headers->len; i++) {
    const gchar *line = g_ptr_array_index (answer->headers, i);
    g_autofree gchar *name = g_strndup (line, strcspn (line, ":"));
    const gchar *value = match_header (line, name);

    if (value != NULL)
      soup_message_headers_append (headers, name, value);
  }
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
