/* SHA-256 of what comes in pieces
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _FoxapiDigest FoxapiDigest;

FoxapiDigest *foxapi_digest_new (void);
void foxapi_digest_free (FoxapiDigest * digest);
void foxapi_digest_update (FoxapiDigest * digest, gconstpointer bytes,
    gsize size);
gchar *foxapi_digest_finish (FoxapiDigest * digest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiDigest, foxapi_digest_free)

G_END_DECLS
