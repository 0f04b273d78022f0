/* Local files in a request body: found, checked, replaced by their uploads
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

#include "foxapilocalfile.h"
#include "foxapirun.h"

G_BEGIN_DECLS

/* docs/service.md; MB there are of 1000000 bytes. What stands in front of the service
 * refuses more than 100 MB, and counts the form around the file. */
#define FOXAPI_IMAGE_MAX_BYTES (20 * 1000 * 1000)
#define FOXAPI_UPLOAD_MAX_BYTES (100 * 1000 * 1000 - 1024)
#define FOXAPI_VIDEO_MAX_BYTES FOXAPI_UPLOAD_MAX_BYTES

gboolean foxapi_references_read (JsonObject * body, JsonObject * properties,
    GPtrArray * files, GCancellable * cancellable, GError ** error);
gboolean foxapi_references_upload (const FoxapiRun * run, GPtrArray * files,
    GError ** error);
gchar *foxapi_references_name (JsonObject * body, GPtrArray * files);

G_END_DECLS
