/* One local file → a URL at the service
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapirun.h"

G_BEGIN_DECLS

gchar *foxapi_upload_file (const FoxapiRun * run, const gchar * uri,
    GError ** error);

G_END_DECLS
