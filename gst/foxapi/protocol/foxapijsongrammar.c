/* Whether a text is JSON to the letter (RFC 8259)
 *
 * json-glib reads `007` as 7, `0x10` as 16 and 12345678901234567890 as a
 * negative number, and writes 1e22 as `1e+22.0`. Where a text may as well be
 * meant as a text, or goes to others, the letter decides.
 *
 * Each function here passes what it is named after, and returns %FALSE where
 * something else stands. The NUL at the end is no part of anything.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapijsongrammar.h"

#include <string.h>

#include "foxapijson.h"

static gboolean pass_value (const gchar ** at, guint depth);

static void
pass_space (const gchar ** at)
{
  *at += strspn (*at, " \t\n\r");
}

static gboolean
pass_character (const gchar ** at, gchar c)
{
  if (**at != c)
    return FALSE;
  ++*at;
  return TRUE;
}

static gboolean
pass_word (const gchar ** at, const gchar * word)
{
  if (!g_str_has_prefix (*at, word))
    return FALSE;
  *at += strlen (word);
  return TRUE;
}

static gboolean
pass_digits (const gchar ** at)
{
  gsize n = strspn (*at, "0123456789");

  *at += n;
  return n > 0;
}

/* A whole number must be one that json-glib can hold, too. */
static gboolean
pass_number (const gchar ** at)
{
  const gchar *start = *at;
  g_autofree gchar *whole = NULL;

  pass_character (at, '-');
  if (!pass_character (at, '0') && !pass_digits (at))
    return FALSE;
  if (strchr (".eE", **at) == NULL || **at == '\0') {
    whole = g_strndup (start, *at - start);
    return g_ascii_string_to_signed (whole, 10, G_MININT64, G_MAXINT64, NULL,
        NULL);
  }
  if (pass_character (at, '.') && !pass_digits (at))
    return FALSE;
  if (!pass_character (at, 'e') && !pass_character (at, 'E'))
    return TRUE;
  if (!pass_character (at, '+'))
    pass_character (at, '-');
  return pass_digits (at);
}

static gboolean
pass_escape (const gchar ** at)
{
  gsize n = 1;

  if (pass_character (at, 'u')) {
    for (n = 0; n < 4; n++) {
      if (!g_ascii_isxdigit ((*at)[n]))
        return FALSE;
    }
  } else if (**at == '\0' || strchr ("\"\\/bfnrt", **at) == NULL) {
    return FALSE;
  }
  *at += n;
  return TRUE;
}

static gboolean
pass_string (const gchar ** at)
{
  if (!pass_character (at, '"'))
    return FALSE;

  while (!pass_character (at, '"')) {
    if ((guchar) ** at < ' ')
      return FALSE;
    if (*(*at)++ == '\\' && !pass_escape (at))
      return FALSE;
  }
  return TRUE;
}

static gboolean
pass_name (const gchar ** at)
{
  pass_space (at);
  if (!pass_string (at))
    return FALSE;
  pass_space (at);
  return pass_character (at, ':');
}

/* An array or an object, behind its bracket */
static gboolean
pass_rest (const gchar ** at, gchar end, guint depth)
{
  if (depth > FOXAPI_JSON_MAX_DEPTH)
    return FALSE;
  pass_space (at);
  if (pass_character (at, end))
    return TRUE;

  do {
    if ((end == '}' && !pass_name (at)) || !pass_value (at, depth))
      return FALSE;
  } while (pass_character (at, ','));
  return pass_character (at, end);
}

static gboolean
pass_value (const gchar ** at, guint depth)
{
  gboolean good;

  pass_space (at);
  if (pass_character (at, '['))
    good = pass_rest (at, ']', depth + 1);
  else if (pass_character (at, '{'))
    good = pass_rest (at, '}', depth + 1);
  else if (**at == '"')
    good = pass_string (at);
  else
    good = pass_word (at, "true") || pass_word (at, "false")
        || pass_word (at, "null") || pass_number (at);
  pass_space (at);
  return good;
}

/**
 * foxapi_json_is_exact:
 * @text: a text
 *
 * Returns: %TRUE if @text is one JSON value by the letter, in which no whole
 *   number is beyond 64 bits, and no deeper than an answer may be
 *
 * Since: 0.1
 */
gboolean
foxapi_json_is_exact (const gchar * text)
{
  return pass_value (&text, 0) && *text == '\0';
}
