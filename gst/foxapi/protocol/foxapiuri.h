/* foxapi:// URIs ↔ settings
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapirequest.h"

G_BEGIN_DECLS

#define FOXAPI_URI_SCHEME "foxapi"

gboolean foxapi_uri_parse (const gchar * uri, FoxapiRequest ** request,
    gchar ** task_id, GError ** error);
gchar *foxapi_uri_build (const FoxapiRequest * request);
gchar *foxapi_uri_build_for_task (const gchar * task_id);

G_END_DECLS
