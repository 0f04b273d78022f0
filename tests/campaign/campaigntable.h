/* The money campaign: the ledger as a table.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "campaign.h"

G_BEGIN_DECLS

void campaign_table_print (const CampaignLedger * families);

G_END_DECLS
