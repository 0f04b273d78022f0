/* One generation: from the request to the result's link
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

#include "foxapiclips.h"
#include "foxapipart.h"
#include "foxapirun.h"
#include "foxapistore.h"
#include "foxapisubmission.h"

G_BEGIN_DECLS

/* One generation, through restarts: what is known of it decides whether money may be
 * spent. It belongs to one thread at a time, and only the functions below change it. */
typedef struct
{
  /* Set by its maker: */
  JsonObject *body;             /* NULL: a task or a clip was named instead */
  JsonObject *properties;       /* that it was made of: for errors */
  gchar *body_text;             /* whatever was named instead; NULL: it had a fault */
  gint64 take;                  /* which video of this body; the first one is 1 */
  gint64 uri_take;              /* the owner's: which one its URI asks for */
  gboolean is_new_take;         /* the clip that there is is not wanted */
  gchar *digest;                /* of the clip that was named, or NULL */
  FoxapiClip *clip;             /* while it runs: the result is in the cache, */
  FoxapiPart *part;             /* or comes there; or both are NULL */
  gchar *damaged;               /* the digest of a clip that should be there */
  gchar *task_id;               /* NULL until there is a task */
  FoxapiTask *first_answer;     /* to the submission, or about a task taken up */
  FoxapiTask *task;             /* the latest answer; NULL until asked */
  GError *failure;              /* ended it for good: the next run repeats it */

  /*< private >*/
  gchar *identity;              /* NULL until it has begun */
  gchar *text;                  /* likewise; the body, with files by their content */
  gchar *clip_identity;         /* of what the run asks for, whoever pays */
  FoxapiSubmission *submission; /* whose answer is not known yet, or NULL */
  gboolean is_attached;         /* to it, as long as the run lasts */
  gboolean is_recorded;         /* that task, so that a new process finds it */
  gboolean from_cache;          /* all that is known of the task */
  gboolean resumed;
  gboolean from_store;
  GPtrArray *lost;              /* records of equal requests whose answer was
                                   lost, or is waited for by others (is_held);
                                   NULL, or to be forgotten soon */
  GHashTable *given_up;         /* paths of records that are not to be resumed or
                                   told of: the application has decided */

  GMutex record_lock;           /* the result may arrive in any thread */
  FoxapiRecord *record;         /* NULL: none, or it could not be written */
  gchar *record_path;           /* of the latest one */
} FoxapiGeneration;

FoxapiGeneration *foxapi_generation_new (FoxapiGeneration * old,
    gboolean gives_up);
void foxapi_generation_free (FoxapiGeneration * generation);
void foxapi_generation_let_go (FoxapiGeneration * generation);
void foxapi_generation_handed_out (FoxapiGeneration * generation);
void foxapi_generation_delivered (FoxapiGeneration * generation,
    const FoxapiRun * run);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiGeneration, foxapi_generation_free)

/* foxapigenerationrun.c: to the end of its task, and to the result's link */
gboolean foxapi_generation_run (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error);
const gchar *foxapi_generation_choose_link (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error);
gchar *foxapi_generation_renew_link (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error);
gboolean foxapi_generation_give_up_expired (FoxapiGeneration * generation);

/* foxapigenerationclips.c: its result is there in full */
void foxapi_generation_keep_clip (FoxapiGeneration * generation,
    const FoxapiRun * run);

/* What its files do for each other */

gchar *foxapi_generation_find_playing_task (const gchar * identity);
void foxapi_generation_know (FoxapiGeneration * generation, FoxapiTask * task);
void foxapi_generation_note_path (FoxapiGeneration * generation,
    const gchar * path);
void foxapi_generation_set_record (FoxapiGeneration * generation,
    FoxapiRecord * record);
void foxapi_generation_let_go_of_record (FoxapiGeneration * generation);
void foxapi_generation_drop_record (FoxapiGeneration * generation);

/* foxapigenerationclips.c: what it has to do with the clip cache, before */
gboolean foxapi_generation_enter_cache (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error);
void foxapi_generation_play_clip (FoxapiGeneration * generation,
    const FoxapiRun * run);
void foxapi_generation_take_from_cache (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error);
void foxapi_generation_set_damaged_error (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error);

/* foxapigenerationsubmit.c: from nothing to a task */
gboolean foxapi_generation_identify (FoxapiGeneration * generation,
    const FoxapiRun * run, GPtrArray * files, GError ** error);
void foxapi_generation_join_submission (FoxapiGeneration * generation);
gboolean foxapi_generation_begin (FoxapiGeneration * generation,
    const FoxapiRun * run, GPtrArray * files, GError ** error);

G_END_DECLS
