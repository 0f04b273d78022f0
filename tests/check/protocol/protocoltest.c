/* What the tests of the protocol library share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "protocoltest.h"

#include <glib/gstdio.h>
#include <string.h>

void
check_error (const GError * error, const ErrorMeaning * meaning)
{
  const FoxapiErrorDetails *details;

  fail_unless (error != NULL, "there is no error");
  fail_unless (error->domain == FOXAPI_ERROR, "%s: %s",
      g_quark_to_string (error->domain), error->message);
  details = foxapi_error_get_details (error);
  fail_unless (details != NULL);
  fail_unless (error->code == (gint) meaning->code, "code %d: %s",
      error->code, error->message);
  fail_unless (details->http_status == meaning->http_status,
      "status %u: %s", details->http_status, error->message);
  fail_unless (details->charge == meaning->charge, "charge %d: %s",
      details->charge, error->message);
  fail_unless (details->passing == meaning->passing, "passing %d: %s",
      details->passing, error->message);
  fail_unless (g_utf8_validate (error->message, -1, NULL));
}

void
check_words (const gchar * text, ...)
{
  const gchar *word;
  va_list words;

  fail_unless (text != NULL);
  va_start (words, text);
  while ((word = va_arg (words, const gchar *)) != NULL)
      fail_unless (strstr (text, word) != NULL, "no \"%s\" in: %s", word, text);
  va_end (words);
}

gchar *
make_directory (void)
{
  gchar *path = g_dir_make_tmp ("foxapi-test-XXXXXX", NULL);

  fail_unless (path != NULL);
  return path;
}

GStrv
list_directory (const gchar * path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  GPtrArray *names = g_ptr_array_new ();
  const gchar *name;

  fail_unless (dir != NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort_with_data (names,
      (GCompareDataFunc) (void (*)(void)) strcmp, NULL);
  g_ptr_array_add (names, NULL);
  return (GStrv) g_ptr_array_free (names, FALSE);
}

/* Subdirectories are not gone into: no test has a full one. */
void
remove_directory (gchar * path)
{
  g_auto (GStrv) names = NULL;

  g_chmod (path, 0700);
  names = list_directory (path);
  for (gchar ** name = names; *name != NULL; name++) {
    g_autofree gchar *child = g_build_filename (path, *name, NULL);

    fail_unless (g_remove (child) == 0, "%s stays", child);
  }
  fail_unless (g_rmdir (path) == 0);
  g_free (path);
}

GBytes *
make_payload (gsize size, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  guint8 *data = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    data[i] = g_rand_int (rand);
  return g_bytes_new_take (data, size);
}

FoxapiSimOptions
make_options (GBytes * payload)
{
  FoxapiSimOptions options = {
    .manual = TRUE,
    .payload = payload,
  };

  return options;
}

FoxapiSim *
make_sim (const FoxapiSimOptions * options)
{
  g_autoptr (GError) error = NULL;
  FoxapiSim *sim = foxapi_sim_new (options, &error);

  fail_unless (sim != NULL, "%s", error ? error->message : "");
  return sim;
}

GTlsCertificate *
make_certificate (void)
{
  g_autofree gchar *dir = g_dir_make_tmp ("foxapi-test-XXXXXX", NULL);
  g_autofree gchar *key = g_build_filename (dir, "key.pem", NULL);
  g_autofree gchar *cert = g_build_filename (dir, "cert.pem", NULL);
  const gchar *argv[] = { "openssl", "req", "-x509", "-newkey", "ec",
    "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
    "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", cert, NULL
  };
  GTlsCertificate *certificate = NULL;

  if (g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH
          | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
          NULL, NULL, NULL, NULL, NULL))
    certificate = g_tls_certificate_new_from_files (cert, key, NULL);
  g_unlink (key);
  g_unlink (cert);
  g_rmdir (dir);
  return certificate;
}

FoxapiSession *
make_session (void)
{
  FoxapiSessionSettings settings = {
    .timeout = 60,
    .user_agent = (gchar *) "gst-foxapi-test",
    .ssl_strict = TRUE,
  };
  FoxapiSession *session = foxapi_session_new (&settings, NULL);

  fail_unless (session != NULL);
  return session;
}

FoxapiClient *
make_client (FoxapiSim * sim)
{
  g_autoptr (FoxapiSession) session = make_session ();
  FoxapiClient *client = foxapi_client_new (session,
      foxapi_sim_get_base_url (sim), foxapi_sim_get_api_key (sim), NULL);

  fail_unless (client != NULL);
  return client;
}

gchar *
make_link (FoxapiSim * sim)
{
  g_autofree gchar *id = foxapi_sim_add_task (sim, "completed");
  g_autoptr (FoxapiClient) client = make_client (sim);
  g_autoptr (GError) error = NULL;
  g_autoptr (FoxapiTask) task = foxapi_client_ask (client, id, NULL, &error);

  fail_unless (task != NULL, "%s", error ? error->message : "");
  fail_unless_equals_int (task->state, FOXAPI_TASK_COMPLETED);
  return g_strdup (task->results[0]);
}

FoxapiSimRequest *
dup_request (FoxapiSim * sim, FoxapiSimRoute route, guint nth)
{
  g_autoptr (GPtrArray) requests = foxapi_sim_get_requests (sim, route);
  FoxapiSimRequest *request, *copy;

  fail_unless (requests->len >= nth, "only %u requests", requests->len);
  request = g_ptr_array_index (requests, nth - 1);
  copy = g_new0 (FoxapiSimRequest, 1);
  copy->method = g_strdup (request->method);
  copy->path = g_strdup (request->path);
  copy->headers = g_strdup (request->headers);
  copy->body = g_bytes_ref (request->body);
  return copy;
}

void
free_request (FoxapiSimRequest * request)
{
  g_free (request->method);
  g_free (request->path);
  g_free (request->headers);
  g_bytes_unref (request->body);
  g_free (request);
}

gchar *
dup_header (FoxapiSim * sim, FoxapiSimRoute route, guint nth,
    const gchar * name)
{
  FoxapiSimRequest *request = dup_request (sim, route, nth);
  gchar *value = foxapi_sim_request_get_header (request, name);

  free_request (request);
  return value;
}

void
script_all (FoxapiSim * sim, FoxapiSimRoute route, FoxapiSimFault fault)
{
  script_nth (sim, route, 0, fault);
}

void
script_nth (FoxapiSim * sim, FoxapiSimRoute route, guint nth,
    FoxapiSimFault fault)
{
  if (fault.body_length == 0)
    fault.body_length = -1;
  foxapi_sim_script (sim, route, nth, &fault);
}
