/* foxapi:// URIs ↔ the fields of a request
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define FOXAPI_URI_SCHEME "foxapi"

gboolean foxapi_uri_parse (const gchar * uri, JsonObject ** fields,
    gchar ** task_id, GError ** error);
gchar *foxapi_uri_build (JsonObject * fields);
gchar *foxapi_uri_build_for_task (const gchar * task_id);

G_END_DECLS
