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

static void
add_string (JsonBuilder * builder, const gchar * name, const gchar * value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_integer (JsonBuilder * builder, const gchar * name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_null (JsonBuilder * builder, const gchar * name)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_null_value (builder);
}

/* The service says 45 of whatever it is, images included. */
static void
add_task_info (FoxapiSim * sim, JsonBuilder * builder, const gchar * status)
{
  gint estimated = sim->options.estimated_time;

  if (estimated < -1)
    return;
  json_builder_set_member_name (builder, "task_info");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "can_cancel");
  json_builder_add_boolean_value (builder, strcmp (status, "pending") == 0);
  if (estimated >= 0)
    add_integer (builder, "estimated_time", estimated > 0 ? estimated : 45);
  json_builder_end_object (builder);
}

static void
add_output (JsonBuilder * builder, FoxapiSimEntry * entry, const gchar * url)
{
  json_builder_set_member_name (builder, "output");
  json_builder_begin_object (builder);
  add_string (builder, "url", url);
  json_builder_set_member_name (builder, "urls");
  json_builder_begin_array (builder);
  json_builder_add_string_value (builder, url);
  json_builder_end_array (builder);
  add_integer (builder, "duration", entry->order->duration);
  add_integer (builder, "width", entry->order->width);
  add_integer (builder, "height", entry->order->height);
  json_builder_end_object (builder);
}

static void
add_results (FoxapiSim * sim, JsonBuilder * builder, FoxapiSimEntry * entry,
    FoxapiSimForm form)
{
  g_autofree gchar *url = foxapi_sim_entry_get_url (sim, entry);

  if (form == FOXAPI_SIM_OUTPUT) {
    add_output (builder, entry, url);
    return;
  }
  if (form == FOXAPI_SIM_ABSENT)
    return;
  json_builder_set_member_name (builder, "results");
  if (form == FOXAPI_SIM_NULL) {
    json_builder_add_null_value (builder);
    return;
  }
  json_builder_begin_array (builder);
  if (form == FOXAPI_SIM_STRINGS) {
    json_builder_add_string_value (builder, url);
  } else if (form != FOXAPI_SIM_EMPTY) {
    json_builder_begin_object (builder);
    if (form == FOXAPI_SIM_VOICE)
      add_string (builder, "voice_id", "voice-0001");
    else
      add_string (builder, form == FOXAPI_SIM_OBJECTS ? "url" : "video_url",
          url);
    if (entry->order->seed >= 0)
      add_integer (builder, "seed", entry->order->seed);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

/* Why a task failed: the usual object, or what else has been met */
static void
add_failure (FoxapiSim * sim, JsonBuilder * builder, FoxapiSimEntry * entry)
{
  const gchar *code = sim->options.failure;
  const gchar *message = foxapi_sim_entry_get_failure (entry);

  json_builder_set_member_name (builder, "error");
  if (g_strcmp0 (code, "null") == 0) {
    json_builder_add_null_value (builder);
  } else if (g_strcmp0 (code, "text") == 0) {
    json_builder_add_string_value (builder, message);
  } else {
    json_builder_begin_object (builder);
    add_string (builder, "code", code != NULL ? code : "generation_failed");
    add_string (builder, "message", message);
    add_string (builder, "type", "task_error");
    json_builder_end_object (builder);
  }
}

/* The object of a task. A submission's answer speaks of the task as it was made,
 * and has the credits that were taken for it. */
static FoxapiSimAnswer *
answer_task (FoxapiSim * sim, FoxapiSimEntry * entry, gboolean submitted)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
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
  json_builder_begin_object (builder);
  add_integer (builder, "created", entry->created);
  add_string (builder, "id", entry->id);
  add_string (builder, "model", entry->order->model);
  add_string (builder, "object", "video.generation.task");
  add_integer (builder, "progress", progress);
  add_string (builder, "status", status);
  add_task_info (sim, builder, status);
  add_string (builder, "type", "video");
  if (submitted) {
    json_builder_set_member_name (builder, "usage");
    json_builder_begin_object (builder);
    add_integer (builder, "credits_reserved", entry->order->duration);
    json_builder_end_object (builder);
  }
  if (!as_made) {
    add_results (sim, builder, entry, form);
    if (form == FOXAPI_SIM_ABSENT && sim->form == FOXAPI_SIM_OUTPUT)
      add_null (builder, "output");
    if (strcmp (status, "failed") == 0)
      add_failure (sim, builder, entry);
    else
      add_null (builder, "error");
  }
  json_builder_end_object (builder);
  if (completed && form != FOXAPI_SIM_NULL && (entry->handed_us == 0
          || entry->handed_generation != sim->link_generation)) {
    entry->handed_us = g_get_monotonic_time ();
    entry->handed_generation = sim->link_generation;
  }
  answer = foxapi_sim_answer_new_json (200, builder);
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
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GList) models = foxapi_sim_models_list (sim);

  json_builder_begin_object (builder);
  add_string (builder, "object", "list");
  json_builder_set_member_name (builder, "data");
  json_builder_begin_array (builder);
  for (GList * l = models; l != NULL; l = l->next) {
    json_builder_begin_object (builder);
    add_string (builder, "id", l->data);
    add_string (builder, "object", "model");
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return foxapi_sim_answer_new_json (200, builder);
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
  if (allow == NULL) {
    answer = foxapi_sim_answer_new_error (404, NULL, "No such address");
  } else {
    answer = foxapi_sim_answer_new_error (405, NULL, "Only %s here", allow);
    foxapi_sim_answer_set_header (answer, "Allow", allow);
  }
  answer->head_only = strcmp (exchange->method, "HEAD") == 0;
  return answer;
}

FoxapiSimAnswer *
foxapi_sim_answer_api (FoxapiSimExchange * exchange, gboolean act)
{
  if (!is_authorized (exchange)) {
    FoxapiSimAnswer *answer = foxapi_sim_answer_new_error (401, NULL,
        "The API key is missing or not valid");

    answer->head_only = strcmp (exchange->method, "HEAD") == 0;
    return answer;
  }
  if (exchange->query != NULL && exchange->route != FOXAPI_SIM_ASK
      && exchange->route != FOXAPI_SIM_OTHER)
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
