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

#include <string.h>

typedef struct
{
  const gchar *at;
  const gchar *end;
} Scan;

static gboolean scan_value (Scan * scan, guint depth);

static void
skip_space (Scan * scan)
{
  while (scan->at < scan->end && strchr (" \t\r\n", *scan->at) != NULL
      && *scan->at != '\0')
    scan->at++;
}

static gboolean
take (Scan * scan, gchar c)
{
  if (scan->at == scan->end || *scan->at != c)
    return FALSE;
  scan->at++;
  return TRUE;
}

static gboolean
scan_word (Scan * scan, const gchar * word)
{
  gsize length = strlen (word);

  if ((gsize) (scan->end - scan->at) < length
      || memcmp (scan->at, word, length) != 0)
    return FALSE;
  scan->at += length;
  return TRUE;
}

static gboolean
scan_digits (Scan * scan)
{
  const gchar *start = scan->at;

  while (scan->at < scan->end && g_ascii_isdigit (*scan->at))
    scan->at++;
  return scan->at > start;
}

static gboolean
scan_number (Scan * scan)
{
  take (scan, '-');
  if (!take (scan, '0') && !scan_digits (scan))
    return FALSE;
  if (take (scan, '.') && !scan_digits (scan))
    return FALSE;
  if (take (scan, 'e') || take (scan, 'E')) {
    if (!take (scan, '+'))
      take (scan, '-');
    return scan_digits (scan);
  }
  return TRUE;
}

static gint
scan_hex4 (Scan * scan)
{
  gint value = 0;

  if (scan->end - scan->at < 4)
    return -1;
  for (guint i = 0; i < 4; i++) {
    gint digit = g_ascii_xdigit_value (*scan->at++);

    if (digit < 0)
      return -1;
    value = value * 16 + digit;
  }
  return value;
}

/* A lone surrogate has no character and NUL would end a C string early: both
 * are refused rather than silently changed. */
static gboolean
scan_unicode_escape (Scan * scan)
{
  gint value = scan_hex4 (scan);

  if (value <= 0 || (value >= 0xdc00 && value <= 0xdfff))
    return FALSE;
  if (value >= 0xd800 && value <= 0xdbff) {
    if (!take (scan, '\\') || !take (scan, 'u'))
      return FALSE;
    value = scan_hex4 (scan);
    return value >= 0xdc00 && value <= 0xdfff;
  }
  return TRUE;
}

static gboolean
scan_string (Scan * scan)
{
  if (!take (scan, '"'))
    return FALSE;
  while (scan->at < scan->end) {
    guchar c = (guchar) * scan->at++;

    if (c == '"')
      return TRUE;
    if (c < 0x20)
      return FALSE;
    if (c != '\\')
      continue;
    if (take (scan, 'u')) {
      if (!scan_unicode_escape (scan))
        return FALSE;
    } else if (scan->at == scan->end || *scan->at == '\0'
        || strchr ("\"\\/bfnrt", *scan->at) == NULL) {
      return FALSE;
    } else {
      scan->at++;
    }
  }
  return FALSE;
}

static gboolean
scan_members (Scan * scan, gchar close, guint depth)
{
  skip_space (scan);
  if (take (scan, close))
    return TRUE;
  do {
    skip_space (scan);
    if (close == '}') {
      if (!scan_string (scan))
        return FALSE;
      skip_space (scan);
      if (!take (scan, ':'))
        return FALSE;
    }
    if (!scan_value (scan, depth + 1))
      return FALSE;
    skip_space (scan);
  } while (take (scan, ','));
  return take (scan, close);
}

static gboolean
scan_value (Scan * scan, guint depth)
{
  if (depth > FOXAPI_SIM_MAX_JSON_DEPTH)
    return FALSE;
  skip_space (scan);
  if (scan->at == scan->end)
    return FALSE;
  switch (*scan->at) {
    case '{':
      scan->at++;
      return scan_members (scan, '}', depth);
    case '[':
      scan->at++;
      return scan_members (scan, ']', depth);
    case '"':
      return scan_string (scan);
    case 't':
      return scan_word (scan, "true");
    case 'f':
      return scan_word (scan, "false");
    case 'n':
      return scan_word (scan, "null");
    default:
      return scan_number (scan);
  }
}

gboolean
foxapi_sim_json_check (const gchar * data, gsize length, GError ** error)
{
  Scan scan = { data, data + length };

  if (!g_utf8_validate_len (data, length, NULL)) {
    g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_INVALID_DATA,
        "the body is not UTF-8");
    return FALSE;
  }
  if (scan_value (&scan, 0)) {
    skip_space (&scan);
    if (scan.at == scan.end)
      return TRUE;
  }
  g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
      "the body is not JSON: trouble at byte %" G_GSIZE_FORMAT,
      (gsize) (scan.at - data));
  return FALSE;
}
