/* The FoxAPI service, simulated: from a request to its answer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every request comes through on_request(), in the server's thread. It is
 * recorded and carried out under one hold of the lock, so whoever has seen it
 * recorded sees what it did. A fault may change, delay or destroy the answer.
 */

#include "foxapisimprivate.h"

#include <string.h>

#define SIZE_KEY "foxapi-sim-size"

static void
exchange_free (FoxapiSimExchange * exchange)
{
  foxapi_sim_clear_source (&exchange->gone_source);
  foxapi_sim_clear_source (&exchange->delay_source);
  g_clear_pointer (&exchange->answer, foxapi_sim_answer_free);
  g_clear_pointer (&exchange->fault, foxapi_sim_fault_free);
  g_clear_pointer (&exchange->body, g_bytes_unref);
  g_free (exchange->path);
  g_free (exchange->query);
  g_free (exchange->id);
  g_object_unref (exchange->message);
  g_free (exchange);
}

void
foxapi_sim_log_exchange (FoxapiSimExchange * exchange, const gchar * what)
{
  FoxapiSimAnswer *answer = exchange->answer;
  g_autoptr (GDateTime) now = NULL;
  g_autofree gchar *time = NULL;
  g_autofree gchar *path = NULL;
  const gchar *note = answer != NULL && answer->note ? answer->note : "";

  if (!exchange->sim->options.verbose)
    return;
  now = g_date_time_new_now_local ();
  time = g_date_time_format (now, "%H:%M:%S");
  path = g_strescape (exchange->path, NULL);
  g_print ("%s.%03d %s %s%s%s %u%s%s%s\n", time,
      g_date_time_get_microsecond (now) / 1000, exchange->method, path,
      exchange->query ? "?" : "", exchange->query ? exchange->query : "",
      answer != NULL ? answer->status : 0, *note ? " " : "", note, what);
}

/* Which route a request is on decides which script it meets, and nothing
 * else: it may still be refused there. */
static FoxapiSimRoute
get_route (FoxapiSimExchange * exchange)
{
  gboolean is_get = strcmp (exchange->method, "GET") == 0;
  gboolean is_post = strcmp (exchange->method, "POST") == 0;

  if (exchange->on_results)
    return is_get && g_str_has_prefix (exchange->path, "/results/")
        ? FOXAPI_SIM_RESULT : FOXAPI_SIM_OTHER;
  if (is_post && strcmp (exchange->path, "/v1/videos/generations") == 0)
    return FOXAPI_SIM_SUBMIT;
  if (is_post && strcmp (exchange->path, "/v1/files/upload/stream") == 0)
    return FOXAPI_SIM_UPLOAD;
  if (is_get && g_str_has_prefix (exchange->path, "/v1/tasks/"))
    return FOXAPI_SIM_ASK;
  return FOXAPI_SIM_OTHER;
}

static gchar *
dup_headers (SoupMessageHeaders * headers)
{
  GString *text = g_string_new (NULL);
  SoupMessageHeadersIter iter;
  const gchar *name, *value;

  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    g_string_append_printf (text, "%s: %s\n", name, value);
  return g_string_free (text, FALSE);
}

/* The time and a number that no other request has */
static gchar *
make_request_id (FoxapiSim * sim)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree gchar *time = g_date_time_format (now, "%Y%m%d%H%M%S");

  return g_strdup_printf ("%s%06uSim%05u", time,
      (guint) g_date_time_get_microsecond (now), sim->requests->len + 1);
}

/* With the lock held */
static void
record (FoxapiSimExchange * exchange, FoxapiSimConnection * connection)
{
  FoxapiSim *sim = exchange->sim;
  FoxapiSimRequest *request = g_atomic_rc_box_new0 (FoxapiSimRequest);
  FoxapiSimFault *fault;

  request->route = exchange->route;
  request->nth = ++sim->counts[exchange->route];
  request->method = g_strdup (exchange->method);
  request->path = exchange->query == NULL ? g_strdup (exchange->path)
      : g_strconcat (exchange->path, "?", exchange->query, NULL);
  request->headers =
      dup_headers (soup_server_message_get_request_headers (exchange->message));
  request->body = g_bytes_ref (exchange->body);
  exchange->id = make_request_id (sim);
  request->id = g_strdup (exchange->id);
  request->time_us = g_get_monotonic_time ();
  if (connection != NULL) {
    request->connection = connection->number;
    connection->routes[exchange->route] = TRUE;
  }
  g_ptr_array_add (sim->requests, request);
  foxapi_sim_look_for_violations (exchange, request);

  fault = g_hash_table_lookup (sim->faults[exchange->route],
      GUINT_TO_POINTER (request->nth));
  if (fault == NULL)
    fault = g_hash_table_lookup (sim->faults[exchange->route], NULL);
  if (fault != NULL)
    exchange->fault = foxapi_sim_fault_copy (fault);
}

/* With the lock held */
static void
carry_out (FoxapiSimExchange * exchange, gboolean act)
{
  if (exchange->leaks_key)
    exchange->answer = foxapi_sim_answer_new_error (400, "key_leaked",
        "An API key does not belong here");
  else if (exchange->on_results
      && g_str_has_prefix (exchange->path, "/uploads/"))
    exchange->answer = foxapi_sim_answer_upload_get (exchange);
  else if (exchange->on_results)
    exchange->answer = foxapi_sim_answer_result (exchange);
  else if (exchange->too_large)
    exchange->answer = foxapi_sim_answer_new_named ("cloudflare", 413);
  else
    exchange->answer = foxapi_sim_answer_api (exchange, act);
  exchange->answer->head_only = strcmp (exchange->method, "HEAD") == 0;
}

/* What is left to be written of a result */
typedef struct
{
  FoxapiSim *sim;
  gchar *id;
  gsize left;
} Delivery;

/* Right after the write, so that foxapi_sim_get_tasks() can wait for it */
static void
on_wrote_body_data (G_GNUC_UNUSED SoupServerMessage * message, guint size,
    gpointer data)
{
  Delivery *delivery = data;

  delivery->left -= MIN (size, delivery->left);
  if (delivery->left == 0)
    foxapi_sim_mark_delivered (delivery->sim, delivery->id);
}

static void
delivery_free (gpointer data, G_GNUC_UNUSED GClosure * closure)
{
  Delivery *delivery = data;

  g_free (delivery->id);
  g_free (delivery);
}

static void
watch_delivery (FoxapiSimExchange * exchange)
{
  Delivery *delivery = g_new0 (Delivery, 1);

  delivery->sim = exchange->sim;
  delivery->id = g_strdup (exchange->answer->delivers);
  delivery->left = g_bytes_get_size (exchange->answer->body);
  g_signal_connect_data (exchange->message, "wrote-body-data",
      G_CALLBACK (on_wrote_body_data), delivery, delivery_free, 0);
}

/* Sends the answer, or lets the fault strike. Takes @exchange. */
static void
send_answer (FoxapiSimExchange * exchange)
{
  FoxapiSimFault *fault = exchange->fault;

  foxapi_sim_answer_finish (exchange->answer, fault,
      exchange->on_results ? NULL : exchange->id);
  if (fault != NULL && foxapi_sim_fault_needs_wire (fault)) {
    foxapi_sim_log_exchange (exchange, fault->reset ? " (reset)"
        : fault->close ? " (closed)" : " (fault)");
    foxapi_sim_wire_take (exchange);
  } else {
    foxapi_sim_log_exchange (exchange, fault != NULL ? " (scripted)" : "");
    if (exchange->answer->delivers != NULL)
      watch_delivery (exchange);
    foxapi_sim_answer_to_message (exchange->answer, exchange->message);
  }
  exchange_free (exchange);
}

/* Gives up a held answer: the peer went away, or the simulator ends. A request
 * that was to be carried out after the hold never is. */
static void
drop_held (FoxapiSimExchange * exchange)
{
  FoxapiSim *sim = exchange->sim;
  g_autoptr (GSocket) socket =
      g_object_ref (soup_server_message_get_socket (exchange->message));
  g_autoptr (GIOStream) stream = NULL;

  sim->held = g_list_remove (sim->held, exchange);
  g_source_destroy (exchange->gone_source);
  foxapi_sim_log_exchange (exchange, " (held until the client went away)");
  stream = foxapi_sim_steal_connection (sim, exchange->message);
  g_socket_close (socket, NULL);
  foxapi_sim_connection_closed (sim, socket);
  exchange_free (exchange);
}

static gboolean
on_held_gone (G_GNUC_UNUSED gint fd, G_GNUC_UNUSED GIOCondition condition,
    gpointer data)
{
  drop_held (data);
  return G_SOURCE_REMOVE;
}

void
foxapi_sim_drop_held (FoxapiSim * sim)
{
  while (sim->held != NULL)
    drop_held (sim->held->data);
}

/* Answers what was held. Takes @exchange, which is off the list already. */
static void
resume (FoxapiSimExchange * exchange)
{
  FoxapiSim *sim = exchange->sim;
  g_autoptr (SoupServerMessage) message = g_object_ref (exchange->message);
  gboolean on_wire = foxapi_sim_fault_needs_wire (exchange->fault);

  g_source_destroy (exchange->gone_source);
  if (exchange->answer == NULL) {
    g_mutex_lock (&sim->lock);
    carry_out (exchange, !foxapi_sim_fault_replaces_answer (exchange->fault));
    g_cond_broadcast (&sim->changed);
    g_mutex_unlock (&sim->lock);
  }
  send_answer (exchange);
  if (!on_wire)
    soup_server_message_unpause (message);
}

void
foxapi_sim_resume_held (FoxapiSim * sim)
{
  g_autoptr (GList) held = g_list_reverse (g_steal_pointer (&sim->held));

  for (GList * l = held; l != NULL; l = l->next)
    resume (l->data);
}

static gboolean
on_delay (gpointer data)
{
  FoxapiSimExchange *exchange = data;

  exchange->sim->held = g_list_remove (exchange->sim->held, exchange);
  resume (exchange);
  return G_SOURCE_REMOVE;
}

static FoxapiSimExchange *
exchange_new (FoxapiSim * sim, SoupServer * server, SoupServerMessage * message)
{
  FoxapiSimExchange *exchange = g_new0 (FoxapiSimExchange, 1);
  GUri *uri = soup_server_message_get_uri (message);
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  guint64 *size = g_object_get_data (G_OBJECT (message), SIZE_KEY);

  exchange->sim = sim;
  exchange->message = g_object_ref (message);
  exchange->on_results = server == sim->result_server;
  exchange->method = soup_server_message_get_method (message);
  exchange->path = g_strdup (g_uri_get_path (uri));
  exchange->query = g_strdup (g_uri_get_query (uri));
  exchange->too_large = size != NULL && *size == G_MAXUINT64;
  exchange->body = exchange->too_large ? g_bytes_new (NULL, 0)
      : soup_message_body_flatten (body);
  /* The message may be kept for as long as its connection is open */
  soup_message_body_truncate (body);
  exchange->route = get_route (exchange);
  return exchange;
}

static void
on_request (SoupServer * server, SoupServerMessage * message,
    G_GNUC_UNUSED const char *path, G_GNUC_UNUSED GHashTable * query,
    gpointer data)
{
  FoxapiSim *sim = data;
  FoxapiSimExchange *exchange = exchange_new (sim, server, message);
  FoxapiSimConnection *connection = foxapi_sim_track_connection (sim, message);
  FoxapiSimFault *fault;
  gboolean hold;

  foxapi_sim_set_busy (message, TRUE);
  g_mutex_lock (&sim->lock);
  record (exchange, connection);
  fault = exchange->fault;
  hold = fault != NULL && fault->hold && !sim->released;
  if (fault == NULL || fault->act_first)
    carry_out (exchange, TRUE);
  else if (!hold)
    carry_out (exchange, !foxapi_sim_fault_replaces_answer (fault));
  g_cond_broadcast (&sim->changed);
  g_mutex_unlock (&sim->lock);

  if (hold || (fault != NULL && fault->delay_ms != 0)) {
    sim->held = g_list_prepend (sim->held, exchange);
    exchange->gone_source = foxapi_sim_watch_gone (sim,
        soup_server_message_get_socket (message), on_held_gone, exchange);
    soup_server_message_pause (message);
    if (!hold) {
      exchange->delay_source = g_timeout_source_new (fault->delay_ms);
      g_source_set_callback (exchange->delay_source, on_delay, exchange, NULL);
      g_source_attach (exchange->delay_source, sim->context);
    }
  } else {
    send_answer (exchange);
  }
}

/* Stops keeping a body that is longer than Cloudflare takes: what comes after is
 * read and thrown away, and only then the answer is 413. */
static void
on_got_chunk (SoupServerMessage * message, GBytes * chunk, gpointer data)
{
  guint64 *size = data;

  if (*size == G_MAXUINT64)
    return;
  *size += g_bytes_get_size (chunk);
  if (*size > FOXAPI_SIM_MAX_BODY) {
    SoupMessageBody *body = soup_server_message_get_request_body (message);

    *size = G_MAXUINT64;
    soup_message_body_set_accumulate (body, FALSE);
    soup_message_body_truncate (body);
  }
}

static void
on_request_started (G_GNUC_UNUSED SoupServer * server,
    SoupServerMessage * message, gpointer data)
{
  guint64 *size = g_new0 (guint64, 1);

  foxapi_sim_track_connection (data, message);
  g_object_set_data_full (G_OBJECT (message), SIZE_KEY, size, g_free);
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_got_chunk), size);
}

static void
on_request_finished (G_GNUC_UNUSED SoupServer * server,
    SoupServerMessage * message, G_GNUC_UNUSED gpointer data)
{
  foxapi_sim_set_busy (message, FALSE);
}

void
foxapi_sim_serve (FoxapiSim * sim, SoupServer * server)
{
  g_signal_connect (server, "request-started",
      G_CALLBACK (on_request_started), sim);
  g_signal_connect (server, "request-finished",
      G_CALLBACK (on_request_finished), sim);
  g_signal_connect (server, "request-aborted",
      G_CALLBACK (on_request_finished), sim);
  soup_server_add_handler (server, NULL, on_request, sim, NULL);
}
