/* The FoxAPI service, simulated: the routes of the API's port.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything here runs in the server's thread with the lock held.
 */

#include "foxapisimprivate.h"

#include <string.h>

#define TASKS_PREFIX "/v1/tasks/"

/* The service says 45 of whatever it is, images included. */
static void
add_task_info (FoxapiSim * sim, GVariantBuilder * task, gboolean can_cancel)
{
  gint estimated = sim->options.estimated_time;

  if (estimated == -1)
    g_variant_builder_add_parsed (task,
        "{'task_info', <{'can_cancel': <%b>}>}", can_cancel);
  else if (estimated >= 0)
    g_variant_builder_add_parsed (task, "{'task_info', "
        "<{'can_cancel': <%b>, 'estimated_time': <%i>}>}", can_cancel,
        estimated > 0 ? estimated : 45);
}

static void
add_results (FoxapiSim * sim, GVariantBuilder * task, FoxapiSimEntry * entry,
    FoxapiSimForm form)
{
  g_autofree gchar *url = foxapi_sim_entry_get_url (sim, entry);
  const FoxapiSimOrder *order = entry->order;
  const gchar *name = form == FOXAPI_SIM_VOICE ? "voice_id"
      : form == FOXAPI_SIM_OBJECTS ? "url" : "video_url";
  const gchar *value = form == FOXAPI_SIM_VOICE ? "voice-0001" : url;

  if (form == FOXAPI_SIM_OUTPUT)
    g_variant_builder_add_parsed (task, "{'output', <{'url': <%s>, 'urls': "
        "<[%s]>, 'duration': <%i>, 'width': <%i>, 'height': <%i>}>}", url, url,
        order->duration, order->width, order->height);
  else if (form == FOXAPI_SIM_NULL)
    g_variant_builder_add_parsed (task, "{'results', <@ms nothing>}");
  else if (form == FOXAPI_SIM_EMPTY)
    g_variant_builder_add_parsed (task, "{'results', <@as []>}");
  else if (form == FOXAPI_SIM_STRINGS)
    g_variant_builder_add_parsed (task, "{'results', <[%s]>}", url);
  else if (form != FOXAPI_SIM_ABSENT && order->seed >= 0)
    g_variant_builder_add_parsed (task,
        "{'results', <[{%s: <%s>, 'seed': <%x>}]>}", name, value, order->seed);
  else if (form != FOXAPI_SIM_ABSENT)
    g_variant_builder_add_parsed (task, "{'results', <[{%s: <%s>}]>}", name,
        value);
}

/* Why a task failed: the usual object, or what else has been met */
static void
add_failure (FoxapiSim * sim, GVariantBuilder * task, FoxapiSimEntry * entry)
{
  const gchar *code = sim->options.failure;
  const gchar *message = foxapi_sim_entry_get_failure (entry);

  if (strcmp (entry->status, "failed") != 0 || g_strcmp0 (code, "null") == 0)
    g_variant_builder_add_parsed (task, "{'error', <@ms nothing>}");
  else if (g_strcmp0 (code, "text") == 0)
    g_variant_builder_add_parsed (task, "{'error', <%s>}", message);
  else
    g_variant_builder_add_parsed (task, "{'error', <{'code': <%s>, "
        "'message': <%s>, 'type': <'task_error'>}>}",
        code != NULL ? code : "generation_failed", message);
}

/* The object of a task. A submission's answer speaks of the task as it was made,
 * and has the credits that were taken for it. */
static FoxapiSimAnswer *
answer_task (FoxapiSim * sim, FoxapiSimEntry * entry, gboolean submitted)
{
  GVariantBuilder task = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
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
  g_variant_builder_add_parsed (&task, "{'created', <%x>}", entry->created);
  g_variant_builder_add_parsed (&task, "{'id', <%s>}", entry->id);
  g_variant_builder_add_parsed (&task, "{'model', <%s>}", entry->order->model);
  g_variant_builder_add_parsed (&task, "{'object', <'video.generation.task'>}");
  g_variant_builder_add_parsed (&task, "{'progress', <%i>}", progress);
  g_variant_builder_add_parsed (&task, "{'status', <%s>}", status);
  add_task_info (sim, &task, strcmp (status, "pending") == 0);
  g_variant_builder_add_parsed (&task, "{'type', <'video'>}");
  if (submitted)
    g_variant_builder_add_parsed (&task, "{'usage', <{'credits_reserved': "
        "<%i>}>}", entry->order->duration);
  if (!as_made) {
    add_results (sim, &task, entry, form);
    if (form == FOXAPI_SIM_ABSENT && sim->form == FOXAPI_SIM_OUTPUT)
      g_variant_builder_add_parsed (&task, "{'output', <@ms nothing>}");
    add_failure (sim, &task, entry);
  }
  if (completed && form != FOXAPI_SIM_NULL && (entry->handed_us == 0
          || entry->handed_generation != sim->link_generation)) {
    entry->handed_us = g_get_monotonic_time ();
    entry->handed_generation = sim->link_generation;
  }
  answer = foxapi_sim_answer_new_json (200, g_variant_builder_end (&task));
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
    foxapi_sim_order_unref (order);
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
  g_autoptr (GList) models = foxapi_sim_models_list (sim);
  GVariantBuilder data = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (GList * l = models; l != NULL; l = l->next)
    g_variant_builder_add_parsed (&data, "{'id': <%s>, 'object': <'model'>}",
        l->data);
  return foxapi_sim_answer_new_json (200,
      g_variant_new_parsed ("{'object': <'list'>, 'data': %v}",
          g_variant_builder_end (&data)));
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
