/* The FoxAPI service, simulated: what is JSON and what is not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * json-glib takes comments, bare words and any depth (and crashes on enough
 * of it). The service takes JSON, so the text is checked before json-glib
 * sees it.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "foxapisimprivate.h"

/* The grammar of RFC 8259. A lone surrogate has no character and NUL would end a
 * C string early: both are refused rather than silently changed. */
static const gchar grammar[] = "(?(DEFINE)"
    "(?<hex> [0-9a-fA-F])"
    "(?<unit> (?! 0000 | [dD][89a-fA-F] ) (?&hex){4}"
    "  | [dD][89abAB] (?&hex){2} \\\\u [dD][c-fC-F] (?&hex){2})"
    "(?<plain> [^\"\\\\\\x00-\\x1f]*+)"
    "(?<string> \" (?&plain)"
    "  (?: \\\\ (?: [\"\\\\/bfnrt] | u (?&unit)) (?&plain))*+ \")"
    "(?<number> -? (?: 0 | [1-9][0-9]*+) (?: \\. [0-9]++)?+"
    "  (?: [eE] [+-]? [0-9]++)?+)"
    "(?<space> [\\x20\\t\\r\\n]*+)"
    "(?<member> (?&space) (?&string) (?&space) : (?&value))"
    "(?<value> (?> (?&space) (?: (?&string) | (?&number) | true | false | null"
    "  | \\{ (?: (?&member) (?: , (?&member))*+ | (?&space)) \\}"
    "  | \\[ (?: (?&value) (?: , (?&value))*+ | (?&space)) \\]"
    "  ) (?&space)))" ") \\A (?&value) \\z";

static gboolean
is_shallow (const gchar * data, gsize length)
{
  gboolean in_string = FALSE;
  gint depth = 0;

  for (gsize i = 0; i < length; i++) {
    if (data[i] == '"')
      in_string = !in_string;
    else if (in_string)
      i += data[i] == '\\';
    else if (data[i] == '[' || data[i] == '{')
      depth++;
    else if (data[i] == ']' || data[i] == '}')
      depth--;
    if (depth > FOXAPI_SIM_MAX_JSON_DEPTH)
      return FALSE;
  }
  return TRUE;
}

gboolean
foxapi_sim_json_check (const gchar * data, gsize length, GError ** error)
{
  static GRegex *regex;

  if (g_once_init_enter (&regex))
    g_once_init_leave (&regex, g_regex_new (grammar,
            G_REGEX_EXTENDED | G_REGEX_RAW, 0, NULL));
  if (!g_utf8_validate_len (data, length, NULL))
    g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_INVALID_DATA,
        "the body is not UTF-8");
  else if (!is_shallow (data, length)
      || !g_regex_match_full (regex, length > 0 ? data : "", length, 0, 0,
          NULL, NULL))
    g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
        "the body is not JSON");
  else
    return TRUE;
  return FALSE;
}
