/* Local files in a request body: found, checked, replaced by their uploads
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapiupload.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* docs/service.md; MB there are of 1000000 bytes. */
#define FOXAPI_IMAGE_MAX_BYTES (20 * 1000 * 1000)
#define FOXAPI_VIDEO_MAX_BYTES FOXAPI_UPLOAD_MAX_BYTES

gboolean foxapi_references_check (JsonObject * body, GError ** error);

JsonObject *foxapi_references_name_by_content (JsonObject * body,
    GPtrArray * files, GCancellable * cancellable, GError ** error);
JsonObject *foxapi_references_upload (const FoxapiRun * run,
    JsonObject * body, GPtrArray * files, GError ** error);

G_END_DECLS
