/* The body of a request: from properties to the fields of the model
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define FOXAPI_DEFAULT_MODEL "wan-2.7-reference-to-video"

JsonObject *foxapi_request_build (JsonObject * properties, JsonObject * extra,
    GError ** error);
JsonObject *foxapi_request_map (JsonObject * properties, JsonObject * extra);
gboolean foxapi_request_makes_media (JsonObject * body, GError ** error);
gchar *foxapi_request_describe_doubt (JsonObject * body);

G_END_DECLS
