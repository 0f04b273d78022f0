/* The FoxAPI service, simulated: results, their ranges and their validators.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything here runs in the server's thread with the lock held.
 */

#include "foxapisimprivate.h"

#include <string.h>

#define RESULTS_PREFIX "/results/"

typedef enum
{
  RANGE_NONE,                   /* there is none, or none to be honoured */
  RANGE_GOOD,
  RANGE_BEYOND,                 /* 416 */
} RangeKind;

/* The task of a link, NULL where there never was such a link */
static FoxapiSimEntry *
find_by_path (FoxapiSim * sim, const gchar * path, guint64 * generation)
{
  g_auto (GStrv) parts = g_strsplit (path + strlen (RESULTS_PREFIX), "/", 4);

  if (g_strv_length (parts) != 3 || strcmp (parts[2], "video.mp4") != 0)
    return NULL;
  if (!g_ascii_string_to_unsigned (parts[1], 10, 0, sim->link_generation,
          generation, NULL))
    return NULL;
  return foxapi_sim_entry_find (sim, parts[0]);
}

/* A store needs some time until it knows a link that the API gives away */
static gboolean
is_late (FoxapiSim * sim, FoxapiSimEntry * entry)
{
  return entry->handed_us != 0 && g_get_monotonic_time () - entry->handed_us
      < (gint64) sim->options.late_link_ms * 1000;
}

static gboolean
parse_number (const gchar ** text, guint64 * number)
{
  gchar *end = NULL;

  if (!g_ascii_isdigit (**text))
    return FALSE;
  *number = g_ascii_strtoull (*text, &end, 10);
  *text = end;
  return TRUE;
}

/* One range of bytes; several, and what is not a range, are ignored, as RFC
 * 9110 allows. */
static RangeKind
parse_range (const gchar * text, guint64 size, guint64 * first, guint64 * last)
{
  guint64 suffix;

  if (text == NULL || !g_str_has_prefix (text, "bytes="))
    return RANGE_NONE;
  text += strlen ("bytes=");
  if (*text == '-') {
    text++;
    if (!parse_number (&text, &suffix) || *text != '\0')
      return RANGE_NONE;
    if (suffix == 0 || size == 0)
      return RANGE_BEYOND;
    *first = size - MIN (suffix, size);
    *last = size - 1;
    return RANGE_GOOD;
  }
  if (!parse_number (&text, first) || *text != '-')
    return RANGE_NONE;
  text++;
  *last = G_MAXUINT64;
  if (*text != '\0' && (!parse_number (&text, last) || *text != '\0'
          || *last < *first))
    return RANGE_NONE;
  if (*first >= size)
    return RANGE_BEYOND;
  *last = MIN (*last, size - 1);
  return RANGE_GOOD;
}

static gchar *
make_date (gint64 seconds)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (seconds);

  return soup_date_time_to_string (date, SOUP_DATE_HTTP);
}

/* An If-Range that names another state of the file asks for all of it */
static gboolean
if_range_matches (FoxapiSim * sim, SoupMessageHeaders * headers,
    const gchar * etag, const gchar * modified)
{
  const gchar *condition = soup_message_headers_get_one (headers, "If-Range");

  if (condition == NULL)
    return TRUE;
  if (sim->options.no_validators)
    return FALSE;
  return strcmp (condition, etag) == 0 || strcmp (condition, modified) == 0;
}

static FoxapiSimAnswer *
answer_bytes (FoxapiSimExchange * exchange, FoxapiSimEntry * entry,
    GBytes * bytes, RangeKind kind, guint64 first, guint64 last)
{
  guint64 size = g_bytes_get_size (bytes);
  g_autofree gchar *content_range = NULL;
  g_autoptr (GBytes) part = NULL;
  FoxapiSimAnswer *answer;

  if (kind == RANGE_BEYOND) {
    answer = foxapi_sim_answer_new (416, NULL, NULL);
    content_range = g_strdup_printf ("bytes */%" G_GUINT64_FORMAT, size);
    soup_message_headers_replace (answer->headers, "Content-Range",
        content_range);
    answer->note = g_strdup (content_range);
    return answer;
  }
  if (kind == RANGE_GOOD) {
    part = g_bytes_new_from_bytes (bytes, first, last - first + 1);
    answer = foxapi_sim_answer_new (206, "video/mp4", part);
    content_range = g_strdup_printf ("bytes %" G_GUINT64_FORMAT "-%"
        G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, first, last, size);
    soup_message_headers_replace (answer->headers, "Content-Range",
        content_range);
  } else {
    answer = foxapi_sim_answer_new (200, "video/mp4", bytes);
    last = size > 0 ? size - 1 : 0;
  }
  answer->note = g_strdup_printf ("%s %s", entry->id,
      content_range ? content_range : "whole");
  answer->chunked = exchange->sim->options.no_length;
  if (strcmp (exchange->method, "GET") == 0 && last + 1 >= size)
    answer->delivers = g_strdup (entry->id);
  return answer;
}

static FoxapiSimAnswer *
answer_file (FoxapiSimExchange * exchange, FoxapiSimEntry * entry,
    GBytes * bytes)
{
  FoxapiSim *sim = exchange->sim;
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (exchange->message);
  g_autofree gchar *etag = g_strdup_printf ("\"%s-%u\"", entry->id,
      sim->result_version);
  g_autofree gchar *modified = make_date (sim->result_modified);
  guint64 first = 0, last = 0;
  RangeKind kind = RANGE_NONE;
  FoxapiSimAnswer *answer;

  if (!sim->options.no_ranges
      && if_range_matches (sim, headers, etag, modified))
    kind = parse_range (soup_message_headers_get_one (headers, "Range"),
        g_bytes_get_size (bytes), &first, &last);
  answer = answer_bytes (exchange, entry, bytes, kind, first, last);
  soup_message_headers_replace (answer->headers, "Accept-Ranges",
      sim->options.no_ranges ? "none" : "bytes");
  if (!sim->options.no_validators) {
    soup_message_headers_replace (answer->headers, "ETag", etag);
    soup_message_headers_replace (answer->headers, "Last-Modified", modified);
  }
  return answer;
}

FoxapiSimAnswer *
foxapi_sim_answer_result (FoxapiSimExchange * exchange)
{
  FoxapiSim *sim = exchange->sim;
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (exchange->message);
  gboolean known = g_str_has_prefix (exchange->path, RESULTS_PREFIX);
  guint64 generation = 0;
  FoxapiSimEntry *entry =
      known ? find_by_path (sim, exchange->path, &generation) : NULL;
  gboolean expired = entry != NULL && generation < sim->link_generation;
  GBytes *bytes = NULL;

  if (entry != NULL && !expired && !is_late (sim, entry)) {
    foxapi_sim_entry_update (sim, entry);
    if (strcmp (entry->status, "completed") == 0)
      bytes = foxapi_sim_entry_get_bytes (sim, entry);
  }
  if (known && strcmp (exchange->method, "GET") != 0
      && strcmp (exchange->method, "HEAD") != 0)
    return foxapi_sim_answer_new_error (405, NULL, "Only GET here");
  if (exchange->query != NULL)
    return foxapi_sim_answer_new_error (400, NULL, "Unknown query");
  if (sim->options.range_status != 0
      && soup_message_headers_get_one (headers, "Range") != NULL)
    return foxapi_sim_answer_new_error (sim->options.range_status, NULL,
        "No ranges here");
  if (bytes == NULL)
    return foxapi_sim_answer_new_error (404, NULL,
        "There is no such result, or the link has expired");
  return answer_file (exchange, entry, bytes);
}
