/* What the tests of requests share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "../testcase.h"
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define WAN "wan-2.7-reference-to-video"
/* One that has no entry */
#define OTHER_MODEL "test-model"

/* Properties, and extra parameters or NULL, in JSON. In the texts that are
 * expected, ' stands for ". */
typedef struct
{
  const gchar *properties;
  const gchar *extra;
  const gchar *expected;
} RequestRow;

/* The object that @text is */
JsonObject *parse_object (const gchar * text);
/* The body, as text; its members in the order of their names */
gchar *build_body (const gchar * properties, const gchar * extra,
    GError ** error);
/* Fails unless the body is the one that is expected, in whatever order */
void check_body (const RequestRow * row);
/* Fails unless it is refused in a sentence with all of the expected words, which
 * | separates */
void check_refused (const RequestRow * row);

G_END_DECLS
