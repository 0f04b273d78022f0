/* The money campaign: faults by chance.
 *
 * Each call scripts the nth request of a route, all jobs' clients counted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaign.h"

#include <string.h>

/* Answers to a submission or a question that are of no use. %s is the key: what
 * a careless service echoes must not be shown. */
static const gchar *const useless_bodies[] = {
  "",
  "{",
  "[]",
  "null",
  "{}",
  "{\"id\": 5, \"status\": \"pending\"}",
  "{\"id\": \"../../etc/passwd\", \"status\": \"pending\"}",
  "{\"id\": \"task\\u0000\\n\", \"status\": \"completed\"}",
  "{\"id\": \"%s\", \"status\": \"pending\"}",
  "{\"created\": 1757165031, \"id\": \"task-unified-17571650",
  "<html><body>Welcome to the hotel. Your key is %s</body></html>",
  "\xff\xfe{\"id\": \"x\"}",
  /* As the last one: only to a question. To a submission it is an answer. */
  "{\"id\": \"task-of-another\", \"status\": \"failed\", \"error\": \"key %s\"}",
};

/* The texts of refusals and of proxies */
static const gchar *const error_bodies[] = {
  "",
  "<html><h1>Bad gateway</h1></html>",
  "{\"error\": {\"message\": \"No\", \"type\": \"server_error\"}}",
  "{\"error\": {\"message\": \"Bearer %s is not welcome\", \"code\": \"%s\"}}",
  "{\"error\": \"text\"}",
  "{\"error\": {\"message\": 7, \"type\": [], \"code\": {}}}",
};

#define PICK(rand, array) \
  ((array)[g_rand_int_range ((rand), 0, G_N_ELEMENTS (array))])

static const gchar *
pick_body (CampaignJob * job, const gchar * const *bodies, guint n)
{
  const gchar *body = bodies[g_rand_int_range (job->rand, 0, n)];
  g_auto (GStrv) parts = g_strsplit (body, "%s", -1);
  gchar *text = g_strjoinv (job->campaign->key, parts);

  g_ptr_array_add (job->texts, text);
  return text;
}

#define PICK_BODY(job, array) pick_body ((job), (array), G_N_ELEMENTS (array))

static void
add_fault (CampaignJob * job, FoxapiSimRoute route, guint nth,
    FoxapiSimFault fault, CampaignOutcome outcome)
{
  CampaignFault entry = { route, nth, fault, outcome };

  g_array_append_val (job->faults, entry);
}

#define ADD(outcome, ...) \
    add_fault (job, route, nth, (FoxapiSimFault) {__VA_ARGS__}, outcome)

/* What becomes of the money of the nth submission */
CampaignOutcome
campaign_fault_get_outcome (CampaignJob * job, guint nth)
{
  for (guint i = job->faults->len; i > 0; i--) {
    CampaignFault *fault = &g_array_index (job->faults, CampaignFault, i - 1);

    if (fault->route == FOXAPI_SIM_SUBMIT && fault->nth == nth)
      return fault->outcome;
  }
  return CAMPAIGN_HONEST;
}

void
campaign_faults_apply (CampaignJob * job)
{
  for (guint i = 0; i < job->faults->len; i++) {
    CampaignFault *fault = &g_array_index (job->faults, CampaignFault, i);

    foxapi_sim_script (job->sim, fault->route, fault->nth, &fault->fault);
  }
}

static void
add_status (CampaignJob * job, FoxapiSimRoute route, guint nth, guint status,
    CampaignOutcome outcome)
{
  static const gchar *const retry_after[] = {
    NULL, "Retry-After: 0", "Retry-After: 1",
    "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT", "Retry-After: soon",
  };
  const gchar *body = PICK_BODY (job, error_bodies);

  ADD (outcome,.status = status,.body = body,.act_first =
      outcome == CAMPAIGN_UNKNOWN_CHARGED,.headers = status == 429
      || status == 503 ? PICK (job->rand, retry_after)
      : NULL);
}

/* Submissions */

void
campaign_fault_refusal (CampaignJob * job, guint nth)
{
  static const guint statuses[] = { 400, 401, 402, 403, 404, 413, 422 };

  add_status (job, FOXAPI_SIM_SUBMIT, nth, PICK (job->rand, statuses),
      CAMPAIGN_REFUSED);
}

void
campaign_fault_passing_refusal (CampaignJob * job, guint nth)
{
  add_status (job, FOXAPI_SIM_SUBMIT, nth, 429, CAMPAIGN_REFUSED);
}

/* The client cannot know whether it was charged. An answer that breaks off is honest
 * up to there, and so is the charge. */
void
campaign_fault_lost_answer (CampaignJob * job, guint nth)
{
  static const guint statuses[] = { 500, 502, 503, 504 };
  const FoxapiSimRoute route = FOXAPI_SIM_SUBMIT;
  gboolean charged = g_rand_boolean (job->rand);
  CampaignOutcome outcome =
      charged ? CAMPAIGN_UNKNOWN_CHARGED : CAMPAIGN_UNKNOWN_FREE;

  switch (g_rand_int_range (job->rand, 0, 6)) {
    case 0:
      add_status (job, route, nth, PICK (job->rand, statuses), outcome);
      break;
    case 1:
      ADD (outcome,.act_first = charged,.reset = TRUE);
      break;
    case 2:
      ADD (outcome,.act_first = charged,.close = TRUE);
      break;
    case 3:
      ADD (outcome,.act_first = charged,.body = pick_body (job, useless_bodies,
              G_N_ELEMENTS (useless_bodies) - 1));
      break;
    case 4:
      ADD (CAMPAIGN_UNKNOWN_CHARGED,.cut_at =
          g_rand_int_range (job->rand, 1, 60));
      break;
    default:
      ADD (CAMPAIGN_UNKNOWN_CHARGED,.reset_at =
          g_rand_int_range (job->rand, 1, 60));
      break;
  }
}

/* Charged, and the answer does not come until the answers are released. */
void
campaign_fault_held_answer (CampaignJob * job, guint nth)
{
  const FoxapiSimRoute route = FOXAPI_SIM_SUBMIT;

  ADD (CAMPAIGN_UNKNOWN_CHARGED,.act_first = TRUE,.hold = TRUE);
}

/* Questions */

static void
add_passing (CampaignJob * job, FoxapiSimRoute route, guint nth)
{
  static const guint statuses[] = { 429, 500, 502, 503, 504 };
  gint choice = g_rand_int_range (job->rand, 0, 4);

  if (choice == 0)
    ADD (CAMPAIGN_HONEST,.reset = TRUE);
  else if (choice == 1)
    ADD (CAMPAIGN_HONEST,.close = TRUE);
  else
    add_status (job, route, nth, PICK (job->rand, statuses), CAMPAIGN_HONEST);
}

void
campaign_fault_question (CampaignJob * job, guint nth)
{
  const FoxapiSimRoute route = FOXAPI_SIM_ASK;
  gint choice = g_rand_int_range (job->rand, 0, 5);

  if (choice == 0)
    ADD (CAMPAIGN_HONEST,.body = PICK_BODY (job, useless_bodies));
  else if (choice == 1)
    ADD (CAMPAIGN_HONEST,.cut_at = g_rand_int_range (job->rand, 1, 80));
  else if (choice == 2)
    ADD (CAMPAIGN_HONEST,.reset_at = g_rand_int_range (job->rand, 1, 80));
  else
    add_passing (job, route, nth);
}

/* An answer that ends the asking, though the task goes on */
void
campaign_fault_last_question (CampaignJob * job, guint nth)
{
  static const guint statuses[] = { 401, 403, 404 };

  add_status (job, FOXAPI_SIM_ASK, nth, PICK (job->rand, statuses),
      CAMPAIGN_HONEST);
}

void
campaign_fault_upload (CampaignJob * job, guint nth)
{
  add_passing (job, FOXAPI_SIM_UPLOAD, nth);
}

/* Nothing comes back until the answers are released. */
void
campaign_fault_held (CampaignJob * job, FoxapiSimRoute route, guint nth)
{
  ADD (CAMPAIGN_HONEST,.hold = TRUE);
}

/* Results */

static guint64
pick_offset (CampaignJob * job)
{
  guint64 size = g_bytes_get_size (job->payload);

  return 1 + g_rand_double (job->rand) * (size - 2);
}

void
campaign_fault_cut_result (CampaignJob * job, guint nth)
{
  const FoxapiSimRoute route = FOXAPI_SIM_RESULT;

  ADD (CAMPAIGN_HONEST,.cut_at = pick_offset (job));
}

void
campaign_fault_result_held_at (CampaignJob * job, guint nth)
{
  const FoxapiSimRoute route = FOXAPI_SIM_RESULT;

  ADD (CAMPAIGN_HONEST,.hold_at = pick_offset (job));
}

void
campaign_fault_result (CampaignJob * job, guint nth)
{
  static const guint expired[] = { 403, 404, 410 };
  const FoxapiSimRoute route = FOXAPI_SIM_RESULT;
  gint choice = g_rand_int_range (job->rand, 0, 6);

  if (choice == 0)
    ADD (CAMPAIGN_HONEST,.reset_at = pick_offset (job));
  else if (choice == 1)
    add_passing (job, route, nth);
  else if (choice == 2)
    add_status (job, route, nth, PICK (job->rand, expired), CAMPAIGN_HONEST);
  else
    campaign_fault_cut_result (job, nth);
}
