/* Local files as references
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapirun.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* INTERFACE.md, local references */
#define FOXAPI_IMAGE_MAX_BYTES (20 * 1024 * 1024)
#define FOXAPI_VIDEO_MAX_BYTES (100 * 1024 * 1024)

gboolean foxapi_references_check (JsonObject * body, GError ** error);

GHashTable *foxapi_references_new_digests (void);
JsonObject *foxapi_references_name_by_content (JsonObject * body,
    GHashTable * digests, GCancellable * cancellable, GError ** error);
JsonObject *foxapi_references_upload (const FoxapiRun * run,
    JsonObject * body, GHashTable * digests, GError ** error);

G_END_DECLS
