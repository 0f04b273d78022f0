/* The proxies on the way, and what they want to know
 *
 * libsoup 3.2 does not know what to do with a user and a password in the URI of an
 * HTTP proxy: it goes on to talk to the proxy itself. So they are taken out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiproxies.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "foxapierror.h"

struct _FoxapiProxies
{
  GObject parent;

  GProxyResolver *base;         /* of the property or the environment */
  gchar *id;                    /* (nullable): of the properties, for all */
  gchar *password;

  GMutex lock;
  GHashTable *users;            /* under the lock: "host:port" → GUri with a user */
};

static void resolver_init (GProxyResolverInterface * iface);

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE_WITH_CODE (FoxapiProxies, foxapi_proxies, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (G_TYPE_PROXY_RESOLVER, resolver_init))
/* *INDENT-ON* */

/* As souphttpsrc and curl read it: a host and a port will do. */
static GUri *
parse (const gchar * proxy)
{
  g_autofree gchar *full = strstr (proxy, "://") ? g_strdup (proxy) :
      g_strconcat ("http://", proxy, NULL);

  return g_uri_parse (full, G_URI_FLAGS_HAS_PASSWORD
      | G_URI_FLAGS_PARSE_RELAXED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
}

static gchar *
name_place (GUri * uri)
{
  gint port = g_uri_get_port (uri);

  return g_strdup_printf ("%s:%d", g_uri_get_host (uri), port > 0 ? port : 80);
}

/* Of another kind of proxy GIO knows what to do with the user. */
static gchar *
take_user_out (FoxapiProxies * self, const gchar * proxy)
{
  g_autoptr (GUri) uri = parse (proxy);

  if (uri == NULL || strcmp (g_uri_get_scheme (uri), "http") != 0)
    return g_strdup (proxy);

  if (g_uri_get_user (uri) != NULL) {
    g_mutex_lock (&self->lock);
    g_hash_table_insert (self->users, name_place (uri), g_uri_ref (uri));
    g_mutex_unlock (&self->lock);
  }
  return g_uri_to_string_partial (uri, G_URI_HIDE_USERINFO);
}

static gchar **
lookup (GProxyResolver * resolver, const gchar * uri,
    GCancellable * cancellable, GError ** error)
{
  FoxapiProxies *self = FOXAPI_PROXIES (resolver);
  gchar **found = g_proxy_resolver_lookup (self->base, uri, cancellable, error);

  for (gchar ** proxy = found; proxy != NULL && *proxy != NULL; proxy++) {
    gchar *given = *proxy;

    *proxy = take_user_out (self, given);
    g_free (given);
  }
  return found;
}

/* Calls are synchronous, so nobody looks up in any other way. */
static void
resolver_init (GProxyResolverInterface * iface)
{
  iface->lookup = lookup;
}

static void
foxapi_proxies_finalize (GObject * object)
{
  FoxapiProxies *self = FOXAPI_PROXIES (object);

  g_clear_object (&self->base);
  g_free (self->id);
  g_free (self->password);
  g_hash_table_unref (self->users);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (foxapi_proxies_parent_class)->finalize (object);
}

static void
foxapi_proxies_init (FoxapiProxies * self)
{
  g_mutex_init (&self->lock);
  self->users = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) g_uri_unref);
}

static void
foxapi_proxies_class_init (FoxapiProxiesClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = foxapi_proxies_finalize;
}

FoxapiProxies *
foxapi_proxies_new (const gchar * proxy, const gchar * id,
    const gchar * password, GError ** error)
{
  gboolean is_named = proxy != NULL && *proxy != '\0';
  g_autoptr (GUri) uri = is_named ? parse (proxy) : NULL;
  FoxapiProxies *self;

  if (is_named && (uri == NULL || g_uri_get_host (uri) == NULL
          || *g_uri_get_host (uri) == '\0')) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        _("The property proxy must be a URI such as "
            "http://proxy.example:3128. Nothing was sent."));
    return NULL;
  }

  self = g_object_new (FOXAPI_TYPE_PROXIES, NULL);
  if (is_named) {
    g_autofree gchar *plain = take_user_out (self, proxy);

    self->base = g_simple_proxy_resolver_new (plain, NULL);
  } else {
    self->base = g_object_ref (g_proxy_resolver_get_default ());
  }
  self->id = g_strdup (id);
  self->password = g_strdup (password);
  return self;
}

/* %FALSE: nothing is known that it could be told. */
static gboolean
find_user (FoxapiProxies * self, const gchar * place, gchar ** user,
    gchar ** password)
{
  GUri *uri;

  if (self->id != NULL) {
    *user = g_strdup (self->id);
    *password = g_strdup (self->password ? self->password : "");
    return TRUE;
  }
  g_mutex_lock (&self->lock);
  uri = g_hash_table_lookup (self->users, place);
  if (uri != NULL) {
    *user = g_strdup (g_uri_get_user (uri));
    *password = g_strdup (g_uri_get_password (uri) ?
        g_uri_get_password (uri) : "");
  }
  g_mutex_unlock (&self->lock);
  return uri != NULL;
}

/* A proxy that is asked for something plain answers 407 to the request itself,
 * and may drop a body that it does not want: then it would look as if a submission
 * had left. So it is told at once who asks. With TLS it is a CONNECT that is
 * answered. */
void
foxapi_proxies_introduce (FoxapiProxies * self, GIOStream * connection,
    SoupMessage * message)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GUri) uri = NULL;
  g_autofree gchar *place = NULL, *user = NULL, *password = NULL;
  g_autofree gchar *credentials = NULL, *encoded = NULL, *basic = NULL;

  if (!G_IS_SOCKET_CONNECTION (connection)
      || strcmp (g_uri_get_scheme (soup_message_get_uri (message)),
          "http") != 0)
    return;
  address = g_socket_connection_get_remote_address (G_SOCKET_CONNECTION
      (connection), NULL);
  if (!G_IS_PROXY_ADDRESS (address)
      || strcmp (g_proxy_address_get_protocol (G_PROXY_ADDRESS (address)),
          "http") != 0)
    return;
  uri = parse (g_proxy_address_get_uri (G_PROXY_ADDRESS (address)));
  if (uri == NULL)
    return;
  place = name_place (uri);
  if (!find_user (self, place, &user, &password))
    return;

  credentials = g_strconcat (user, ":", password, NULL);
  encoded = g_base64_encode ((const guchar *) credentials,
      strlen (credentials));
  basic = g_strconcat ("Basic ", encoded, NULL);
  soup_message_headers_replace (soup_message_get_request_headers (message),
      "Proxy-Authorization", basic);
}

gboolean
foxapi_proxies_authenticate (FoxapiProxies * self, SoupAuth * auth)
{
  g_autofree gchar *user = NULL, *password = NULL;

  if (!find_user (self, soup_auth_get_authority (auth), &user, &password))
    return FALSE;
  soup_auth_authenticate (auth, user, password);
  return TRUE;
}

/* What a proxy has answered in place of a server, as GIO tells it of other kinds of
 * proxies */
GError *
foxapi_proxies_new_error (SoupMessage * message)
{
  guint status = soup_message_get_status (message);
  const gchar *reason = soup_message_get_reason_phrase (message);
  GIOErrorEnum code = G_IO_ERROR_PROXY_FAILED;

  if (status == SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED)
    code = G_IO_ERROR_PROXY_AUTH_FAILED;
  else if (status == SOUP_STATUS_FORBIDDEN)
    code = G_IO_ERROR_PROXY_NOT_ALLOWED;
  return g_error_new (G_IO_ERROR, code, _("the proxy answered HTTP %u%s%s%s"),
      status, reason && *reason ? " " : "", reason ? reason : "",
      status == SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED ?
      _(": set proxy-id and proxy-pw") : "");
}
