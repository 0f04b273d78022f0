/* An answer that comes before the whole request was sent
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapihttp.h"

G_BEGIN_DECLS

#define FOXAPI_TYPE_WATCHED_BODY (foxapi_watched_body_get_type ())
G_DECLARE_FINAL_TYPE (FoxapiWatchedBody, foxapi_watched_body, FOXAPI,
    WATCHED_BODY, GFilterInputStream)

FoxapiWatchedBody *foxapi_watched_body_new (GInputStream * body);
void foxapi_watched_body_set_connection (FoxapiWatchedBody * self,
    GIOStream * connection);
gboolean foxapi_watched_body_take_answer (FoxapiWatchedBody * self,
    FoxapiResponse * answer);

G_END_DECLS
