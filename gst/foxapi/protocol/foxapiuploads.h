/* Several local files → their URLs at the service, a few at once
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapirun.h"

G_BEGIN_DECLS

GPtrArray *foxapi_uploads_send (const FoxapiRun * run, GPtrArray * uris,
    GError ** error);

G_END_DECLS
