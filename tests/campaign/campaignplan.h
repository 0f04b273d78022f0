/* The money campaign: what plans are made of.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "campaign.h"

G_BEGIN_DECLS

/* The job's dice: from @from to @to, both included */
gint plan_draw (CampaignJob * job, gint from, gint to);
gboolean plan_one_in (CampaignJob * job, gint n);

/* Something to be done to the client of @wish in @round */
CampaignAction *plan_add_action (CampaignJob * job, guint round, guint wish,
    CampaignAct act, CampaignEvent event);
/* As above, to the first client, at its @nth request */
CampaignAction *plan_add_action_on_request (CampaignJob * job,
    CampaignAct act, FoxapiSimRoute route, guint nth);

/* Delays go up to so many milliseconds. */
void plan_kill_before_submission (CampaignJob * job, guint round, guint wish);
void plan_kill_at_request (CampaignJob * job, guint round, guint wish,
    FoxapiSimRoute route, guint nth, gint up_to_ms);
void plan_kill_with_task (CampaignJob * job, guint round, guint wish);
void plan_kill_in_download (CampaignJob * job, guint round, guint wish);
void plan_kill_anywhere (CampaignJob * job, guint round, guint wish);

G_END_DECLS
