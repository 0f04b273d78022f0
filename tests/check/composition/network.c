/* The way to the service: a real proxy, a private certificate authority
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiharness.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* TLS */

static GTlsCertificate *certificate;
static gchar *certificate_path;

/* A certificate of its own authority, for 127.0.0.1, made by openssl */
static void
make_certificate (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("foxapi-XXXXXX", NULL);
  g_autofree gchar *key = g_build_filename (folder, "key.pem", NULL);
  const gchar *argv[] = { "openssl", "req", "-x509", "-newkey", "ec",
    "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
    "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
    "-out", NULL, NULL
  };
  g_autoptr (GError) error = NULL;
  gint status;

  certificate_path = g_build_filename (folder, "certificate.pem", NULL);
  argv[G_N_ELEMENTS (argv) - 2] = certificate_path;
  fail_unless (g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH
          | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status,
          &error), "%s", error ? error->message : "");
  fail_unless (g_spawn_check_wait_status (status, &error), "%s",
      error ? error->message : "");
  certificate = g_tls_certificate_new_from_files (certificate_path, key,
      &error);
  fail_unless (certificate != NULL, "%s", error ? error->message : "");
}

static void
remove_certificate (void)
{
  g_autofree gchar *folder = g_path_get_dirname (certificate_path);

  harness_remove_tree (folder);
  g_clear_object (&certificate);
  g_clear_pointer (&certificate_path, g_free);
}

static void
setup_tls (void)
{
  FoxapiSimOptions options = harness_options ();

  make_certificate ();
  options.tls_certificate = certificate;
  harness_setup_with (&options);
}

static void
teardown_tls (void)
{
  harness_teardown ();
  remove_certificate ();
}

TEST (test_unknown_authority)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));

  /* A certificate that does not verify now never will: no retries */
  run_to_error (run, GST_RESOURCE_ERROR_OPEN_READ);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

TEST (test_private_authority)
{
  g_autoptr (GTlsDatabase) authorities =
      g_tls_file_database_new (certificate_path, NULL);
  g_autoptr (Run) run = run_new (harness_source ("tls-database", authorities,
          NULL));

  run_to_result (run);
}

/* The proxy: tinyproxy from Debian, on a free port, with a log */

static GPid proxy_pid;
static guint proxy_port;
static gchar *proxy_log;

static guint
find_free_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

static gboolean
proxy_answers (void)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;

  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", proxy_port,
      NULL, NULL);
  return connection != NULL;
}

static void
start_proxy (const gchar * more)
{
  g_autofree gchar *path = g_build_filename (store, "tinyproxy.conf", NULL);
  g_autofree gchar *text = NULL;
  const gchar *argv[] = { "tinyproxy", "-d", "-c", path, NULL };
  g_autoptr (GError) error = NULL;

  proxy_port = find_free_port ();
  proxy_log = g_build_filename (store, "tinyproxy.log", NULL);
  text = g_strdup_printf ("Port %u\nListen 127.0.0.1\nTimeout 60\n"
      "LogFile \"%s\"\nLogLevel Connect\nMaxClients 20\n%s", proxy_port,
      proxy_log, more);
  fail_unless (g_file_set_contents (path, text, -1, NULL));
  fail_unless (g_spawn_async (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH
          | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
          G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &proxy_pid, &error), "%s",
      error ? error->message : "");
  while (!proxy_answers ()) {
    fail_unless_equals_int (waitpid (proxy_pid, NULL, WNOHANG), 0);
    g_thread_yield ();
  }
}

static void
teardown_proxy (void)
{
  g_unsetenv ("http_proxy");
  g_setenv ("no_proxy", "127.0.0.1,localhost", TRUE);
  kill (proxy_pid, SIGTERM);
  waitpid (proxy_pid, NULL, 0);
  g_clear_pointer (&proxy_log, g_free);
  harness_teardown ();
}

static void
setup_proxy (void)
{
  harness_setup ();
  start_proxy ("");
}

static void
setup_proxy_with_password (void)
{
  harness_setup ();
  start_proxy ("BasicAuth fox den\n");
}

static void
assert_went_through_proxy (void)
{
  g_autofree gchar *log = NULL;

  fail_unless (g_file_get_contents (proxy_log, &log, NULL, NULL));
  fail_unless (strstr (log, "/v1/videos/generations") != NULL, "%s", log);
  fail_unless (strstr (log, "/results/") != NULL, "%s", log);
}

static gchar *
proxy_uri (void)
{
  return g_strdup_printf ("http://127.0.0.1:%u", proxy_port);
}

TEST (test_proxy)
{
  g_autofree gchar *uri = proxy_uri ();
  g_autoptr (Run) run = run_new (harness_source ("proxy", uri, NULL));

  run_to_result (run);
  assert_went_through_proxy ();
}

TEST (test_proxy_of_the_environment)
{
  g_autofree gchar *uri = proxy_uri ();
  g_autoptr (Run) run = NULL;

  g_unsetenv ("no_proxy");
  g_setenv ("http_proxy", uri, TRUE);
  run = run_new (harness_source (NULL));
  run_to_eos (run);
  assert_went_through_proxy ();
}

TEST (test_proxy_password)
{
  g_autofree gchar *uri = proxy_uri ();
  g_autoptr (Run) run = run_new (harness_source ("proxy", uri, "proxy-id",
          "fox", "proxy-pw", "den", NULL));

  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* libsoup would talk to the proxy itself. */
TEST (test_proxy_password_in_uri)
{
  g_autofree gchar *uri = g_strdup_printf ("%sfox:d%%65n@127.0.0.1:%u",
      __i__ == 0 ? "http://" : "", proxy_port);
  g_autoptr (Run) run = NULL;

  if (__i__ == 2) {
    g_unsetenv ("no_proxy");
    g_setenv ("http_proxy", uri, TRUE);
    run = run_new (harness_source (NULL));
  } else {
    run = run_new (harness_source ("proxy", uri, NULL));
  }
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
  assert_went_through_proxy ();
}

/* With TLS */

static void
setup_tls_proxy (const gchar * more)
{
  setup_tls ();
  start_proxy (more);
}

static void
setup_tls_proxy_with_password (void)
{
  setup_tls_proxy ("BasicAuth fox den\n");
}

static void
setup_tls_proxy_that_refuses (void)
{
  setup_tls_proxy ("ConnectPort 1\n");
}

static void
teardown_tls_proxy (void)
{
  teardown_proxy ();
  remove_certificate ();
}

TEST (test_tls_proxy_password)
{
  g_autofree gchar *uri = g_strdup_printf (__i__ == 0 ?
      "http://fox:den@127.0.0.1:%u" : "127.0.0.1:%u", proxy_port);
  g_autoptr (Run) run = run_new (harness_source ("ssl-strict", FALSE,
          "proxy", uri, NULL));

  if (__i__ == 1)
    g_object_set (run->source, "proxy-id", "fox", "proxy-pw", "den", NULL);
  run_to_result (run);
  assert_requests (FOXAPI_SIM_SUBMIT, 1);
}

/* What the proxy answers to a CONNECT is not the service's answer. */
TEST (test_tls_proxy_refuses)
{
  g_autofree gchar *uri = proxy_uri ();
  g_autoptr (Run) run = run_new (harness_source ("ssl-strict", FALSE,
          "proxy", uri, "retries", 1, NULL));
  const GstStructure *details;

  details = run_to_error (run, GST_RESOURCE_ERROR_OPEN_READ);
  assert_boolean (details, "maybe-charged", FALSE);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

TEST (test_wrong_proxy_password)
{
  g_autofree gchar *uri = proxy_uri ();
  g_autoptr (Run) run = run_new (harness_source ("proxy", uri, "proxy-id",
          "fox", "proxy-pw", "wrong", NULL));
  const GstStructure *details;

  run_set_state (run, GST_STATE_PLAYING);
  details = gst_message_get_structure (run_wait (run, GST_MESSAGE_ERROR));
  fail_unless (details != NULL);
  assert_requests (FOXAPI_SIM_SUBMIT, 0);
}

/* Machines */

/* Takes all descriptors that there are, but for the last @n_left. */
static GArray *
take_descriptors (guint n_left)
{
  GArray *held = g_array_new (FALSE, FALSE, sizeof (gint));
  struct rlimit limit;
  gint fd;

  fail_unless_equals_int (getrlimit (RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = 200;
  fail_unless_equals_int (setrlimit (RLIMIT_NOFILE, &limit), 0);
  while ((fd = open ("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
    g_array_append_val (held, fd);
  for (; n_left > 0; n_left--) {
    close (g_array_index (held, gint, held->len - 1));
    g_array_set_size (held, held->len - 1);
  }
  return held;
}

static void
give_descriptors_back (GArray * held)
{
  for (guint i = 0; i < held->len; i++)
    close (g_array_index (held, gint, i));
  g_array_unref (held);
}

/* It can be made, and says what is wrong when it is started. Then there are some,
 * and it starts. */
TEST (test_no_descriptors)
{
  g_autoptr (Run) run = run_new (harness_source (NULL));
  GArray *held = take_descriptors (__i__);

  gst_object_unref (gst_object_ref_sink (harness_source (NULL)));
  run_to_error (run, GST_RESOURCE_ERROR_OPEN_READ);
  assert_nothing_sent ();
  give_descriptors_back (held);
  run_stop (run);
  run_to_eos (run);
}

static const Test tests[] = {
  CASE ("tls", setup_tls, teardown_tls),
  ONCE (test_unknown_authority),
  ONCE (test_private_authority),
  CASE ("proxy", setup_proxy, teardown_proxy),
  ONCE (test_proxy),
  ONCE (test_proxy_of_the_environment),
  CASE ("proxy with password", setup_proxy_with_password, teardown_proxy),
  ONCE (test_proxy_password),
  ONCE (test_wrong_proxy_password),
  TIMES (test_proxy_password_in_uri, 3),
  CASE ("proxy with password and TLS", setup_tls_proxy_with_password,
      teardown_tls_proxy),
  TIMES (test_tls_proxy_password, 2),
  CASE ("proxy that refuses TLS", setup_tls_proxy_that_refuses,
      teardown_tls_proxy),
  ONCE (test_tls_proxy_refuses),
  CASE ("machine", harness_setup, harness_teardown),
  TIMES (test_no_descriptors, 3),
};

CHECK_MAIN (network, tests)
