/* The simulator's own test: what its cases share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "selftestutil.h"

#include <string.h>

Fixture *
fixture_new (FoxapiSimOptions options)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autoptr (GError) error = NULL;

  fixture->sim = foxapi_sim_new (&options, &error);
  g_assert_no_error (error);
  /* No machine's proxy stands before a simulator. */
  fixture->session = soup_session_new_with_options ("timeout", 60,
      "proxy-resolver", NULL, NULL);
  return fixture;
}

void
fixture_free (Fixture * fixture)
{
  soup_session_abort (fixture->session);
  g_object_unref (fixture->session);
  foxapi_sim_free (fixture->sim);
  g_free (fixture);
}

void
reply_free (Reply * reply)
{
  soup_message_headers_unref (reply->headers);
  g_free (reply->text);
  g_free (reply);
}

Reply *
call (Fixture * fixture, const gchar * method, const gchar * url,
    const gchar * header, const gchar * type, GBytes * body)
{
  g_autoptr (SoupMessage) message = soup_message_new (method, url);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) answer = NULL;
  Reply *reply = g_new0 (Reply, 1);

  g_assert_nonnull (message);
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  if (header != NULL) {
    g_auto (GStrv) parts = g_strsplit (header, ": ", 2);

    soup_message_headers_append (soup_message_get_request_headers (message),
        parts[0], parts[1]);
  }
  if (body != NULL)
    soup_message_set_request_body_from_bytes (message, type, body);
  answer = soup_session_send_and_read (fixture->session, message, NULL, &error);
  g_assert_no_error (error);
  reply->status = soup_message_get_status (message);
  reply->headers =
      soup_message_headers_ref (soup_message_get_response_headers (message));
  reply->text = g_strdup_printf ("%.*s", (gint) g_bytes_get_size (answer),
      (const gchar *) g_bytes_get_data (answer, NULL));
  return reply;
}

Reply *
call_api (Fixture * fixture, const gchar * path, const gchar * type,
    GBytes * body)
{
  g_autofree gchar *authorization = g_strconcat ("Authorization: Bearer ",
      foxapi_sim_get_api_key (fixture->sim), NULL);
  g_autofree gchar *url =
      g_strconcat (foxapi_sim_get_base_url (fixture->sim), path, NULL);

  return call (fixture, body ? "POST" : "GET", url, authorization, type, body);
}

Reply *
submit (Fixture * fixture, const gchar * json)
{
  g_autoptr (GBytes) body = g_bytes_new (json, strlen (json));

  return call_api (fixture, "/v1/videos/generations", "application/json", body);
}

Reply *
upload (Fixture * fixture, GBytes * bytes, const gchar * disposition,
    const gchar * file_name)
{
  g_autoptr (SoupMultipart) multipart =
      soup_multipart_new (SOUP_FORM_MIME_TYPE_MULTIPART);
  g_autoptr (SoupMessageHeaders) headers =
      soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
  g_autoptr (SoupMessageHeaders) part =
      soup_message_headers_new (SOUP_MESSAGE_HEADERS_MULTIPART);
  g_autoptr (GBytes) body = NULL;
  g_autofree gchar *all = g_strconcat ("form-data; ", disposition, NULL);

  soup_message_headers_append (part, "Content-Disposition", all);
  soup_message_headers_append (part, "Content-Type", "image/png");
  soup_multipart_append_part (multipart, part, bytes);
  if (file_name != NULL)
    soup_multipart_append_form_string (multipart, "file_name", file_name);
  soup_multipart_append_form_string (multipart, "auto_cleanup", "true");
  soup_multipart_to_message (multipart, headers, &body);
  return call_api (fixture, "/v1/files/upload/stream",
      soup_message_headers_get_one (headers, "Content-Type"), body);
}

gchar *
reply_dup_string (Reply * reply, const gchar * member)
{
  g_autofree gchar *pattern = g_strdup_printf ("\"%s\":\"([^\"]*)\"", member);
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  g_regex_match (regex, reply->text, 0, &match);
  return g_match_info_fetch (match, 1);
}
