/* foxapi:// URIs ↔ the fields of a request
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define FOXAPI_URI_SCHEME "foxapi"

/* What a URI names: one of the three */
typedef struct
{
  JsonObject *fields;           /* of a request, the model among them, */
  gint64 take;                  /* which of its takes; the first one is 1 */
  gchar *task_id;
  gchar *digest;                /* of a clip in the clip cache */
} FoxapiUri;

void foxapi_uri_clear (FoxapiUri * uri);
gboolean foxapi_uri_parse (const gchar * text, FoxapiUri * uri,
    GError ** error);
gchar *foxapi_uri_build (const FoxapiUri * uri);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FoxapiUri, foxapi_uri_clear)

G_END_DECLS
