/* The call that costs money
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapirun.h"

G_BEGIN_DECLS

FoxapiTask *foxapi_submission_send (const FoxapiRun * run, const gchar * body,
    GError ** error);

G_END_DECLS
