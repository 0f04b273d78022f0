/* The money campaign: no paid task is lost, none is paid for twice unawares
 * (docs/internals/campaign.md).
 *
 *   foxapi-campaign                        the short run
 *   foxapi-campaign --jobs 1200 --seed 7   a long one
 *   foxapi-campaign --seed 7 --job 42      one job of it, told in full
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaign.h"

#include <glib/gstdio.h>

#define TELL_EVERY 100

static gint n_jobs = 96;
static gint seed = 1;
static gint only_job = -1;
static gchar *only_family;
static gint n_parallel = 3;
static gint hang_s = 120;
static gboolean keep;

static const GOptionEntry entries[] = {
  {"jobs", 'n', 0, G_OPTION_ARG_INT, &n_jobs, "How many", "N"},
  {"seed", 's', 0, G_OPTION_ARG_INT, &seed, "Of all that is left to chance",
      "N"},
  {"job", 0, 0, G_OPTION_ARG_INT, &only_job, "Only this one, told in full",
      "N"},
  {"family", 0, 0, G_OPTION_ARG_STRING, &only_family, "Only jobs of this one",
      "NAME"},
  {"parallel", 'p', 0, G_OPTION_ARG_INT, &n_parallel, "Jobs at once", "N"},
  {"hang", 0, 0, G_OPTION_ARG_INT, &hang_s,
      "Seconds until a client counts as hung", "N"},
  {"keep", 0, 0, G_OPTION_ARG_NONE, &keep,
      "Keep the files of jobs with violations", NULL},
  G_OPTION_ENTRY_NULL
};

typedef guint Counts[CAMPAIGN_N_COUNTS];

static const gchar *const titles[CAMPAIGN_N_COUNTS] = {
  "jobs", "clients", "killed", "submitted", "charged", "delivered", "recovered",
  "failed", "told", "lost", "double", "differing",
  "short deliveries that ended in EOS", "starts that ended more than once",
  "lost answers not told of, or sent again", "places where the key was found",
  "clients that crashed or hung", "anything else",
};

static void
add (Counts sum, const Counts counts)
{
  for (guint i = 0; i < CAMPAIGN_N_COUNTS; i++)
    sum[i] += counts[i];
}

static void
print_line (const gchar * name, const Counts counts)
{
  g_print ("| %-22s |", name);
  for (guint i = 0; i < CAMPAIGN_N_COLUMNS; i++)
    g_print (" %9u |", counts[i]);
  g_print ("\n");
}

/* The counts as a table, one line a family; returns the number of violations */
static guint
print_table (Counts * families)
{
  Counts sum = { 0 };
  guint n_violations = 0;

  g_print ("| %-22s |", "family");
  for (guint i = 0; i < CAMPAIGN_N_COLUMNS; i++)
    g_print (" %9s |", titles[i]);
  g_print ("\n| ---------------------- |");
  for (guint i = 0; i < CAMPAIGN_N_COLUMNS; i++)
    g_print (" --------: |");
  g_print ("\n");
  for (guint i = 0; i < campaign_family_count (); i++) {
    if (families[i][CAMPAIGN_JOBS] > 0)
      print_line (campaign_family_get (i)->name, families[i]);
    add (sum, families[i]);
  }
  print_line ("all", sum);

  g_print ("\n");
  for (guint i = CAMPAIGN_N_COLUMNS; i < CAMPAIGN_N_COUNTS; i++)
    g_print ("%s: %u\n", titles[i], sum[i]);
  for (guint i = CAMPAIGN_LOST; i < CAMPAIGN_N_COUNTS; i++)
    n_violations += sum[i];
  return n_violations;
}

typedef struct
{
  const Campaign *campaign;
  GMutex lock;                  /* of what follows, and of stdout */
  Counts *families;
  guint n_done;
} Work;

static void
remove_tree (const gchar * path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  g_remove (path);
}

static void
remove_or_keep (CampaignJob * job)
{
  if (!keep || job->report->len == 0) {
    remove_tree (job->directory);
    return;
  }
  for (guint i = 0; i < job->runs_done->len; i++) {
    CampaignRun *run = g_ptr_array_index (job->runs_done, i);
    g_autofree gchar *path = g_strdup_printf ("%s/said-%u", job->directory,
        run->number);

    g_file_set_contents (path, run->text->str, run->text->len, NULL);
  }
}

/* @number: the job's, from 1 */
static void
run_job (gpointer number, gpointer user_data)
{
  Work *work = user_data;
  guint index = GPOINTER_TO_UINT (number) - 1;
  CampaignJob *job = campaign_job_new (work->campaign, index);

  campaign_job_run (job);

  g_mutex_lock (&work->lock);
  add (work->families[index % campaign_family_count ()], job->counts);
  if (job->report->len > 0)
    g_print ("%s  again: --seed %u --job %u\n", job->report->str,
        work->campaign->seed, index);
  if (++work->n_done % TELL_EVERY == 0)
    g_print ("%u jobs done\n", work->n_done);
  g_mutex_unlock (&work->lock);

  remove_or_keep (job);
  campaign_job_free (job);
}

static gboolean
is_wanted (guint index)
{
  const gchar *family = campaign_family_get (index)->name;

  return (only_job < 0 || index == (guint) only_job)
      && (only_family == NULL || g_str_equal (family, only_family));
}

/* The number of violations */
static guint
run_jobs (const Campaign * campaign)
{
  Work work = {.campaign = campaign };
  GThreadPool *pool = g_thread_pool_new (run_job, &work, n_parallel, FALSE,
      NULL);
  guint n_violations, end = MAX (n_jobs, only_job + 1);

  g_mutex_init (&work.lock);
  work.families = g_new0 (Counts, campaign_family_count ());
  for (guint index = 0; index < end; index++) {
    if (is_wanted (index))
      g_thread_pool_push (pool, GUINT_TO_POINTER (index + 1), NULL);
  }
  g_thread_pool_free (pool, FALSE, TRUE);

  n_violations = print_table (work.families);
  g_free (work.families);
  g_mutex_clear (&work.lock);
  return n_violations;
}

/* From beside this program, unless the environment says otherwise */
static void
set_plugin_path (const gchar * directory)
{
  g_autofree gchar *path = g_build_filename (directory, "..", "..", "gst",
      "foxapi", NULL);

  g_setenv ("GST_PLUGIN_PATH_1_0", path, FALSE);
}

static gboolean
campaign_init (Campaign * campaign, GError ** error)
{
  g_autofree gchar *program = g_file_read_link ("/proc/self/exe", error);
  g_autofree gchar *beside = NULL;
  g_autofree gchar *store = NULL;

  if (program == NULL)
    return FALSE;
  beside = g_path_get_dirname (program);
  set_plugin_path (beside);
  campaign->client = g_build_filename (beside, "foxapi-campaign-client", NULL);
  campaign->directory = g_dir_make_tmp ("foxapi-campaign-XXXXXX", error);
  if (campaign->directory == NULL)
    return FALSE;
  store = g_build_filename (campaign->directory, "store", NULL);
  g_mkdir (store, 0700);
  campaign->seed = seed;
  campaign->key = g_strdup_printf ("fx-%08x-of-the-campaign", seed);
  campaign->verbose = only_job >= 0;
  campaign->hang_s = hang_s;
  return TRUE;
}

static void
campaign_clear (Campaign * campaign)
{
  if (keep)
    g_print ("Kept: %s\n", campaign->directory);
  else
    remove_tree (campaign->directory);
  g_free (campaign->directory);
  g_free (campaign->client);
  g_free (campaign->key);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  Campaign campaign = { 0 };
  gint64 start_us = g_get_monotonic_time ();
  guint n_violations;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)
      || !campaign_init (&campaign, &error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  n_violations = run_jobs (&campaign);
  g_print ("seed: %d\nseconds: %.0f\nviolations: %u\n", seed,
      (gdouble) (g_get_monotonic_time () - start_us) / G_USEC_PER_SEC,
      n_violations);
  campaign_clear (&campaign);
  return n_violations > 0 ? 1 : 0;
}
