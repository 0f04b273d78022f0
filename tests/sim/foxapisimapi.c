/* The FoxAPI service, simulated: the routes of the API's port.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything here runs in the server's thread with the lock held.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "foxapisimprivate.h"

#include <string.h>

#define TASKS_PREFIX "/v1/tasks/"

/* The service says 45 of whatever it is, images included. */
static void
add_task_info (FoxapiSim * sim, JsonObject * task, const gchar * status)
{
  gint estimated = sim->options.estimated_time;
  JsonObject *info;

  if (estimated < -1)
    return;
  info = json_object_new ();
  json_object_set_boolean_member (info, "can_cancel",
      strcmp (status, "pending") == 0);
  if (estimated >= 0)
    json_object_set_int_member (info, "estimated_time",
        estimated > 0 ? estimated : 45);
  json_object_set_object_member (task, "task_info", info);
}

static void
add_output (JsonObject * task, FoxapiSimEntry * entry, const gchar * url)
{
  JsonObject *output = json_object_new ();
  JsonArray *urls = json_array_new ();

  json_array_add_string_element (urls, url);
  json_object_set_string_member (output, "url", url);
  json_object_set_array_member (output, "urls", urls);
  json_object_set_int_member (output, "duration", entry->order->duration);
  json_object_set_int_member (output, "width", entry->order->width);
  json_object_set_int_member (output, "height", entry->order->height);
  json_object_set_object_member (task, "output", output);
}

static void
add_results (FoxapiSim * sim, JsonObject * task, FoxapiSimEntry * entry,
    FoxapiSimForm form)
{
  g_autofree gchar *url = foxapi_sim_entry_get_url (sim, entry);
  JsonObject *result;
  JsonArray *results;

  if (form == FOXAPI_SIM_OUTPUT)
    add_output (task, entry, url);
  if (form == FOXAPI_SIM_NULL)
    json_object_set_null_member (task, "results");
  if (form == FOXAPI_SIM_OUTPUT || form == FOXAPI_SIM_ABSENT
      || form == FOXAPI_SIM_NULL)
    return;
  results = json_array_new ();
  if (form == FOXAPI_SIM_STRINGS) {
    json_array_add_string_element (results, url);
  } else if (form != FOXAPI_SIM_EMPTY) {
    result = json_object_new ();
    if (form == FOXAPI_SIM_VOICE)
      json_object_set_string_member (result, "voice_id", "voice-0001");
    else
      json_object_set_string_member (result,
          form == FOXAPI_SIM_OBJECTS ? "url" : "video_url", url);
    if (entry->order->seed >= 0)
      json_object_set_int_member (result, "seed", entry->order->seed);
    json_array_add_object_element (results, result);
  }
  json_object_set_array_member (task, "results", results);
}

/* Why a task failed: the usual object, or what else has been met */
static void
add_failure (FoxapiSim * sim, JsonObject * task, FoxapiSimEntry * entry)
{
  const gchar *code = sim->options.failure;
  const gchar *message = foxapi_sim_entry_get_failure (entry);
  JsonObject *error;

  if (g_strcmp0 (code, "null") == 0) {
    json_object_set_null_member (task, "error");
  } else if (g_strcmp0 (code, "text") == 0) {
    json_object_set_string_member (task, "error", message);
  } else {
    error = json_object_new ();
    json_object_set_string_member (error, "code",
        code != NULL ? code : "generation_failed");
    json_object_set_string_member (error, "message", message);
    json_object_set_string_member (error, "type", "task_error");
    json_object_set_object_member (task, "error", error);
  }
}

static void
add_usage (JsonObject * task, FoxapiSimEntry * entry)
{
  JsonObject *usage = json_object_new ();

  json_object_set_int_member (usage, "credits_reserved",
      entry->order->duration);
  json_object_set_object_member (task, "usage", usage);
}

/* The object of a task. A submission's answer speaks of the task as it was made,
 * and has the credits that were taken for it. */
static FoxapiSimAnswer *
answer_task (FoxapiSim * sim, FoxapiSimEntry * entry, gboolean submitted)
{
  g_autoptr (JsonObject) task = json_object_new ();
  gboolean as_made = submitted && !sim->options.at_once;
  const gchar *status = as_made ? "pending" : entry->status;
  gint progress = as_made ? 0 : entry->progress;
  gboolean completed = strcmp (status, "completed") == 0;
  FoxapiSimForm form = completed ? sim->form
      : sim->form == FOXAPI_SIM_OUTPUT ? FOXAPI_SIM_ABSENT : FOXAPI_SIM_NULL;
  FoxapiSimAnswer *answer;

  if (completed && g_get_monotonic_time () - entry->completed_us
      < (gint64) sim->options.late_results_ms * 1000) {
    form = sim->options.late_form ? sim->options.late_form : FOXAPI_SIM_NULL;
    progress = MIN (progress, 50);
  }
  json_object_set_int_member (task, "created", entry->created);
  json_object_set_string_member (task, "id", entry->id);
  json_object_set_string_member (task, "model", entry->order->model);
  json_object_set_string_member (task, "object", "video.generation.task");
  json_object_set_int_member (task, "progress", progress);
  json_object_set_string_member (task, "status", status);
  add_task_info (sim, task, status);
  json_object_set_string_member (task, "type", "video");
  if (submitted)
    add_usage (task, entry);
  if (!as_made) {
    add_results (sim, task, entry, form);
    if (form == FOXAPI_SIM_ABSENT && sim->form == FOXAPI_SIM_OUTPUT)
      json_object_set_null_member (task, "output");
    if (strcmp (status, "failed") == 0)
      add_failure (sim, task, entry);
    else
      json_object_set_null_member (task, "error");
  }
  if (completed && form != FOXAPI_SIM_NULL && (entry->handed_us == 0
          || entry->handed_generation != sim->link_generation)) {
    entry->handed_us = g_get_monotonic_time ();
    entry->handed_generation = sim->link_generation;
  }
  answer = foxapi_sim_answer_new_json (200, task);
  answer->note = g_strdup_printf ("%s %s%s %d%%", entry->id,
      submitted ? "charged, " : "", status, progress);
  return answer;
}

static gchar *
check_body (FoxapiSimExchange * exchange, guint * status)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (exchange->message);
  const gchar *type = soup_message_headers_get_content_type (headers, NULL);
  g_autoptr (GError) error = NULL;
  gconstpointer data;
  gsize length;

  *status = 400;
  if (g_strcmp0 (type, "application/json") != 0)
    return g_strdup ("Content-Type must be application/json");
  data = g_bytes_get_data (exchange->body, &length);
  if (length > FOXAPI_SIM_MAX_JSON) {
    *status = 413;
    return g_strdup ("The body is too large");
  }
  if (!foxapi_sim_json_check (data, length, &error))
    return g_strdup (error->message);
  return NULL;
}

static FoxapiSimAnswer *
answer_submit (FoxapiSimExchange * exchange, gboolean act)
{
  FoxapiSim *sim = exchange->sim;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  g_autofree gchar *message = NULL;
  FoxapiSimOrder *order;
  FoxapiSimEntry *entry;
  const gchar *code = NULL;
  JsonNode *root;
  guint status;

  message = check_body (exchange, &status);
  if (message != NULL)
    return foxapi_sim_answer_new_error (status, NULL, "%s", message);
  if (!json_parser_load_from_data (parser,
          g_bytes_get_data (exchange->body, NULL),
          g_bytes_get_size (exchange->body), &error))
    return foxapi_sim_answer_new_error (400, NULL, "%s", error->message);
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return foxapi_sim_answer_new_error (422, "invalid_parameter",
        "The body must be an object");
  order = foxapi_sim_order_check (sim, json_node_get_object (root), &code,
      &message);
  if (order == NULL)
    return foxapi_sim_answer_new_error (422, code, "%s", message);
  if (!act) {
    foxapi_sim_order_free (order);
    return foxapi_sim_answer_new (200, "application/json", NULL);
  }
  entry = foxapi_sim_entry_new (sim, order, exchange->body);
  if (sim->options.at_once)
    foxapi_sim_entry_update (sim, entry);
  return answer_task (sim, entry, TRUE);
}

static FoxapiSimAnswer *
answer_ask (FoxapiSimExchange * exchange)
{
  FoxapiSim *sim = exchange->sim;
  const gchar *id = exchange->path + strlen (TASKS_PREFIX);
  FoxapiSimEntry *entry = foxapi_sim_entry_find (sim, id);

  if (exchange->query != NULL
      && strcmp (exchange->query, "sync_upstream=true") != 0
      && strcmp (exchange->query, "sync_upstream=false") != 0)
    return foxapi_sim_answer_new_error (400, NULL, "Unknown query");
  if (entry == NULL)
    return foxapi_sim_answer_new_error (404, "task_not_found",
        "There is no such task");

  foxapi_sim_entry_update (sim, entry);
  return answer_task (sim, entry, FALSE);
}

static gboolean
is_authorized (FoxapiSimExchange * exchange)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (exchange->message);
  /* Two of them come as one list, which is not a key either */
  const gchar *value = soup_message_headers_get_list (headers, "Authorization");

  if (value == NULL || !g_str_has_prefix (value, "Bearer "))
    return FALSE;
  value += strlen ("Bearer ");
  if (exchange->sim->any_key && g_str_has_prefix (value, "sk-")
      && strpbrk (value, ", ") == NULL)
    return TRUE;
  return strcmp (value, exchange->sim->api_key) == 0;
}

static FoxapiSimAnswer *
answer_models (FoxapiSim * sim)
{
  g_autoptr (JsonObject) list = json_object_new ();
  g_autoptr (GList) models = foxapi_sim_models_list (sim);
  JsonArray *data = json_array_new ();

  json_object_set_string_member (list, "object", "list");
  json_object_set_array_member (list, "data", data);
  for (GList * l = models; l != NULL; l = l->next) {
    JsonObject *model = json_object_new ();

    json_object_set_string_member (model, "id", l->data);
    json_object_set_string_member (model, "object", "model");
    json_array_add_object_element (data, model);
  }
  return foxapi_sim_answer_new_json (200, list);
}

/* The address is right and the method is not, or nothing is */
static FoxapiSimAnswer *
answer_other (FoxapiSimExchange * exchange)
{
  const gchar *allow = NULL;
  FoxapiSimAnswer *answer;

  if (strcmp (exchange->path, "/v1/models") == 0
      && strcmp (exchange->method, "GET") == 0)
    return answer_models (exchange->sim);
  if (strcmp (exchange->path, "/v1/videos/generations") == 0
      || strcmp (exchange->path, "/v1/files/upload/stream") == 0)
    allow = "POST";
  else if (g_str_has_prefix (exchange->path, TASKS_PREFIX)
      || strcmp (exchange->path, "/v1/models") == 0)
    allow = "GET";
  if (allow == NULL)
    return foxapi_sim_answer_new_error (404, NULL, "No such address");
  answer = foxapi_sim_answer_new_error (405, NULL, "Only %s here", allow);
  soup_message_headers_replace (answer->headers, "Allow", allow);
  return answer;
}

FoxapiSimAnswer *
foxapi_sim_answer_api (FoxapiSimExchange * exchange, gboolean act)
{
  if (!is_authorized (exchange))
    return foxapi_sim_answer_new_error (401, NULL,
        "The API key is missing or not valid");
  if (exchange->query != NULL && exchange->route != FOXAPI_SIM_ASK
      && (exchange->route != FOXAPI_SIM_OTHER
          || strcmp (exchange->path, "/v1/models") == 0))
    return foxapi_sim_answer_new_error (400, NULL, "Unknown query");
  switch (exchange->route) {
    case FOXAPI_SIM_SUBMIT:
      return answer_submit (exchange, act);
    case FOXAPI_SIM_ASK:
      return answer_ask (exchange);
    case FOXAPI_SIM_UPLOAD:
      return foxapi_sim_answer_upload (exchange, act);
    case FOXAPI_SIM_RESULT:
    case FOXAPI_SIM_OTHER:
    case FOXAPI_SIM_N_ROUTES:
    default:
      return answer_other (exchange);
  }
}
