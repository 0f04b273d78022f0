/* The address of the service: checked and made uniform
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FOXAPI_DEFAULT_BASE_URL "https://api.foxapi.cc"

gchar *foxapi_base_url_normalise (const gchar * text, const gchar * api_key,
    GError ** error);

G_END_DECLS
