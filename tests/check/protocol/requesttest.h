/* What the tests of requests share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/check/gstcheck.h>

#include "foxapirequest.h"

G_BEGIN_DECLS

/* One that API.md knows no rules of */
#define OTHER_MODEL "test-model"

/* Settings with the defaults but for the prompt */
FoxapiRequest *make_request (const gchar * prompt);
/* The object that @text is */
JsonObject *parse_object (const gchar * text);
/* One field as text: type and value */
gchar *print_member (JsonObject * object, const gchar * name);
/* Fails unless the body is @expected, in types and values, in whatever order */
void check_body (const FoxapiRequest * request, const gchar * expected);
void check_accepted (const FoxapiRequest * request);

G_END_DECLS
