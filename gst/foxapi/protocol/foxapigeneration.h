/* One generation: from the request to the result's link
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

#include "foxapirun.h"

G_BEGIN_DECLS

/* One generation, through restarts: what is known of it decides whether money may be
 * spent. It belongs to one thread at a time. */
typedef struct _FoxapiGeneration FoxapiGeneration;

FoxapiGeneration *foxapi_generation_new (JsonObject * body);
FoxapiGeneration *foxapi_generation_new_for_task (const gchar * task_id);
void foxapi_generation_replace (FoxapiGeneration * generation,
    FoxapiGeneration * old);
void foxapi_generation_free (FoxapiGeneration * generation);

gboolean foxapi_generation_run (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error);
gchar *foxapi_generation_renew_link (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error);

const gchar *foxapi_generation_get_prompt (FoxapiGeneration * generation);
const gchar *foxapi_generation_get_task_id (FoxapiGeneration * generation);
FoxapiTask *foxapi_generation_get_task (FoxapiGeneration * generation);
FoxapiTask *foxapi_generation_get_first_answer (FoxapiGeneration * generation);
gboolean foxapi_generation_has_failed (FoxapiGeneration * generation);

gboolean foxapi_generation_give_up_expired (FoxapiGeneration * generation);
void foxapi_generation_let_go (FoxapiGeneration * generation);
void foxapi_generation_handed_out (FoxapiGeneration * generation);
void foxapi_generation_delivered (FoxapiGeneration * generation,
    const FoxapiRun * run);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiGeneration, foxapi_generation_free)

G_END_DECLS
