/* Calls that run elsewhere while the calling thread waits
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * FoxapiErrand:
 * @data: as given to foxapi_errands_run()
 *
 * What is to be done.
 *
 * Since: 0.1
 */
typedef void (*FoxapiErrand) (gpointer data);

/**
 * FoxapiErrands:
 *
 * Threads that run errands, as many as it takes. Every function may be called
 * from any thread.
 *
 * Since: 0.1
 */
typedef struct _FoxapiErrands FoxapiErrands;

FoxapiErrands *foxapi_errands_new (void);
void foxapi_errands_free (FoxapiErrands * errands);

void foxapi_errands_run (FoxapiErrands * errands, FoxapiErrand errand,
    gpointer data, GCancellable * cancellable);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiErrands, foxapi_errands_free)

G_END_DECLS
