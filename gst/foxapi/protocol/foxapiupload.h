/* One local file → a URL at the service
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapirun.h"

G_BEGIN_DECLS

/**
 * FoxapiUploadLeave:
 * @fault: what has just failed, and passes
 * @user_data: whoever uploads
 *
 * Returns: %TRUE if the file is left to somebody else: the upload ends with
 *   @fault
 *
 * Since: 0.1
 */
typedef gboolean (*FoxapiUploadLeave) (const GError * fault,
    gpointer user_data);

gchar *foxapi_upload_file (const FoxapiRun * run, const gchar * uri,
    FoxapiUploadLeave leave, gpointer user_data, GError ** error);

G_END_DECLS
