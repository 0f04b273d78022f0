/* The FoxAPI service, simulated: the object, its thread and its scripts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: the server's thread owns both SoupServers, every connection and
 * every held or broken answer; the renderer's thread owns the pipelines. The
 * functions of the public header run in any other thread. What they share is
 * in the struct below the lock, and only touched with it held.
 */

#include "foxapisimprivate.h"

#include <sys/socket.h>

#define DEFAULT_API_KEY "test-key-0123456789"
#define WAIT_TIMEOUT (30 * G_TIME_SPAN_SECOND)
#define SHUTDOWN_TIMEOUT_S 10
#define CONNECTION_KEY "foxapi-sim-connection"

/* Runs @function in the server's thread, always later. Not
 * g_main_context_invoke(): that would run it here while the thread is between
 * two iterations. */
void
foxapi_sim_post (FoxapiSim * sim, GSourceFunc function, gpointer data)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, function, data, NULL);
  g_source_attach (source, sim->context);
}

static FoxapiSimConnection *
find_connection (GSocket * socket)
{
  return socket ? g_object_get_data (G_OBJECT (socket), CONNECTION_KEY) : NULL;
}

/* The connection of @socket has been closed */
void
foxapi_sim_connection_closed (FoxapiSim * sim, GSocket * socket)
{
  FoxapiSimConnection *connection = find_connection (socket);

  if (connection == NULL)
    return;
  g_object_set_data (G_OBJECT (socket), CONNECTION_KEY, NULL);
  g_mutex_lock (&sim->lock);
  sim->connections = g_list_remove (sim->connections, connection);
  g_cond_broadcast (&sim->changed);
  g_mutex_unlock (&sim->lock);
  foxapi_sim_clear_source (&connection->gone_source);
  foxapi_sim_clear_source (&connection->close_source);
  g_signal_handlers_disconnect_by_data (connection->message, connection);
  g_object_unref (connection->message);
  g_object_unref (connection->socket);
  g_free (connection);
}

static void
on_disconnected (G_GNUC_UNUSED SoupServerMessage * message, gpointer data)
{
  FoxapiSimConnection *connection = data;

  if (!connection->stolen)
    foxapi_sim_connection_closed (connection->sim, connection->socket);
}

static gboolean
on_close_idle (gpointer data)
{
  FoxapiSimConnection *connection = data;

  foxapi_sim_clear_source (&connection->close_source);
  if (!connection->busy) {
    g_socket_close (connection->socket, NULL);
    foxapi_sim_connection_closed (connection->sim, connection->socket);
  }
  return G_SOURCE_REMOVE;
}

/* libsoup 3.2 forgets a connection that its peer closes between two requests:
 * it stops watching it and never closes it. So it is closed here, after
 * libsoup has seen the end and read what came before it: hence the priority. */
static void
close_when_idle (FoxapiSimConnection * connection)
{
  if (!connection->peer_gone || connection->busy
      || connection->close_source != NULL)
    return;
  connection->close_source = g_idle_source_new ();
  g_source_set_priority (connection->close_source, G_PRIORITY_LOW);
  g_source_set_callback (connection->close_source, on_close_idle, connection,
      NULL);
  g_source_attach (connection->close_source, connection->sim->context);
}

static gboolean
on_peer_gone (G_GNUC_UNUSED gint fd, G_GNUC_UNUSED GIOCondition condition,
    gpointer data)
{
  FoxapiSimConnection *connection = data;

  connection->peer_gone = TRUE;
  foxapi_sim_clear_source (&connection->gone_source);
  close_when_idle (connection);
  return G_SOURCE_REMOVE;
}

/* The connection that @message came on, made known where it is new */
FoxapiSimConnection *
foxapi_sim_track_connection (FoxapiSim * sim, SoupServerMessage * message)
{
  GSocket *socket = soup_server_message_get_socket (message);
  FoxapiSimConnection *connection = find_connection (socket);

  if (connection != NULL || socket == NULL)
    return connection;

  connection = g_new0 (FoxapiSimConnection, 1);
  connection->sim = sim;
  connection->socket = g_object_ref (socket);
  connection->message = g_object_ref (message);
  g_mutex_lock (&sim->lock);
  connection->number = ++sim->n_connections;
  sim->connections = g_list_prepend (sim->connections, connection);
  g_mutex_unlock (&sim->lock);
  g_object_set_data (G_OBJECT (socket), CONNECTION_KEY, connection);
  g_signal_connect (message, "disconnected", G_CALLBACK (on_disconnected),
      connection);
  connection->gone_source =
      foxapi_sim_watch_gone (sim, socket, on_peer_gone, connection);
  return connection;
}

/* From a request until its answer is sent, or never will be */
void
foxapi_sim_set_busy (SoupServerMessage * message, gboolean busy)
{
  FoxapiSimConnection *connection =
      find_connection (soup_server_message_get_socket (message));

  if (connection == NULL)
    return;
  connection->busy = busy;
  close_when_idle (connection);
}

/* Takes the connection away from libsoup; who takes it has to close it and
 * call foxapi_sim_connection_closed(). */
GIOStream *
foxapi_sim_steal_connection (FoxapiSim * sim, SoupServerMessage * message)
{
  FoxapiSimConnection *connection = foxapi_sim_track_connection (sim, message);

  if (connection != NULL) {
    connection->stolen = TRUE;
    foxapi_sim_clear_source (&connection->gone_source);
    foxapi_sim_clear_source (&connection->close_source);
  }
  return soup_server_message_steal_connection (message);
}

static gchar *
listen_on (FoxapiSim * sim, SoupServer * server, guint port, GError ** error)
{
  SoupServerListenOptions options = SOUP_SERVER_LISTEN_IPV4_ONLY;
  GSList *uris;
  gchar *url;

  if (sim->tls_certificate != NULL) {
    soup_server_set_tls_certificate (server, sim->tls_certificate);
    options |= SOUP_SERVER_LISTEN_HTTPS;
  }
  if (!soup_server_listen_local (server, port, options, error))
    return NULL;
  foxapi_sim_serve (sim, server);
  uris = soup_server_get_uris (server);
  url = g_strdup_printf ("%s://127.0.0.1:%d",
      sim->tls_certificate != NULL ? "https" : "http",
      g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return url;
}

/* A connection that is shut down wakes every read and write on it, so that
 * closing it never waits for a peer that does not read. */
static void
shut_down_connections (FoxapiSim * sim)
{
  FOXAPI_SIM_LOCK (sim);

  for (GList * l = sim->connections; l != NULL; l = l->next) {
    FoxapiSimConnection *connection = l->data;

    if (!g_socket_is_closed (connection->socket))
      shutdown (g_socket_get_fd (connection->socket), SHUT_RDWR);
  }
}

static gboolean
have_connections (FoxapiSim * sim)
{
  FOXAPI_SIM_LOCK (sim);

  return sim->connections != NULL || sim->wires != NULL;
}

static gboolean
on_deadline (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Ends everything and runs the context until the last connection is gone */
static void
close_all (FoxapiSim * sim)
{
  g_autoptr (GSource) deadline =
      g_timeout_source_new_seconds (SHUTDOWN_TIMEOUT_S);
  gboolean late = FALSE;

  foxapi_sim_drop_held (sim);
  foxapi_sim_wires_cancel (sim);
  shut_down_connections (sim);
  soup_server_disconnect (sim->api_server);
  soup_server_disconnect (sim->result_server);
  g_clear_object (&sim->api_server);
  g_clear_object (&sim->result_server);

  g_source_set_callback (deadline, on_deadline, &late, NULL);
  g_source_attach (deadline, sim->context);
  while (have_connections (sim) && !late)
    g_main_context_iteration (sim->context, TRUE);
  g_source_destroy (deadline);
  while (g_main_context_iteration (sim->context, FALSE)) {
  }
  if (late)
    g_warning ("The simulator ends with a connection still in use");
}

static gpointer
sim_thread (gpointer data)
{
  FoxapiSim *sim = data;
  g_autofree gchar *base_url = NULL;
  g_autofree gchar *result_base_url = NULL;
  g_autoptr (GError) error = NULL;
  gboolean run;

  g_main_context_push_thread_default (sim->context);
  sim->loop = g_main_loop_new (sim->context, FALSE);
  sim->api_server = soup_server_new ("raw-paths", TRUE, NULL);
  sim->result_server = soup_server_new ("raw-paths", TRUE, NULL);
  base_url = listen_on (sim, sim->api_server, sim->options.api_port, &error);
  if (base_url != NULL)
    result_base_url = listen_on (sim, sim->result_server,
        sim->options.result_port, &error);
  run = result_base_url != NULL;

  g_mutex_lock (&sim->lock);
  sim->start_error = g_steal_pointer (&error);
  sim->base_url = g_steal_pointer (&base_url);
  sim->result_base_url = g_steal_pointer (&result_base_url);
  sim->started = TRUE;
  g_cond_broadcast (&sim->changed);
  g_mutex_unlock (&sim->lock);

  if (run)
    g_main_loop_run (sim->loop);
  close_all (sim);
  g_clear_pointer (&sim->loop, g_main_loop_unref);
  g_main_context_pop_thread_default (sim->context);
  return NULL;
}

static gboolean
on_quit (gpointer data)
{
  FoxapiSim *sim = data;

  g_main_loop_quit (sim->loop);
  return G_SOURCE_REMOVE;
}

/* The struct with its options, before there is a thread */
static FoxapiSim *
sim_new (const FoxapiSimOptions * options)
{
  FoxapiSim *sim = g_new0 (FoxapiSim, 1);

  sim->options = *options;
  sim->api_key = g_strdup (options->api_key ? options->api_key
      : DEFAULT_API_KEY);
  sim->options.api_key = sim->api_key;
  sim->any_key = options->api_key == NULL;
  if (sim->options.progress_step == 0)
    sim->options.progress_step = 10;
  sim->options.progress_step = MIN (sim->options.progress_step, 100);
  sim->allowed_models = options->models ?
      g_strsplit (options->models, ",", -1) : NULL;
  sim->options.failure = g_strdup (options->failure);
  sim->form = options->result_form;
  sim->payload = options->payload ? g_bytes_ref (options->payload) : NULL;
  sim->options.payload = NULL;
  g_set_object (&sim->tls_certificate, options->tls_certificate);
  sim->result_modified = g_get_real_time () / G_USEC_PER_SEC;
  g_mutex_init (&sim->lock);
  g_cond_init (&sim->changed);
  g_queue_init (&sim->uploads);
  g_queue_init (&sim->render_queue);
  sim->context = g_main_context_new ();
  for (guint i = 0; i < FOXAPI_SIM_N_ROUTES; i++)
    sim->faults[i] = g_hash_table_new_full (NULL, NULL, NULL,
        (GDestroyNotify) foxapi_sim_fault_free);
  sim->requests = g_ptr_array_new_with_free_func (
      (GDestroyNotify) foxapi_sim_request_unref);
  sim->tasks = g_ptr_array_new_with_free_func (
      (GDestroyNotify) foxapi_sim_entry_free);
  sim->violations = g_ptr_array_new_with_free_func (g_free);
  sim->tasks_by_id = g_hash_table_new (g_str_hash, g_str_equal);
  sim->renders = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) foxapi_sim_render_free);
  return sim;
}

FoxapiSim *
foxapi_sim_new (const FoxapiSimOptions * options, GError ** error)
{
  FoxapiSim *sim;

  g_return_val_if_fail (options != NULL, NULL);
  g_return_val_if_fail (options->result_form < FOXAPI_SIM_N_FORMS, NULL);

  sim = sim_new (options);
  if (!foxapi_sim_models_load (sim, error)
      || (sim->payload == NULL && !foxapi_sim_renderer_start (sim, error))) {
    foxapi_sim_free (sim);
    return NULL;
  }
  sim->thread = g_thread_new ("foxapi-sim", sim_thread, sim);
  g_mutex_lock (&sim->lock);
  while (!sim->started)
    g_cond_wait (&sim->changed, &sim->lock);
  g_mutex_unlock (&sim->lock);
  if (sim->start_error != NULL) {
    g_propagate_error (error, g_steal_pointer (&sim->start_error));
    foxapi_sim_free (sim);
    return NULL;
  }
  return sim;
}

void
foxapi_sim_free (FoxapiSim * sim)
{
  if (sim == NULL)
    return;
  g_mutex_lock (&sim->lock);
  sim->stopping = TRUE;
  g_cond_broadcast (&sim->changed);
  g_mutex_unlock (&sim->lock);
  foxapi_sim_renderer_stop (sim);
  if (sim->thread != NULL) {
    foxapi_sim_post (sim, on_quit, sim);
    g_thread_join (sim->thread);
  }

  /* From here on there is no other thread */
  for (guint i = 0; i < sim->violations->len; i++)
    g_critical ("%s", (gchar *) g_ptr_array_index (sim->violations, i));
  g_ptr_array_unref (sim->violations);
  for (guint i = 0; i < FOXAPI_SIM_N_ROUTES; i++)
    g_hash_table_unref (sim->faults[i]);
  g_ptr_array_unref (sim->requests);
  g_hash_table_unref (sim->tasks_by_id);
  g_ptr_array_unref (sim->tasks);
  g_hash_table_unref (sim->renders);
  foxapi_sim_uploads_clear (sim);
  g_clear_pointer (&sim->payload, g_bytes_unref);
  g_clear_error (&sim->start_error);
  g_clear_object (&sim->tls_certificate);
  g_clear_object (&sim->models);
  g_main_context_unref (sim->context);
  g_free (sim->base_url);
  g_free (sim->result_base_url);
  g_free (sim->api_key);
  g_strfreev (sim->allowed_models);
  g_free ((gchar *) sim->options.failure);
  g_cond_clear (&sim->changed);
  g_mutex_clear (&sim->lock);
  g_free (sim);
}

const gchar *
foxapi_sim_get_base_url (FoxapiSim * sim)
{
  return sim->base_url;
}

const gchar *
foxapi_sim_get_result_base_url (FoxapiSim * sim)
{
  return sim->result_base_url;
}

const gchar *
foxapi_sim_get_api_key (FoxapiSim * sim)
{
  return sim->api_key;
}

void
foxapi_sim_script (FoxapiSim * sim, FoxapiSimRoute route, guint nth,
    const FoxapiSimFault * fault)
{
  FOXAPI_SIM_LOCK (sim);

  g_return_if_fail (route < FOXAPI_SIM_N_ROUTES);
  g_return_if_fail (fault == NULL || fault->answer == NULL
      || foxapi_sim_error_find (fault->answer) != NULL);
  if (fault != NULL)
    g_hash_table_insert (sim->faults[route], GUINT_TO_POINTER (nth),
        foxapi_sim_fault_copy (fault));
  else
    g_hash_table_remove (sim->faults[route], GUINT_TO_POINTER (nth));
}

static gboolean
on_release (gpointer data)
{
  foxapi_sim_resume_held (data);
  return G_SOURCE_REMOVE;
}

void
foxapi_sim_release (FoxapiSim * sim)
{
  g_mutex_lock (&sim->lock);
  sim->released = TRUE;
  g_cond_broadcast (&sim->changed);
  g_mutex_unlock (&sim->lock);
  foxapi_sim_post (sim, on_release, sim);
}

gboolean
foxapi_sim_wait_requests (FoxapiSim * sim, FoxapiSimRoute route, guint n)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_TIMEOUT;
  FOXAPI_SIM_LOCK (sim);

  g_return_val_if_fail (route < FOXAPI_SIM_N_ROUTES, FALSE);
  while (sim->counts[route] < n && g_cond_wait_until (&sim->changed,
          &sim->lock, deadline)) {
  }
  return sim->counts[route] >= n;
}

/* With the lock held */
static gboolean
is_idle (FoxapiSim * sim, FoxapiSimRoute route)
{
  for (GList * l = sim->connections; l != NULL; l = l->next) {
    FoxapiSimConnection *connection = l->data;

    if (connection->routes[route])
      return FALSE;
  }
  return TRUE;
}

gboolean
foxapi_sim_wait_idle (FoxapiSim * sim, FoxapiSimRoute route)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_TIMEOUT;
  FOXAPI_SIM_LOCK (sim);

  g_return_val_if_fail (route < FOXAPI_SIM_N_ROUTES, FALSE);
  while (!is_idle (sim, route)
      && g_cond_wait_until (&sim->changed, &sim->lock, deadline)) {
  }
  return is_idle (sim, route);
}
