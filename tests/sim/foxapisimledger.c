/* The FoxAPI service, simulated: what was asked for and what was charged.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Requests and tasks live as long as the simulator and are guarded by its
 * lock. What the public functions hand out are requests, which never change,
 * and copies of the rest.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE             /* memmem() */
#endif

#include "foxapisimprivate.h"

#include <string.h>

#define ID_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789"

static void
request_clear (FoxapiSimRequest * request)
{
  g_free (request->method);
  g_free (request->path);
  g_free (request->headers);
  g_free (request->id);
  g_bytes_unref (request->body);
}

void
foxapi_sim_request_unref (FoxapiSimRequest * request)
{
  g_atomic_rc_box_release_full (request, (GDestroyNotify) request_clear);
}

GPtrArray *
foxapi_sim_get_requests (FoxapiSim * sim, FoxapiSimRoute route)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (
      (GDestroyNotify) foxapi_sim_request_unref);
  FOXAPI_SIM_LOCK (sim);

  for (guint i = 0; i < sim->requests->len; i++) {
    FoxapiSimRequest *request = g_ptr_array_index (sim->requests, i);

    if (request->route == route)
      g_ptr_array_add (list, g_atomic_rc_box_acquire (request));
  }
  return list;
}

guint
foxapi_sim_count_requests (FoxapiSim * sim, FoxapiSimRoute route)
{
  FOXAPI_SIM_LOCK (sim);

  g_return_val_if_fail (route < FOXAPI_SIM_N_ROUTES, 0);
  return sim->counts[route];
}

gchar *
foxapi_sim_request_get_header (const FoxapiSimRequest * request,
    const gchar * name)
{
  g_auto (GStrv) lines = g_strsplit (request->headers, "\n", -1);
  gsize length = strlen (name);

  for (guint i = 0; lines[i] != NULL; i++) {
    if (g_ascii_strncasecmp (lines[i], name, length) == 0
        && g_str_has_prefix (lines[i] + length, ": "))
      return g_strdup (lines[i] + length + 2);
  }
  return NULL;
}

void
foxapi_sim_entry_free (FoxapiSimEntry * entry)
{
  g_free (entry->id);
  g_free (entry->body);
  foxapi_sim_order_unref (entry->order);
  g_free (entry->status);
  g_free (entry);
}

static gchar *
make_id (FoxapiSim * sim, gint64 created)
{
  gchar *id = NULL;

  do {
    gchar tail[9] = { 0 };

    for (guint i = 0; i < 8; i++)
      tail[i] = ID_LETTERS[g_random_int_range (0, strlen (ID_LETTERS))];
    g_free (id);
    id = g_strdup_printf ("task-unified-%" G_GINT64_FORMAT "-%s", created,
        tail);
  } while (g_hash_table_contains (sim->tasks_by_id, id));
  return id;
}

/* Charges a task. Takes @order; @body is NULL for a task that was not
 * submitted here. */
FoxapiSimEntry *
foxapi_sim_entry_new (FoxapiSim * sim, FoxapiSimOrder * order, GBytes * body)
{
  FoxapiSimEntry *entry = g_new0 (FoxapiSimEntry, 1);

  entry->created = g_get_real_time () / G_USEC_PER_SEC;
  entry->started_us = g_get_monotonic_time ();
  entry->id = make_id (sim, entry->created);
  entry->order = order;
  entry->status = g_strdup ("pending");
  entry->fixed = sim->options.manual;
  entry->pace = strstr (order->prompt, "[slow]") != NULL ? 10 : 1;
  entry->end_status = "completed";
  if (strstr (order->prompt, "[fail]") != NULL)
    entry->end_status = "failed";
  else if (strstr (order->prompt, "[cancelled]") != NULL)
    entry->end_status = "cancelled";
  if (body != NULL)
    entry->body = g_strndup (g_bytes_get_data (body, NULL),
        g_bytes_get_size (body));
  if (sim->payload == NULL)
    entry->render = foxapi_sim_renderer_ask (sim,
        entry->body != NULL ? entry->body : "", order);
  g_ptr_array_add (sim->tasks, entry);
  g_hash_table_insert (sim->tasks_by_id, entry->id, entry);
  return entry;
}

FoxapiSimEntry *
foxapi_sim_entry_find (FoxapiSim * sim, const gchar * id)
{
  if (id != NULL)
    return g_hash_table_lookup (sim->tasks_by_id, id);
  if (sim->tasks->len == 0)
    return NULL;
  return g_ptr_array_index (sim->tasks, sim->tasks->len - 1);
}

static void
set_state (FoxapiSimEntry * entry, const gchar * status, gint progress)
{
  if (strcmp (entry->status, status) != 0) {
    if (strcmp (status, "completed") == 0)
      entry->completed_us = g_get_monotonic_time ();
    g_free (entry->status);
    entry->status = g_strdup (status);
  }
  entry->progress = progress;
}

/* The result's bytes, NULL while they are being rendered */
GBytes *
foxapi_sim_entry_get_bytes (FoxapiSim * sim, FoxapiSimEntry * entry)
{
  if (sim->payload != NULL)
    return sim->payload;
  return entry->render ? entry->render->bytes : NULL;
}

/* Why there will be no result, NULL where there will be one */
const gchar *
foxapi_sim_entry_get_failure (FoxapiSimEntry * entry)
{
  const gchar *failure = entry->render ? entry->render->failure : NULL;

  if (failure == NULL && strcmp (entry->status, "failed") == 0)
    failure = "The model could not make a video of this prompt";
  return failure;
}

/* Brings @entry to where time has got it */
void
foxapi_sim_entry_update (FoxapiSim * sim, FoxapiSimEntry * entry)
{
  gint64 elapsed = (g_get_monotonic_time () - entry->started_us) / 1000;
  gint64 queue = (gint64) sim->options.queue_time_ms * entry->pace;
  gint64 total = (gint64) sim->options.generation_time_ms * entry->pace;
  gint step = sim->options.progress_step;
  gint progress;

  if (entry->fixed)
    return;
  if (elapsed < queue && elapsed < total) {
    set_state (entry, "pending", 0);
    return;
  }
  if (elapsed >= total) {
    if (strcmp (entry->end_status, "completed") != 0) {
      set_state (entry, entry->end_status, entry->progress);
      return;
    }
    if (foxapi_sim_entry_get_bytes (sim, entry) != NULL) {
      set_state (entry, "completed", 100);
      return;
    }
    if (entry->render != NULL && entry->render->failure != NULL) {
      set_state (entry, "failed", entry->progress);
      return;
    }
    elapsed = total;
  }
  /* 100 is for what is there, not for what should be */
  progress = total > queue ? (elapsed - queue) * 100 / (total - queue) : 100;
  progress = MIN (progress, 99) / step * step;
  set_state (entry, "processing", MAX (progress, 0));
}

gchar *
foxapi_sim_entry_get_url (FoxapiSim * sim, FoxapiSimEntry * entry)
{
  return g_strdup_printf ("%s/results/%s/%u/video.mp4", sim->result_base_url,
      entry->id, sim->link_generation);
}

void
foxapi_sim_mark_delivered (FoxapiSim * sim, const gchar * id)
{
  FOXAPI_SIM_LOCK (sim);
  FoxapiSimEntry *entry = foxapi_sim_entry_find (sim, id);

  if (entry != NULL)
    entry->delivered = TRUE;
  g_cond_broadcast (&sim->changed);
}

/* Waits, with the lock held, until @entry's result is there or never will be */
static void
wait_for_bytes (FoxapiSim * sim, FoxapiSimEntry * entry)
{
  while (foxapi_sim_entry_get_bytes (sim, entry) == NULL
      && entry->render != NULL && !entry->render->done && !sim->stopping)
    g_cond_wait (&sim->changed, &sim->lock);
}

/* With the lock held */
static void
set_task (FoxapiSim * sim, FoxapiSimEntry * entry, const gchar * status,
    gint progress)
{
  gboolean completed = g_strcmp0 (status, "completed") == 0;

  if (completed)
    wait_for_bytes (sim, entry);
  foxapi_sim_entry_update (sim, entry);
  entry->fixed = TRUE;
  if (progress < 0)
    progress = completed ? 100 : entry->progress;
  if (completed && foxapi_sim_entry_get_bytes (sim, entry) == NULL)
    status = "failed";
  set_state (entry, status != NULL ? status : entry->status, progress);
}

void
foxapi_sim_set_task (FoxapiSim * sim, const gchar * id, const gchar * status,
    gint progress)
{
  FOXAPI_SIM_LOCK (sim);
  FoxapiSimEntry *entry = foxapi_sim_entry_find (sim, id);

  g_return_if_fail (entry != NULL);
  set_task (sim, entry, status, progress);
  g_cond_broadcast (&sim->changed);
}

/* Called with the lock */
static void
rename_entry (FoxapiSim * sim, FoxapiSimEntry * entry, const gchar * id)
{
  g_hash_table_remove (sim->tasks_by_id, entry->id);
  g_free (entry->id);
  entry->id = g_strdup (id);
  g_hash_table_insert (sim->tasks_by_id, entry->id, entry);
}

/* A task that runs goes on by time, unless tasks are moved by hand; any other
 * status stays as it was given. */
gchar *
foxapi_sim_add_named_task (FoxapiSim * sim, const gchar * wanted_id,
    const gchar * status)
{
  FOXAPI_SIM_LOCK (sim);
  FoxapiSimEntry *entry = foxapi_sim_entry_new (sim,
      foxapi_sim_order_new_default (), NULL);
  gboolean processing = g_strcmp0 (status, "processing") == 0;

  if (wanted_id != NULL)
    rename_entry (sim, entry, wanted_id);
  if (processing)
    entry->started_us -= (gint64) sim->options.queue_time_ms * 1000;
  if (sim->options.manual || (status != NULL && !processing
          && strcmp (status, "pending") != 0))
    set_task (sim, entry, status != NULL ? status : "pending", -1);
  g_cond_broadcast (&sim->changed);
  return g_strdup (entry->id);
}

gchar *
foxapi_sim_add_task (FoxapiSim * sim, const gchar * status)
{
  return foxapi_sim_add_named_task (sim, NULL, status);
}

void
foxapi_sim_set_form (FoxapiSim * sim, FoxapiSimForm form)
{
  FOXAPI_SIM_LOCK (sim);

  g_return_if_fail (form < FOXAPI_SIM_N_FORMS);
  sim->form = form;
}

void
foxapi_sim_expire_links (FoxapiSim * sim)
{
  FOXAPI_SIM_LOCK (sim);

  sim->link_generation++;
}

/* Answers that are under way keep the bytes they began with. */
void
foxapi_sim_change_result (FoxapiSim * sim, GBytes * payload)
{
  FOXAPI_SIM_LOCK (sim);

  if (payload != NULL) {
    g_clear_pointer (&sim->payload, g_bytes_unref);
    sim->payload = g_bytes_ref (payload);
  }
  sim->result_version++;
  sim->result_modified++;
  g_cond_broadcast (&sim->changed);
}

GPtrArray *
foxapi_sim_take_violations (FoxapiSim * sim)
{
  FOXAPI_SIM_LOCK (sim);
  GPtrArray *violations = sim->violations;

  sim->violations = g_ptr_array_new_with_free_func (g_free);
  return violations;
}

void
foxapi_sim_add_violation (FoxapiSim * sim, const gchar * format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (sim->violations, g_strdup_vprintf (format, args));
  va_end (args);
}

/* A file of this machine, by its URI or by its path. A prompt may speak of what
 * it likes. */
static void
look_at_json (FoxapiSim * sim, const gchar * name, JsonNode * node)
{
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObject *object = json_node_get_object (node);
    g_autoptr (GList) members = json_object_get_members (object);

    for (GList * l = members; l != NULL; l = l->next)
      look_at_json (sim, l->data, json_object_get_member (object, l->data));
  } else if (JSON_NODE_HOLDS_ARRAY (node)) {
    g_autoptr (GList) elements =
        json_array_get_elements (json_node_get_array (node));

    for (GList * l = elements; l != NULL; l = l->next)
      look_at_json (sim, name, l->data);
  } else if (JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_STRING) {
    const gchar *text = json_node_get_string (node);

    text += strspn (text, " ");
    if (strstr (name, "prompt") == NULL
        && (g_ascii_strncasecmp (text, "file:", strlen ("file:")) == 0
            || (g_path_is_absolute (text) && text[1] != '\0'
                && g_file_test (text, G_FILE_TEST_EXISTS))))
      foxapi_sim_add_violation (sim, "%s sent a local file to the service: %s",
          name, text);
  }
}

/* The key belongs into one header of calls to the API, and nowhere else. */
static gboolean
leaks_key (FoxapiSimExchange * exchange, const FoxapiSimRequest * request)
{
  const gchar *key = exchange->sim->api_key;
  g_autofree gchar *authorization =
      foxapi_sim_request_get_header (request, "Authorization");
  gboolean belongs = authorization != NULL && !exchange->on_results;
  const gchar *found = strstr (request->headers, key);
  gsize length;
  const gchar *body = g_bytes_get_data (exchange->body, &length);

  if (found != NULL && belongs && strstr (authorization, key) != NULL)
    found = strstr (found + strlen (key), key);
  return found != NULL || (authorization != NULL && !belongs)
      || strstr (request->path, key) != NULL
      || (body != NULL && memmem (body, length, key, strlen (key)) != NULL);
}

/* Before anything else happens to a request: a fault changes nothing here. */
void
foxapi_sim_look_for_violations (FoxapiSimExchange * exchange,
    const FoxapiSimRequest * request)
{
  FoxapiSim *sim = exchange->sim;
  gsize length;
  const gchar *data = g_bytes_get_data (exchange->body, &length);

  exchange->leaks_key = leaks_key (exchange, request);
  if (exchange->leaks_key)
    foxapi_sim_add_violation (sim, "The key went where it does not belong, "
        "with %s", exchange->path);
  if (exchange->route == FOXAPI_SIM_SUBMIT && length <= FOXAPI_SIM_MAX_JSON
      && foxapi_sim_json_check (data, length, NULL)) {
    g_autoptr (JsonParser) parser = json_parser_new ();

    if (json_parser_load_from_data (parser, data, length, NULL))
      look_at_json (sim, "The body", json_parser_get_root (parser));
  }
}

static void
task_free (FoxapiSimTask * task)
{
  g_free (task->id);
  g_free (task->model);
  g_free (task->body);
  g_free (task->status);
  g_free (task->result_url);
  g_free (task);
}

static gboolean
on_barrier (gpointer data)
{
  FoxapiSim *sim = data;
  FOXAPI_SIM_LOCK (sim);

  sim->barriers_passed++;
  g_cond_broadcast (&sim->changed);
  return G_SOURCE_REMOVE;
}

/* Waits, with the lock held, until the server's thread has recorded what it
 * has sent: a client has its last byte a moment before that. */
static void
wait_for_server (FoxapiSim * sim)
{
  guint64 mine = ++sim->barriers_posted;

  foxapi_sim_post (sim, on_barrier, sim);
  while (sim->barriers_passed < mine)
    g_cond_wait (&sim->changed, &sim->lock);
}

GPtrArray *
foxapi_sim_get_tasks (FoxapiSim * sim)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) task_free);
  FOXAPI_SIM_LOCK (sim);

  wait_for_server (sim);
  for (guint i = 0; i < sim->tasks->len; i++) {
    FoxapiSimEntry *entry = g_ptr_array_index (sim->tasks, i);
    FoxapiSimTask *task = g_new0 (FoxapiSimTask, 1);

    foxapi_sim_entry_update (sim, entry);
    task->id = g_strdup (entry->id);
    task->model = g_strdup (entry->order->model);
    task->created = entry->created;
    task->body = g_strdup (entry->body);
    task->status = g_strdup (entry->status);
    task->progress = entry->progress;
    task->result_url = foxapi_sim_entry_get_url (sim, entry);
    task->delivered = entry->delivered;
    g_ptr_array_add (list, task);
  }
  return list;
}

GBytes *
foxapi_sim_get_result (FoxapiSim * sim, const gchar * id)
{
  FOXAPI_SIM_LOCK (sim);
  FoxapiSimEntry *entry = foxapi_sim_entry_find (sim, id);
  GBytes *bytes = NULL;

  if (entry != NULL) {
    wait_for_bytes (sim, entry);
    bytes = foxapi_sim_entry_get_bytes (sim, entry);
  }
  return bytes != NULL ? g_bytes_ref (bytes) : NULL;
}

GBytes *
foxapi_sim_get_upload (FoxapiSim * sim, const gchar * url)
{
  FOXAPI_SIM_LOCK (sim);
  GBytes *bytes = foxapi_sim_upload_find (sim, url);

  return bytes != NULL ? g_bytes_ref (bytes) : NULL;
}
