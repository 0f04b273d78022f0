/* From a task to its end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapirun.h"

G_BEGIN_DECLS

FoxapiTask *foxapi_follow_ask (const FoxapiRun * run, const gchar * id,
    GError ** error);
FoxapiTask *foxapi_follow_to_end (const FoxapiRun * run, FoxapiTask * task,
    gint64 asked_us, gboolean resumed, GError ** error);

G_END_DECLS
