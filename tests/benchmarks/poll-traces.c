/* Finding out: how often the poll plan asks, and how late it knows
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints a table over seeded families of simulated tasks; no time passes.
 * docs/poll-plan.md explains the columns.
 */

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "polltasks.h"

static gint seed = 1;
static gint n_tasks = 1000;
static gchar *csv_name;

static const GOptionEntry options[] = {
  {"seed", 's', 0, G_OPTION_ARG_INT, &seed, "Seed of the tasks (1)", "N"},
  {"tasks", 't', 0, G_OPTION_ARG_INT, &n_tasks, "Tasks per row (1000)", "N"},
  {"csv", 'c', 0, G_OPTION_ARG_FILENAME, &csv_name, "Write the rows to FILE",
      "FILE"},
  G_OPTION_ENTRY_NULL
};

static void
print_row (const gchar * name, gdouble target, const PollSummary * summary)
{
  printf ("%-28s %7.1f %7.2f %8.2f %7.3f %7.2f %7.2f %7.2f%s%s\n", name,
      summary->requests, summary->delay, summary->product, summary->ratio,
      target, summary->late, summary->rate,
      summary->ratio > target ? "  above" : "",
      summary->late > 1 ? "  late" : "");
}

static void
write_row (FILE * csv, const gchar * durations, const gchar * name,
    gdouble target, const PollSummary * summary)
{
  if (csv == NULL)
    return;
  fprintf (csv, "\"%s\",\"%s\",%.2f,%.3f,%.4f,%.3f,%.4f,%.2f,%.4f,%.4f\n",
      durations, name, summary->duration, summary->requests, summary->delay,
      summary->product, summary->ratio, target, summary->late, summary->rate);
}

/* What other clients do: it asks the same whatever it is told */
static void
compare_asker (FILE * csv, const PollDurations * durations, const gchar * name,
    PollAsker asker)
{
  PollSummary summary = poll_run (&poll_families[0], durations, asker,
      (guint32) seed, (guint) n_tasks);

  print_row (name, 1.0, &summary);
  write_row (csv, durations->name, name, 1.0, &summary);
}

static void
run_durations (FILE * csv, const PollDurations * durations)
{
  printf ("\nDurations: %s\n%-28s %7s %7s %8s %7s %7s %7s %7s\n",
      durations->name, "", "asked", "delay", "product", "ratio", "target",
      "late", "rate");
  for (guint i = 0; i < n_poll_families; i++) {
    const PollFamily *family = &poll_families[i];
    PollSummary summary = poll_run (family, durations, POLL_BY_PLAN,
        (guint32) seed, (guint) n_tasks);

    if (family->beyond && !poll_families[i - 1].beyond)
      printf ("harder than the targets allow for:\n");
    print_row (family->name, family->target, &summary);
    write_row (csv, durations->name, family->name, family->target, &summary);
  }
  printf ("what others do:\n");
  compare_asker (csv, durations, "a beat of 3 s", POLL_BY_BEAT);
  compare_asker (csv, durations, "a beat of 1, 2, 4, then 5 s",
      POLL_BY_GROWING_BEAT);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  FILE *csv = NULL;

  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || n_tasks < 1) {
    fprintf (stderr, "%s\n", error ? error->message : "tasks: at least 1");
    return EXIT_FAILURE;
  }
  if (csv_name != NULL) {
    csv = fopen (csv_name, "w");
    if (csv == NULL) {
      perror (csv_name);
      return EXIT_FAILURE;
    }
    fprintf (csv, "durations,family,mean_duration,requests,delay,product,"
        "ratio,target,late,rate\n");
  }
  for (guint i = 0; i < n_poll_durations; i++)
    run_durations (csv, &poll_durations[i]);
  if (csv != NULL && fclose (csv) != 0) {
    perror (csv_name);
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
