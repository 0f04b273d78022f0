/* The FoxAPI service, simulated: faults, written as text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ROUTE:NTH:KIND[=VALUE][,KIND[=VALUE]…], for instance
 * "submit:1:status=503,retry-after=2". A body takes the rest of the text, as
 * it may hold commas.
 */

#include "foxapisimprivate.h"

#include <string.h>

typedef enum
{
  VALUE_FLAG,
  VALUE_UINT,
  VALUE_UINT64,
  VALUE_HEADER,                 /* the header is called as the kind is */
  VALUE_ANY_HEADER,             /* NAME:VALUE */
  VALUE_BODY,
  VALUE_ANSWER,                 /* a name of foxapisimanswer.c */
} ValueType;

#define AT(member) G_STRUCT_OFFSET (FoxapiSimFault, member)

/* docs/internals/simulator.md says what they do. */
static const struct
{
  const gchar *name;
  ValueType type;
  goffset offset;
  guint64 min;
  guint64 max;
} kinds[] = {
  {"status", VALUE_UINT, AT (status), 200, 599},
  {"answer", VALUE_ANSWER},
  {"retry-after", VALUE_HEADER},
  {"location", VALUE_HEADER},
  {"content-type", VALUE_HEADER},
  {"header", VALUE_ANY_HEADER},
  {"body", VALUE_BODY},
  {"act-first", VALUE_FLAG, AT (act_first)},
  {"delay", VALUE_UINT, AT (delay_ms), 1, 3600000},
  {"gzip", VALUE_FLAG, AT (gzip)},
  {"reset", VALUE_FLAG, AT (reset)},
  {"close", VALUE_FLAG, AT (close)},
  {"cut-at", VALUE_UINT64, AT (cut_at), 1, G_MAXINT64},
  {"reset-at", VALUE_UINT64, AT (reset_at), 1, G_MAXINT64},
  {"hold", VALUE_FLAG, AT (hold)},
  {"hold-at", VALUE_UINT64, AT (hold_at), 1, G_MAXINT64},
  {"drip", VALUE_UINT, AT (drip_ms), 1, 60000},
  {"endless", VALUE_FLAG, AT (endless)},
};

const gchar *const foxapi_sim_route_names[FOXAPI_SIM_N_ROUTES] = {
  [FOXAPI_SIM_SUBMIT] = "submit",
  [FOXAPI_SIM_ASK] = "ask",
  [FOXAPI_SIM_UPLOAD] = "upload",
  [FOXAPI_SIM_RESULT] = "result",
  [FOXAPI_SIM_OTHER] = "other",
};

gchar *
foxapi_sim_fault_list (void)
{
  GString *list = g_string_new (kinds[0].name);

  for (guint i = 1; i < G_N_ELEMENTS (kinds); i++)
    g_string_append_printf (list, ", %s", kinds[i].name);
  return g_string_free (list, FALSE);
}

#define fail(error, ...) \
  (g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, __VA_ARGS__), \
      FALSE)

static gboolean
add_header (FoxapiSimFault * fault, const gchar * name, const gchar * value,
    GError ** error)
{
  gchar *lines;

  if (*name == '\0' || strpbrk (value, "\r\n") != NULL)
    return fail (error, "header %s needs a name, and a value on one line",
        name);
  lines = g_strdup_printf ("%s%s%s:%s%s", fault->headers ? fault->headers : "",
      fault->headers ? "\n" : "", name, *value != '\0' ? " " : "", value);
  g_free ((gchar *) fault->headers);
  fault->headers = lines;
  return TRUE;
}

static gboolean
add_any_header (FoxapiSimFault * fault, const gchar * text, GError ** error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", 2);

  if (g_strv_length (parts) != 2)
    return fail (error, "header=%s: expected header=NAME:VALUE", text);
  return add_header (fault, g_strstrip (parts[0]), g_strstrip (parts[1]),
      error);
}

static gboolean
set_answer (FoxapiSimFault * fault, const gchar * value, GError ** error)
{
  if (foxapi_sim_error_find (value) == NULL) {
    g_autofree gchar *all = foxapi_sim_error_list ();

    return fail (error, "\"%s\" is no answer; these are: %s", value, all);
  }
  g_free ((gchar *) fault->answer);
  fault->answer = g_strdup (value);
  return TRUE;
}

static gboolean
set_number (FoxapiSimFault * fault, guint kind, const gchar * value,
    GError ** error)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (value, 10, kinds[kind].min,
          kinds[kind].max, &number, NULL))
    return fail (error, "%s=%s: expected a number from %" G_GUINT64_FORMAT
        " to %" G_GUINT64_FORMAT, kinds[kind].name, value, kinds[kind].min,
        kinds[kind].max);
  if (kinds[kind].type == VALUE_UINT)
    G_STRUCT_MEMBER (guint, fault, kinds[kind].offset) = number;
  else
    G_STRUCT_MEMBER (guint64, fault, kinds[kind].offset) = number;
  return TRUE;
}

static gboolean
set_kind (FoxapiSimFault * fault, guint kind, const gchar * value,
    GError ** error)
{
  if (kinds[kind].type == VALUE_FLAG) {
    if (value != NULL)
      return fail (error, "%s takes no value", kinds[kind].name);
    G_STRUCT_MEMBER (gboolean, fault, kinds[kind].offset) = TRUE;
    return TRUE;
  }
  if (value == NULL)
    return fail (error, "%s needs a value", kinds[kind].name);
  switch (kinds[kind].type) {
    case VALUE_HEADER:
      return add_header (fault, kinds[kind].name, value, error);
    case VALUE_ANY_HEADER:
      return add_any_header (fault, value, error);
    case VALUE_BODY:
      g_free ((gchar *) fault->body);
      fault->body = g_strdup (value);
      fault->body_length = -1;
      return TRUE;
    case VALUE_ANSWER:
      return set_answer (fault, value, error);
    case VALUE_FLAG:
    case VALUE_UINT:
    case VALUE_UINT64:
    default:
      return set_number (fault, kind, value, error);
  }
}

static gboolean
parse_kind (FoxapiSimFault * fault, const gchar * name, const gchar * value,
    GError ** error)
{
  g_autofree gchar *all = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (strcmp (kinds[i].name, name) == 0)
      return set_kind (fault, i, value, error);
  }
  all = foxapi_sim_fault_list ();
  return fail (error, "\"%s\" is no kind of fault; these are: %s", name, all);
}

static gboolean
parse_kinds (FoxapiSimFault * fault, const gchar * text, GError ** error)
{
  while (TRUE) {
    gboolean is_body = g_str_has_prefix (text, "body=");
    gsize length = is_body ? strlen (text) : strcspn (text, ",");
    g_autofree gchar *name = g_strndup (text, length);
    gchar *value = strchr (name, '=');

    if (value != NULL)
      *value++ = '\0';
    if (!parse_kind (fault, name, value, error))
      return FALSE;
    if (text[length] == '\0')
      return TRUE;
    text += length + 1;
  }
}

static gboolean
parse_route (FoxapiSimRoute * route, const gchar * name, GError ** error)
{
  for (*route = 0; *route < FOXAPI_SIM_N_ROUTES; (*route)++) {
    if (strcmp (foxapi_sim_route_names[*route], name) == 0)
      return TRUE;
  }
  return fail (error, "\"%s\" is no route; these are: submit, ask, upload, "
      "result, other", name);
}

static gboolean
parse_number (guint * nth, const gchar * text, GError ** error)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT32, &number, NULL))
    return fail (error,
        "\"%s\": expected the number of a request, or 0 for all", text);
  *nth = number;
  return TRUE;
}

FoxapiSimFault *
foxapi_sim_fault_parse (const gchar * text, FoxapiSimRoute * route,
    guint * nth, GError ** error)
{
  g_autoptr (FoxapiSimFault) fault = g_new0 (FoxapiSimFault, 1);
  g_auto (GStrv) parts = g_strsplit (text, ":", 3);

  if ((g_strv_length (parts) == 3 || fail (error,
              "\"%s\": expected ROUTE:NTH:KIND[=VALUE][,...]", text))
      && parse_route (route, parts[0], error)
      && parse_number (nth, parts[1], error)
      && parse_kinds (fault, parts[2], error))
    return g_steal_pointer (&fault);
  return NULL;
}
