/* The bytes of a generation's result, from wherever they are
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapigeneration.h"

G_BEGIN_DECLS

/* Reads the result of a generation that has run: from the clip cache, or by a
 * download that fills the cache as it goes. In order, or from any position where
 * the server has ranges. For one thread at a time, and until the generation is let
 * go. */
typedef struct _FoxapiResult FoxapiResult;

FoxapiResult *foxapi_result_new (FoxapiGeneration * generation,
    const FoxapiRun * run, GError ** error);
void foxapi_result_free (FoxapiResult * result);

gboolean foxapi_result_open (FoxapiResult * result, guint64 position,
    GError ** error);
gssize foxapi_result_read (FoxapiResult * result, gpointer buffer,
    gsize size, GError ** error);

gboolean foxapi_result_get_size (FoxapiResult * result, guint64 * size);
gboolean foxapi_result_is_seekable (FoxapiResult * result);
gboolean foxapi_result_is_encrypted (FoxapiResult * result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiResult, foxapi_result_free)

G_END_DECLS
