/* A submission on its way
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapiclient.h"
#include "foxapistore.h"

G_BEGIN_DECLS

/* To be used from any thread */
typedef struct _FoxapiSubmission FoxapiSubmission;

FoxapiSubmission *foxapi_submission_new (FoxapiClient * client,
    const gchar * identity, const gchar * body, FoxapiRecord * record);
FoxapiSubmission *foxapi_submission_join (FoxapiSubmission * own,
    const gchar * identity);
void foxapi_submission_unref (FoxapiSubmission * submission);
FoxapiTask *foxapi_submission_wait (FoxapiSubmission * submission,
    GCancellable * cancellable, FoxapiRecord ** record, GError ** warning,
    GError ** error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiSubmission, foxapi_submission_unref)

G_END_DECLS
