/* The address of the service: checked and made uniform
 *
 * The key goes there, so what is not plainly an address is refused rather than
 * repaired: GUri takes spaces for part of a host, and escapes them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapibaseurl.h"

#include <string.h>

#include "foxapierror.h"

#define RULE_TEXT "must be an http or https URL"
#define RULE_SPACE "must have no spaces, line ends or other control characters"
#define RULE_SCHEME "must begin with http:// or https://"
#define RULE_USER "must have no user name and no password"
#define RULE_QUERY "must have no query and no fragment (? and #)"
#define RULE_HOST "must name a host, by letters, digits, dots and hyphens or by " \
    "an IP address"
#define RULE_PORT "must have a port from 1 to 65535 or none"

static gboolean
has_space (const gchar * text)
{
  for (; *text != '\0'; text++) {
    if ((guchar) * text <= ' ' || *text == 0x7f)
      return TRUE;
  }
  return FALSE;
}

/* A name, or an address of IPv6 without its brackets. GUri has made ASCII of a
 * name in another script. Underscores are in no name of the Internet, but in
 * those of containers. */
static gboolean
is_host (const gchar * host)
{
  if (host == NULL || *host == '\0')
    return FALSE;
  if (strchr (host, ':') != NULL)
    return TRUE;

  for (const gchar * c = host; *c != '\0'; c++) {
    if (*c == '.' ? c == host || c[-1] == '.'
        : !g_ascii_isalnum (*c) && *c != '-' && *c != '_')
      return FALSE;
  }
  return TRUE;
}

static const gchar *
rule_of_fault (const GError * fault)
{
  if (g_error_matches (fault, G_URI_ERROR, G_URI_ERROR_BAD_PORT))
    return RULE_PORT;
  if (g_error_matches (fault, G_URI_ERROR, G_URI_ERROR_BAD_HOST))
    return RULE_HOST;
  return RULE_TEXT;
}

/* The first rule that @text breaks; %NULL and its parts if it breaks none. */
static const gchar *
find_broken_rule (const gchar * text, GUri ** uri)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (GUri) parsed = NULL;

  if (has_space (text))
    return RULE_SPACE;
  if (g_ascii_strncasecmp (text, "http://", 7) != 0
      && g_ascii_strncasecmp (text, "https://", 8) != 0)
    return RULE_SCHEME;

  parsed = g_uri_parse (text, G_URI_FLAGS_SCHEME_NORMALIZE, &fault);
  if (parsed == NULL)
    return rule_of_fault (fault);
  if (g_uri_get_userinfo (parsed) != NULL)
    return RULE_USER;
  if (g_uri_get_query (parsed) != NULL || g_uri_get_fragment (parsed) != NULL)
    return RULE_QUERY;
  if (!is_host (g_uri_get_host (parsed)))
    return RULE_HOST;
  if (g_uri_get_port (parsed) == 0)
    return RULE_PORT;

  *uri = g_steal_pointer (&parsed);
  return NULL;
}

/* What can be shown of it: a user's password and a query are nobody's business,
 * and what has no scheme may be a key in the wrong place. */
static gchar *
quote (const gchar * text, const gchar * api_key)
{
  const gchar *start = strstr (text, "://"), *shown_from, *at;
  g_autofree gchar *shown = NULL, *quoted = NULL;
  gsize length;

  if (start == NULL)
    return g_strdup ("");

  start += strlen ("://");
  at = strrchr (start, '@');
  shown_from = at ? at : start;
  length = strcspn (shown_from, "?#");
  /* Not plainly a user: whose part is it? */
  if (at != NULL && strcspn (start, "@?#") < (gsize) (at - start))
    length = 0;

  shown = g_strdup_printf ("%.*s%s%.*s%s", (gint) (start - text), text,
      at ? "…" : "", (gint) length, shown_from,
      at == NULL && shown_from[length] != '\0' ? "…" : "");
  quoted = foxapi_error_quote (shown, api_key);
  return g_strdup_printf (" is \"%s\", but", quoted);
}

/* @text without a slash at its end, and without the /v1 that many clients have as
 * their address: the calls have it. The key is kept out of the error. */
gchar *
foxapi_base_url_normalise (const gchar * text, const gchar * api_key,
    GError ** error)
{
  g_autoptr (GUri) uri = NULL;
  const gchar *rule = find_broken_rule (text, &uri);
  g_autofree gchar *value = NULL;
  gchar *normal;

  if (rule != NULL) {
    value = quote (text, api_key);
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        "The property base-url (or FOXAPI_BASE_URL)%s %s, such as "
        FOXAPI_DEFAULT_BASE_URL ". Nothing was sent.", value, rule);
    return NULL;
  }

  normal = g_uri_to_string (uri);
  while (g_str_has_suffix (normal, "/"))
    normal[strlen (normal) - 1] = '\0';
  if (g_str_has_suffix (normal, "/v1"))
    normal[strlen (normal) - strlen ("/v1")] = '\0';
  return normal;
}
