/* The simulator's own test: what its cases share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "selftestutil.h"

#include <string.h>

Fixture *
fixture_new (const FoxapiSimOptions * options)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autoptr (GError) error = NULL;

  fixture->sim = foxapi_sim_new (options, &error);
  g_assert_no_error (error);
  fixture->session = soup_session_new_with_options ("timeout", 60, NULL);
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
  g_clear_pointer (&reply->body, g_bytes_unref);
  g_clear_error (&reply->error);
  g_free (reply);
}

static gboolean
accept_any (G_GNUC_UNUSED SoupMessage * message,
    G_GNUC_UNUSED GTlsCertificate * certificate,
    G_GNUC_UNUSED GTlsCertificateFlags errors, G_GNUC_UNUSED gpointer data)
{
  return TRUE;
}

Reply *
call (Fixture * fixture, const gchar * method, const gchar * url,
    const gchar * header, const gchar * type, GBytes * body)
{
  g_autoptr (SoupMessage) message = soup_message_new (method, url);
  SoupMessageHeaders *headers;
  Reply *reply = g_new0 (Reply, 1);

  g_assert_nonnull (message);
  headers = soup_message_get_request_headers (message);
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  g_signal_connect (message, "accept-certificate", G_CALLBACK (accept_any),
      NULL);
  if (header != NULL) {
    g_auto (GStrv) parts = g_strsplit (header, ": ", 2);

    soup_message_headers_append (headers, parts[0], parts[1]);
  }
  if (body != NULL)
    soup_message_set_request_body_from_bytes (message, type, body);
  reply->body = soup_session_send_and_read (fixture->session, message, NULL,
      &reply->error);
  reply->status = soup_message_get_status (message);
  reply->headers =
      soup_message_headers_ref (soup_message_get_response_headers (message));
  return reply;
}

static gchar *
make_authorization (Fixture * fixture)
{
  return g_strconcat ("Authorization: Bearer ",
      foxapi_sim_get_api_key (fixture->sim), NULL);
}

Reply *
submit (Fixture * fixture, const gchar * json)
{
  g_autofree gchar *authorization = make_authorization (fixture);
  g_autofree gchar *url = g_strconcat (foxapi_sim_get_base_url (fixture->sim),
      "/v1/videos/generations", NULL);
  g_autoptr (GBytes) body = g_bytes_new (json, strlen (json));

  return call (fixture, "POST", url, authorization, "application/json", body);
}

Reply *
ask (Fixture * fixture, const gchar * id)
{
  g_autofree gchar *authorization = make_authorization (fixture);
  g_autofree gchar *url = g_strconcat (foxapi_sim_get_base_url (fixture->sim),
      "/v1/tasks/", id, NULL);

  return call (fixture, "GET", url, authorization, NULL, NULL);
}

Reply *
fetch (Fixture * fixture, const gchar * url, const gchar * header)
{
  return call (fixture, "GET", url, header, NULL, NULL);
}

/* The one node at a JSONPath, NULL if there is none */
JsonNode *
reply_get (Reply * reply, const gchar * path)
{
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (JsonNode) found = NULL;
  g_autofree gchar *text = NULL;
  JsonArray *array;

  g_assert_no_error (reply->error);
  text = g_strndup (g_bytes_get_data (reply->body, NULL),
      g_bytes_get_size (reply->body));
  root = json_from_string (text, NULL);
  if (root == NULL)
    return NULL;
  found = json_path_query (path, root, NULL);
  if (found == NULL)
    return NULL;
  array = json_node_get_array (found);
  return json_array_get_length (array) == 1
      ? json_array_dup_element (array, 0) : NULL;
}

gchar *
reply_dup_string (Reply * reply, const gchar * path)
{
  g_autoptr (JsonNode) node = reply_get (reply, path);

  return node != NULL ? json_node_dup_string (node) : NULL;
}

gint64
reply_get_int (Reply * reply, const gchar * path)
{
  g_autoptr (JsonNode) node = reply_get (reply, path);

  return node != NULL ? json_node_get_int (node) : G_MININT64;
}

gchar *
reply_dup_message (Reply * reply)
{
  return reply_dup_string (reply, "$.error.message");
}

gchar *
make_result (Fixture * fixture)
{
  g_autoptr (Reply) submitted = submit (fixture, GOOD_BODY);
  g_autoptr (GPtrArray) tasks = NULL;
  FoxapiSimTask *task;

  g_assert_no_error (submitted->error);
  g_assert_cmpuint (submitted->status, ==, 200);
  foxapi_sim_set_task (fixture->sim, NULL, "completed", -1);
  tasks = foxapi_sim_get_tasks (fixture->sim);
  task = g_ptr_array_index (tasks, tasks->len - 1);
  g_assert_cmpstr (task->status, ==, "completed");
  return g_strdup (task->result_url);
}

GByteArray *
raw_get (G_GNUC_UNUSED Fixture * fixture, const gchar * url, GError ** error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autofree gchar *request = g_strdup_printf ("GET %s HTTP/1.1\r\n"
      "Host: 127.0.0.1:%d\r\n\r\n", g_uri_get_path (uri), g_uri_get_port (uri));
  GByteArray *bytes = g_byte_array_new ();
  GInputStream *input;
  gchar buffer[4096];
  gssize n;

  g_socket_client_set_timeout (client, 60);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1",
      g_uri_get_port (uri), NULL, NULL);
  g_assert_nonnull (connection);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream
          (G_IO_STREAM (connection)), request, strlen (request), NULL, NULL,
          NULL));
  input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  while ((n = g_input_stream_read (input, buffer, sizeof buffer, NULL, error))
      > 0)
    g_byte_array_append (bytes, (const guint8 *) buffer, n);
  return bytes;
}

gsize
find_body (GByteArray * bytes)
{
  const gchar *end = g_strstr_len ((const gchar *) bytes->data, bytes->len,
      "\r\n\r\n");

  g_assert_nonnull (end);
  return end + 4 - (const gchar *) bytes->data;
}

void
check_violations (Fixture * fixture, guint n)
{
  g_autoptr (GPtrArray) violations = foxapi_sim_take_violations (fixture->sim);

  g_assert_cmpuint (violations->len, ==, n);
}
