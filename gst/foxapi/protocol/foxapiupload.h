/* Local files → their URLs at the service
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapilocalfile.h"
#include "foxapirun.h"

G_BEGIN_DECLS

/* What stands in front of the service refuses more than 100 MB, and counts the
 * form around the file (docs/service.md). */
#define FOXAPI_UPLOAD_MAX_BYTES (100 * 1000 * 1000 - 1024)

gboolean foxapi_upload_files (const FoxapiRun * run, GPtrArray * files,
    GError ** error);

G_END_DECLS
