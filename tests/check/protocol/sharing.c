/* What many share: sessions, their connections, and the threads that call
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "protocoltest.h"

#define N_CALLS 12
#define N_HANDSHAKES 5          /* each loads the certificate authorities */

static FoxapiSim *sim;

/* A database with nothing in it: a bare system may have none */
typedef GTlsDatabase TestDatabase;
typedef GTlsDatabaseClass TestDatabaseClass;
GType test_database_get_type (void);
G_DEFINE_TYPE (TestDatabase, test_database, G_TYPE_TLS_DATABASE);

static void
test_database_class_init (TestDatabaseClass * klass)
{
}

static void
test_database_init (TestDatabase * database)
{
}

static void
setup (void)
{
  g_autoptr (GBytes) payload = make_payload (1000, 1);
  FoxapiSimOptions options = make_options (payload);

  sim = make_sim (&options);
}

static void
teardown (void)
{
  g_clear_pointer (&sim, foxapi_sim_free);
}

/* Who shares with whom */

static FoxapiSessionSettings
make_settings (void)
{
  FoxapiSessionSettings settings = {
    .timeout = 30,
    .user_agent = (gchar *) "test",
    .proxy = (gchar *) "http://127.0.0.1:9",
    .proxy_id = (gchar *) "id",
    .proxy_pw = (gchar *) "password",
    .ssl_strict = TRUE,
  };

  return settings;
}

TEST (test_same_settings)
{
  FoxapiSessionSettings settings = make_settings ();
  g_autoptr (FoxapiSession) one = foxapi_session_new (&settings, NULL);
  g_autoptr (FoxapiSession) other = NULL;
  g_autofree gchar *agent = g_strdup ("test");

  settings.user_agent = agent;
  other = foxapi_session_new (&settings, NULL);
  fail_unless (one != NULL && one == other);
}

/* A certificate that one accepts, or a proxy that one trusts, is nobody else's
 * business. */
TEST (test_other_settings)
{
  FoxapiSessionSettings usual = make_settings ();
  FoxapiSessionSettings others[] = { usual, usual, usual, usual, usual, usual,
    usual, usual
  };
  g_autoptr (FoxapiSession) one = foxapi_session_new (&usual, NULL);
  g_autoptr (GTlsInteraction) interaction =
      g_object_new (G_TYPE_TLS_INTERACTION, NULL);
  g_autoptr (GTlsDatabase) database =
      g_object_new (test_database_get_type (), NULL);

  others[0].timeout = 31;
  others[1].user_agent = NULL;
  others[2].proxy = NULL;
  others[3].proxy_id = (gchar *) "other";
  others[4].proxy_pw = NULL;
  others[5].ssl_strict = FALSE;
  others[6].tls_interaction = interaction;
  others[7].tls_database = database;
  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    g_autoptr (FoxapiSession) other = foxapi_session_new (&others[i], NULL);

    fail_unless (one != NULL && other != NULL);
    fail_if (one == other, "%u", i);
  }
}

/* Calls from many threads */

typedef struct
{
  FoxapiClient *client;
  GCancellable *cancellable;
  GThread *thread;
  gchar *id;
  GError *error;
} Call;

static gpointer
run_call (gpointer data)
{
  Call *call = data;
  g_autoptr (FoxapiTask) task = foxapi_client_ask (call->client, call->id,
      call->cancellable, &call->error);

  fail_unless ((task == NULL) == (call->error != NULL));
  return NULL;
}

static FoxapiClient *
make_client_for (FoxapiSession * session, const gchar * url)
{
  FoxapiClient *client = foxapi_client_new (session, url,
      foxapi_sim_get_api_key (sim), NULL);

  fail_unless (client != NULL);
  return client;
}

static void
start_calls (Call * calls, guint n, FoxapiSession * session, const gchar * url)
{
  for (guint i = 0; i < n; i++) {
    calls[i].client = make_client_for (session, url);
    calls[i].cancellable = g_cancellable_new ();
    calls[i].id = foxapi_sim_add_task (sim, "pending");
    calls[i].thread = g_thread_new ("call", run_call, &calls[i]);
  }
}

static void
cancel_calls (Call * calls, guint n)
{
  for (guint i = 0; i < n; i++)
    g_cancellable_cancel (calls[i].cancellable);
}

static void
end_calls (Call * calls, guint n, gboolean are_cancelled)
{
  for (guint i = 0; i < n; i++) {
    g_thread_join (calls[i].thread);
    if (are_cancelled)
      fail_unless (g_error_matches (calls[i].error, G_IO_ERROR,
              G_IO_ERROR_CANCELLED));
    else
      fail_unless (calls[i].error == NULL);
    g_clear_error (&calls[i].error);
    foxapi_client_unref (calls[i].client);
    g_object_unref (calls[i].cancellable);
    g_free (calls[i].id);
  }
}

TEST (test_one_connection)
{
  g_autoptr (FoxapiSession) session = make_session ();
  g_autoptr (GPtrArray) requests = NULL;

  for (guint i = 0; i < 5; i++) {
    Call call = { NULL };

    start_calls (&call, 1, session, foxapi_sim_get_base_url (sim));
    end_calls (&call, 1, FALSE);
  }
  requests = foxapi_sim_get_requests (sim, FOXAPI_SIM_ASK);
  fail_unless_equals_int (requests->len, 5);
  for (guint i = 1; i < 5; i++)
    fail_unless_equals_int (((FoxapiSimRequest *)
            g_ptr_array_index (requests, i))->connection,
        ((FoxapiSimRequest *) g_ptr_array_index (requests, 0))->connection);
}

/* What the calls connect to, once all of them are about to */
static GMutex resolving_lock;
static GCond resolving_cond;
static GPtrArray *resolving;    /* of GSocketConnectable */

static gboolean
on_socket_client_event (GSignalInvocationHint * hint, guint n_values,
    const GValue * values, gpointer data)
{
  if (g_value_get_enum (&values[1]) == G_SOCKET_CLIENT_RESOLVING) {
    g_mutex_lock (&resolving_lock);
    g_ptr_array_add (resolving, g_value_dup_object (&values[2]));
    g_cond_broadcast (&resolving_cond);
    while (resolving->len < N_CALLS)
      g_cond_wait (&resolving_cond, &resolving_lock);
    g_mutex_unlock (&resolving_lock);
  }
  return TRUE;
}

/* GIO looks an address up, and replaces it, without a lock. */
TEST (test_no_shared_address)
{
  g_autoptr (FoxapiSession) session = make_session ();
  g_autoptr (GTypeClass) klass = g_type_class_ref (G_TYPE_SOCKET_CLIENT);
  guint signal = g_signal_lookup ("event", G_TYPE_SOCKET_CLIENT);
  gulong hook = g_signal_add_emission_hook (signal, 0, on_socket_client_event,
      NULL, NULL);
  Call calls[N_CALLS] = { {NULL}
  };

  fail_unless (klass != NULL);
  resolving = g_ptr_array_new_with_free_func (g_object_unref);
  start_calls (calls, N_CALLS, session, foxapi_sim_get_base_url (sim));
  end_calls (calls, N_CALLS, FALSE);
  g_signal_remove_emission_hook (signal, hook);
  for (guint i = 0; i < N_CALLS; i++) {
    guint nth;

    fail_unless (g_ptr_array_find (resolving, resolving->pdata[i], &nth));
    fail_unless_equals_int (nth, i);
  }
  g_clear_pointer (&resolving, g_ptr_array_unref);
}

/* POST takes a connection of its own; none stays behind. */
TEST (test_submissions_leave_none)
{
  /* clang does not see that it keeps the session alive. */
  g_autoptr (FoxapiSession) session G_GNUC_UNUSED = make_session ();
  g_autoptr (FoxapiClient) one = make_client (sim);
  g_autoptr (FoxapiClient) other = make_client (sim);
  g_autoptr (FoxapiTask) task =
      foxapi_client_submit (one, GOOD_BODY, NULL, NULL, NULL);
  g_autoptr (FoxapiTask) other_task =
      foxapi_client_submit (other, GOOD_BODY, NULL, NULL, NULL);

  fail_unless (task != NULL && other_task != NULL);
  fail_unless (foxapi_sim_wait_idle (sim, FOXAPI_SIM_SUBMIT));
}

/* However many hang, one more is made. */
TEST (test_calls_that_hang)
{
  FoxapiSimFault hold = {.hold = TRUE };
  g_autoptr (FoxapiSession) session = make_session ();
  Call calls[N_CALLS] = { {NULL}
  };
  Call last = { NULL };

  for (guint i = 1; i <= N_CALLS; i++)
    script_nth (sim, FOXAPI_SIM_ASK, i, hold);
  start_calls (calls, N_CALLS, session, foxapi_sim_get_base_url (sim));
  fail_unless (foxapi_sim_wait_requests (sim, FOXAPI_SIM_ASK, N_CALLS));
  start_calls (&last, 1, session, foxapi_sim_get_base_url (sim));
  end_calls (&last, 1, FALSE);
  foxapi_sim_release (sim);
  end_calls (calls, N_CALLS, FALSE);
}

/* Those under way, and those that wait for a thread */
TEST (test_cancelled)
{
  FoxapiSimFault hold = {.hold = TRUE };
  g_autoptr (FoxapiSession) session = make_session ();
  Call calls[N_CALLS] = { {NULL}
  };

  script_all (sim, FOXAPI_SIM_ASK, hold);
  start_calls (calls, N_CALLS, session, foxapi_sim_get_base_url (sim));
  fail_unless (foxapi_sim_wait_requests (sim, FOXAPI_SIM_ASK, __i__));
  cancel_calls (calls, N_CALLS);
  end_calls (calls, N_CALLS, TRUE);
}

/* A server that accepts and then says nothing: nobody waits for the connection
 * that another one is making, and all can be cancelled. */
TEST (test_handshakes_that_hang)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree gchar *url = g_strdup_printf ("https://127.0.0.1:%u", port);
  g_autoptr (FoxapiSession) session = make_session ();
  GSocketConnection *accepted[N_HANDSHAKES];
  Call calls[N_HANDSHAKES] = { {NULL}
  };

  start_calls (calls, N_HANDSHAKES, session, url);
  for (guint i = 0; i < N_HANDSHAKES; i++) {
    accepted[i] = g_socket_listener_accept (listener, NULL, NULL, NULL);
    fail_unless (accepted[i] != NULL);
  }
  cancel_calls (calls, N_HANDSHAKES);
  end_calls (calls, N_HANDSHAKES, TRUE);
  for (guint i = 0; i < N_HANDSHAKES; i++)
    g_object_unref (accepted[i]);
}

static const Test tests[] = {
  CASE ("sessions", setup, teardown),
  ONCE (test_same_settings),
  ONCE (test_other_settings),
  ONCE (test_one_connection),
  ONCE (test_submissions_leave_none),
  CASE ("calls", setup, teardown),
  ONCE (test_no_shared_address),
  ONCE (test_calls_that_hang),
  TIMES (test_cancelled, 3),
  ONCE (test_handshakes_that_hang),
};

CHECK_MAIN (sharing, tests)
