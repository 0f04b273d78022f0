/* The money campaign: what else must not happen, besides to the money.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaign.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

#define MAX_STARTS 512
#define TAIL_BYTES 4000

/* How it ended */

static void
check_end (CampaignRun * run)
{
  CampaignJob *job = run->job;
  g_autofree gchar *errors = NULL;
  gsize length = 0;

  if (run->killed || (WIFEXITED (run->wait_status)
          && WEXITSTATUS (run->wait_status) <= 1))
    return;

  g_file_get_contents (run->errors, &errors, &length, NULL);
  campaign_job_violation (job, CAMPAIGN_BROKEN_CLIENTS,
      "client %u %s (wait status %d); the end of its stderr:\n%s", run->number,
      run->hung ? "did not end" : "ended badly", run->wait_status,
      errors ? errors + MAX (length, TAIL_BYTES) - TAIL_BYTES : "");
}

/* A sink tells of its own faults. */
static gboolean
is_end (JsonObject * line)
{
  const gchar *from = campaign_line_string (line, "from");

  return campaign_line_is (line, "eos") || (campaign_line_is (line, "error")
      && from != NULL && g_str_has_prefix (from, "foxapivideo"));
}

/* One start ends in one EOS or one ERROR, if nobody stops it. A sink that can store its
 * last bytes only with the EOS is the only one that posts an ERROR then. */
static void
check_messages (CampaignRun * run)
{
  CampaignJob *job = run->job;
  guint ends[MAX_STARTS] = { 0 };
  gboolean has_ended = FALSE;

  for (guint i = 0; i < run->lines->len; i++) {
    JsonObject *line = g_ptr_array_index (run->lines, i);
    gint64 start = json_object_get_int_member (line, "start");

    has_ended |= is_end (line) || campaign_line_is (line, "error");
    if (!is_end (line))
      continue;
    if (start < MAX_STARTS && ++ends[start] == 2)
      campaign_job_violation (job, CAMPAIGN_SECOND_ERRORS,
          "client %u had more than one end of start %d", run->number,
          (gint) start);
  }
  if (!has_ended && !run->killed)
    campaign_job_violation (job, CAMPAIGN_OTHER,
        "client %u ended without EOS and ERROR", run->number);
}

/* For reading a violation: how far a client got that was killed */
static void
describe_kill (CampaignRun * run)
{
  CampaignJob *job = run->job;
  GStatBuf status = { 0 };
  JsonObject *task = campaign_run_last (run, "task");
  const gchar *id = campaign_line_string (task, "id");

  g_stat (run->output, &status);
  g_string_append_printf (job->report, "  client %u was killed with %"
      G_GOFFSET_FORMAT " of %" G_GSIZE_FORMAT " bytes, task %s\n",
      run->number, (goffset) status.st_size, g_bytes_get_size (job->media),
      id ? id : "not told of");
}

/* What was delivered */

static gboolean
matches (GBytes * bytes, const gchar * checksum)
{
  g_autofree gchar *expected =
      g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);

  return g_strcmp0 (expected, checksum) == 0;
}

static void
check_media (CampaignRun * run, const gchar * checksum, gsize length)
{
  CampaignJob *job = run->job;
  gsize size = g_bytes_get_size (job->media);
  gsize changed_size = g_bytes_get_size (job->changed_payload);

  if (matches (job->media, checksum)
      || matches (job->changed_payload, checksum))
    return;
  campaign_job_violation (job, CAMPAIGN_DIFFERING,
      "client %u delivered %" G_GSIZE_FORMAT " bytes that are not the "
      "service's", run->number, length);
  if (length != size && length != changed_size)
    campaign_job_violation (job, CAMPAIGN_SHORT_ENDS,
        "client %u came to EOS with %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
        " bytes", run->number, length, size);
}

static void
check_json (CampaignRun * run, const gchar * text, gsize length)
{
  g_autoptr (JsonObject) task = campaign_parse (text, length);
  CampaignJob *job = run->job;

  if (task == NULL || g_strcmp0 (campaign_line_string (task, "id"),
          campaign_line_string (campaign_run_last (run, "task"), "id")) != 0)
    campaign_job_violation (job, CAMPAIGN_DIFFERING,
        "client %u delivered a task that is not the one it told of",
        run->number);
}

static void
check_file (CampaignRun * run)
{
  g_autofree gchar *data = NULL;
  g_autofree gchar *checksum = NULL;
  gsize length = 0;

  g_file_get_contents (run->output, &data, &length, NULL);
  if (run->plan.only_task) {
    check_json (run, data ? data : "", length);
    return;
  }
  checksum = g_compute_checksum_for_data (G_CHECKSUM_SHA256,
      (const guchar *) (data ? data : ""), length);
  check_media (run, checksum, length);
}

/* The sinks of loops and supervisors sum up each delivery themselves, before
 * the next one replaces the file. */
static void
check_deliveries (CampaignRun * run)
{
  for (guint i = 0; i < run->lines->len; i++) {
    JsonObject *line = g_ptr_array_index (run->lines, i);
    const gchar *checksum = campaign_line_string (line, "checksum");

    if (!campaign_line_is (line, "eos"))
      continue;
    if (checksum != NULL && !run->plan.only_task)
      check_media (run, checksum, json_object_get_int_member (line, "length"));
    else
      check_file (run);
  }
}

/* The key */

static void
search_text (CampaignJob * job, const gchar * text, gsize length,
    const gchar * where)
{
  const gchar *key = job->campaign->key;

  if (text != NULL && memmem (text, length, key, strlen (key)) != NULL)
    campaign_job_violation (job, CAMPAIGN_KEYS, "the key is in %s", where);
}

static void
search_file (CampaignJob * job, const gchar * path)
{
  g_autofree gchar *text = NULL;
  gsize length = 0;

  if (g_file_get_contents (path, &text, &length, NULL))
    search_text (job, text, length, path);
}

/* The store */

static gboolean
is_delivered (CampaignJob * job, const gchar * task_id)
{
  for (guint i = 0; i < job->runs_done->len; i++) {
    CampaignRun *run = g_ptr_array_index (job->runs_done, i);
    JsonObject *task = campaign_run_last (run, "task");

    if (!run->killed && campaign_ledger_is_fulfilled (run)
        && g_strcmp0 (campaign_line_string (task, "id"), task_id) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
has_locked_store (CampaignJob * job)
{
  for (guint i = 0; i < job->runs_done->len; i++) {
    CampaignRun *run = g_ptr_array_index (job->runs_done, i);

    for (guint j = 0; j < run->plan.n_actions; j++) {
      if (run->plan.actions[j].act == CAMPAIGN_LOCK_STORE)
        return TRUE;
    }
  }
  return FALSE;
}

/* Records go when their tasks were delivered. Other jobs' may come and go. */
static void
check_record (CampaignJob * job, const gchar * path)
{
  g_autofree gchar *text = NULL;
  g_autoptr (JsonObject) record = NULL;
  const gchar *task_id;

  if (g_str_has_suffix (path, ".task")
      && g_file_get_contents (path, &text, NULL, NULL))
    record = campaign_parse (text, -1);
  task_id = campaign_line_string (record, "task_id");
  if (task_id != NULL && is_delivered (job, task_id)
      && !has_locked_store (job))
    campaign_job_violation (job, CAMPAIGN_OTHER,
        "the record of the delivered task %s is still there", task_id);
}

static void
check_store (CampaignJob * job)
{
  g_autoptr (GDir) dir = g_dir_open (job->store, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (job->store, name, NULL);

    search_file (job, path);
    check_record (job, path);
  }
}

/* A clip is what its name says. */
static void
check_clip (CampaignJob * job, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (job->clips, name, NULL);
  g_autofree gchar *data = NULL, *digest = NULL;
  gsize length = 0;

  search_file (job, path);
  if (!g_str_has_suffix (name, ".mp4"))
    return;
  g_file_get_contents (path, &data, &length, NULL);
  digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256,
      (const guchar *) (data ? data : ""), length);
  if (!g_str_has_prefix (name, digest))
    campaign_job_violation (job, CAMPAIGN_DIFFERING,
        "the clip %s is not what its name says", name);
}

static void
check_clips (CampaignJob * job)
{
  g_autoptr (GDir) dir = job->clips ? g_dir_open (job->clips, 0, NULL) : NULL;
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    check_clip (job, name);
}

void
campaign_checks (CampaignJob * job)
{
  for (guint i = 0; i < job->runs_done->len; i++) {
    CampaignRun *run = g_ptr_array_index (job->runs_done, i);

    job->counts[CAMPAIGN_CLIENTS]++;
    job->counts[CAMPAIGN_KILLS] += run->killed;
    check_end (run);
    check_messages (run);
    check_deliveries (run);
    search_text (job, run->text->str, run->text->len, "what a client said");
    search_file (job, run->errors);
    if (run->plan.only_task)
      search_file (job, run->output);
  }
  check_store (job);
  check_clips (job);
  for (guint i = 0; i < job->runs_done->len && job->report->len > 0; i++) {
    CampaignRun *run = g_ptr_array_index (job->runs_done, i);

    if (run->killed)
      describe_kill (run);
  }
}
