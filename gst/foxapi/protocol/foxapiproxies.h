/* The proxies on the way, and what they want to know
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define FOXAPI_TYPE_PROXIES (foxapi_proxies_get_type ())
G_DECLARE_FINAL_TYPE (FoxapiProxies, foxapi_proxies, FOXAPI, PROXIES, GObject)

FoxapiProxies *foxapi_proxies_new (const gchar * proxy, const gchar * id,
    const gchar * password, GError ** error);
void foxapi_proxies_introduce (FoxapiProxies * self, GIOStream * connection,
    SoupMessage * message);
gboolean foxapi_proxies_authenticate (FoxapiProxies * self, SoupAuth * auth);
GError *foxapi_proxies_new_error (SoupMessage * message);

G_END_DECLS
