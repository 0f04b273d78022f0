/* A submission on its way
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapiclient.h"
#include "foxapipart.h"
#include "foxapistore.h"

G_BEGIN_DECLS

typedef struct
{
  /* Never changed */
  gatomicrefcount ref_count;
  gchar *identity;
  gchar *body;
  gchar *record_path;           /* NULL: nothing is recorded */
  GCancellable *cancellable;

  gint gate;                    /* atomic: see FoxapiGate */

  FoxapiClient *client;         /* until it is answered */

  /* Under the lock */
  guint n_attached;             /* who waits, or is about to */
  GSource *timer;               /* while there is nobody */
  FoxapiPart *part;             /* the place of its clip in the cache, if the one who
                                 * had it has left, */
  FoxapiRecord *record;         /* and this, until somebody has got the answer */
  gboolean is_taken;            /* somebody has */
  gboolean is_answered;         /* from then on there is, and does not change: */
  FoxapiTask *task;             /* NULL: @fault says why */
  GError *fault;
  GError *record_fault;         /* why the id is not in the record, or NULL */
} FoxapiSubmission;

FoxapiSubmission *foxapi_submission_new (FoxapiClient * client,
    const gchar * identity, const gchar * body, FoxapiRecord * record,
    GError ** error);
FoxapiSubmission *foxapi_submission_join (FoxapiSubmission * own,
    const gchar * identity);
gboolean foxapi_submission_wait (FoxapiSubmission * submission,
    gint64 deadline_us, GCancellable * cancellable, FoxapiRecord ** record,
    FoxapiPart ** part, gboolean * is_first);
void foxapi_submission_leave (FoxapiSubmission * submission, FoxapiPart * part);
void foxapi_submission_unref (FoxapiSubmission * submission);

G_END_DECLS
