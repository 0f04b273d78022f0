/* The money campaign: the ledger as a table, one line a family.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "campaigntable.h"

#include <stddef.h>

typedef struct
{
  const gchar *title;
  gsize offset;
} Column;

static const Column columns[] = {
  {"jobs", offsetof (CampaignLedger, jobs)},
  {"clients", offsetof (CampaignLedger, clients)},
  {"killed", offsetof (CampaignLedger, kills)},
  {"submitted", offsetof (CampaignLedger, submissions)},
  {"charged", offsetof (CampaignLedger, charged)},
  {"delivered", offsetof (CampaignLedger, delivered)},
  {"recovered", offsetof (CampaignLedger, recovered)},
  {"failed", offsetof (CampaignLedger, failed)},
  {"told", offsetof (CampaignLedger, told)},
  {"lost", offsetof (CampaignLedger, lost)},
  {"double", offsetof (CampaignLedger, doubled)},
  {"differing", offsetof (CampaignLedger, differing)},
};

static const Column others[] = {
  {"short deliveries that ended in EOS", offsetof (CampaignLedger, short_ends)},
  {"starts that ended more than once", offsetof (CampaignLedger,
          second_errors)},
  {"lost answers not told of, or sent again", offsetof (CampaignLedger,
          resent)},
  {"places where the key was found", offsetof (CampaignLedger, keys)},
  {"clients that crashed or hung", offsetof (CampaignLedger, broken_clients)},
  {"anything else", offsetof (CampaignLedger, other)},
};

static guint
get (const CampaignLedger * ledger, const Column * column)
{
  return *(const guint *) ((const gchar *) ledger + column->offset);
}

static void
print_line (const gchar * name, const CampaignLedger * ledger)
{
  g_print ("| %-22s |", name);
  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    g_print (" %9u |", get (ledger, &columns[i]));
  g_print ("\n");
}

/* @families: one ledger per family, in their order */
void
campaign_table_print (const CampaignLedger * families)
{
  CampaignLedger sum = { 0 };

  g_print ("| %-22s |", "family");
  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    g_print (" %9s |", columns[i].title);
  g_print ("\n| ---------------------- |");
  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    g_print (" --------: |");
  g_print ("\n");
  for (guint i = 0; i < campaign_family_count (); i++) {
    if (families[i].jobs > 0)
      print_line (campaign_family_get (i)->name, &families[i]);
    campaign_ledger_add (&sum, &families[i]);
  }
  print_line ("all", &sum);

  g_print ("\n");
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    g_print ("%s: %u\n", others[i].title, get (&sum, &others[i]));
}
