/* One generation: from the request to the result's link
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

#include "foxapirun.h"
#include "foxapistore.h"

G_BEGIN_DECLS

/* One generation, through restarts: what is known of it decides whether money may be
 * spent. It belongs to one thread at a time, and only the functions below change it. */
typedef struct
{
  JsonObject *body;             /* NULL: a task was named instead */
  gchar *task_id;               /* NULL until there is a task */
  FoxapiTask *first_answer;     /* to the submission, or about a task taken up */
  FoxapiTask *task;             /* the latest answer; NULL until asked */
  GError *failure;              /* ended it for good: the next run repeats it */

  /*< private >*/
  gchar *identity;              /* NULL until it has begun */
  gboolean resumed;
  gboolean from_store;
  GPtrArray *lost;              /* records of equal requests whose answer was
                                   lost; NULL, or to be forgotten soon */
  GHashTable *own_lost;         /* their paths, where this element sent them */

  GMutex record_lock;           /* the result may arrive in any thread */
  FoxapiRecord *record;         /* NULL: none, or it could not be written */
  gboolean is_playing;          /* known to foxapi_playing_find() */
} FoxapiGeneration;

FoxapiGeneration *foxapi_generation_new (JsonObject * body);
FoxapiGeneration *foxapi_generation_new_for_task (const gchar * task_id);
void foxapi_generation_replace (FoxapiGeneration * generation,
    FoxapiGeneration * old);
void foxapi_generation_free (FoxapiGeneration * generation);

gboolean foxapi_generation_run (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error);
const gchar *foxapi_generation_choose_link (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error);
gchar *foxapi_generation_renew_link (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error);

gboolean foxapi_generation_give_up_expired (FoxapiGeneration * generation);
void foxapi_generation_let_go (FoxapiGeneration * generation);
void foxapi_generation_handed_out (FoxapiGeneration * generation);
void foxapi_generation_delivered (FoxapiGeneration * generation,
    const FoxapiRun * run);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiGeneration, foxapi_generation_free)

G_END_DECLS
