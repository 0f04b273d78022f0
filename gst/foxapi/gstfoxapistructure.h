/* GstStructure ↔ JSON object
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

JsonNode *gst_foxapi_value_to_json (const GValue * value, GError ** error);
JsonObject *gst_foxapi_structure_to_json (const GstStructure * structure,
    GError ** error);
GstStructure *gst_foxapi_structure_from_json (JsonObject * object,
    GError ** error);

G_END_DECLS
