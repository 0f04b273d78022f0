/* How often the poll plan asks, and how late it learns of the end
 *
 * Prints a table over seeded families of simulated tasks; no time passes.
 * docs/internals/poll-plan.md explains the columns.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "polltasks.h"

#define FIVE_MINUTES 300.0
#define MOST_ASKED 45.0

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
run_row (FILE * csv, const gchar * asker_name, PollAsker asker,
    const PollFamily * family)
{
  PollSummary all = poll_run (family, asker, 0, (guint32) seed,
      (guint) n_tasks);
  PollSummary five = poll_run (family, asker, FIVE_MINUTES, (guint32) seed,
      (guint) n_tasks);
  gdouble late = MAX (all.late, five.late);
  gdouble most = family->most_asked ? family->most_asked : MOST_ASKED;
  gdouble asked = five.most_asked / most;
  gdouble often = POLL_SHORTEST_GAP / MIN (all.shortest_gap, five.shortest_gap);

  printf ("%-14s %-26s %6.2f %6.2f %6.2f %8.1f %8.1f %8u%s\n", asker_name,
      family->name, late, asked, often, all.asked, all.delay, five.most_asked,
      family->most_asked ? "" : "  (no promise)");
  if (csv != NULL)
    fprintf (csv, "%s,\"%s\",%d,%.4f,%.4f,%.4f\n", asker_name, family->name,
        family->most_asked > 0, late, asked, often);
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
    fprintf (csv, "asker,family,promised,late,asked,often\n");
  }
  printf ("%-14s %-26s %6s %6s %6s %8s %8s %8s\n", "", "", "late", "asked",
      "often", "mean", "delay, s", "5 min");
  for (guint i = 0; i < n_poll_families; i++)
    run_row (csv, "plan", POLL_BY_PLAN, &poll_families[i]);
  /* these ask the same whatever they are told */
  run_row (csv, "a twelfth", POLL_BY_AGE, &poll_families[0]);
  run_row (csv, "every 5 s", POLL_FIXED, &poll_families[0]);
  if (csv != NULL && fclose (csv) != 0) {
    perror (csv_name);
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
