/* The FoxAPI service, simulated: one answer, before it is sent, and every refusal
 * that has been met.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The service speaks JSON, in more than one form. What stands in front of it
 * (Cloudflare), and the store of the results, speak HTML, XML and text.
 */

#include "foxapisimprivate.h"

#include <string.h>

#define INVALID "invalid_request_error"
#define CHANNEL "service_unavailable_error"

/* The names that FoxapiSimFault.answer takes; one without a status of its own
 * goes with the status of the fault. */
static const FoxapiSimError errors[] = {
  /* Codes of the service */
  {"no_compatible_channel", 422, FOXAPI_SIM_ERROR_OBJECT, CHANNEL,
      "no_compatible_channel", "No compatible channel for this model"},
  {"no_available_model", 422, FOXAPI_SIM_ERROR_OBJECT, CHANNEL,
      "no_available_model", "No model is available now"},
  {"model_not_found", 422, FOXAPI_SIM_ERROR_OBJECT, INVALID,
      "model_not_found", "The model is not known, or not for this key"},
  {"unsupported_advanced_options", 422, FOXAPI_SIM_ERROR_OBJECT, INVALID,
      "unsupported_advanced_options", "Advanced options are not supported"},
  {"invalid_image_url", 422, FOXAPI_SIM_ERROR_OBJECT, INVALID,
      "invalid_image_url", "reference_image_urls[0] cannot be read"},
  {"invalid_file_type", 422, FOXAPI_SIM_ERROR_OBJECT, INVALID,
      "invalid_file_type", "reference_video_urls[0] is not a video"},
  {"invalid_param", 422, FOXAPI_SIM_ERROR_OBJECT, "validation_error",
      "invalid_param", "seed is not valid"},
  {"model_rule_violation", 422, FOXAPI_SIM_ERROR_OBJECT, "validation_error",
      "model_rule_violation", "duration does not go with the references"},
  {"model_not_support_capability", 422, FOXAPI_SIM_ERROR_OBJECT, INVALID,
      "model_not_support_capability", "The model has no multi_shots"},
  {"insufficient_quota", 402, FOXAPI_SIM_ERROR_OBJECT, "insufficient_quota",
      NULL, "The balance is too low"},
  {"insufficient_user_quota", 403, FOXAPI_SIM_ERROR_OBJECT, "new_api_error",
      "insufficient_user_quota", "The user's quota is not enough"},
  {"quota_not_enough", 403, FOXAPI_SIM_ERROR_FLAT, NULL, "quota_not_enough",
      "The quota is not enough"},
  {"storage_full", 403, FOXAPI_SIM_ERROR_OBJECT, NULL, "storage_full",
      "The storage is full"},

  /* Other forms of the service's refusals */
  {"flat", 0, FOXAPI_SIM_ERROR_FLAT, NULL, "bad_thing", "Something is bad"},
  {"detail", 0, FOXAPI_SIM_ERROR_DETAIL, NULL, NULL, "Something is bad"},
  {"detail-list", 0, FOXAPI_SIM_ERROR_DETAIL_LIST, NULL, NULL,
      "Something is bad"},
  {"string", 0, FOXAPI_SIM_ERROR_STRING, NULL, NULL, "Something is bad"},
  {"text", 0, FOXAPI_SIM_ERROR_TEXT, NULL, NULL, "Something is bad"},
  {"empty", 0, FOXAPI_SIM_ERROR_EMPTY, NULL, NULL, "(nothing)"},

  /* What stands in front of it */
  {"cloudflare", 0, FOXAPI_SIM_ERROR_CLOUDFLARE, NULL, NULL, NULL},
  {"error-1010", 403, FOXAPI_SIM_ERROR_TEXT, NULL, NULL, "error code: 1010"},

  /* The store of the results */
  {"expired-400", 400, FOXAPI_SIM_ERROR_XML, NULL, "ExpiredToken",
      "The provided token has expired."},
  {"expired-403", 403, FOXAPI_SIM_ERROR_XML, NULL, "AccessDenied",
      "Request has expired"},
  {"page", 200, FOXAPI_SIM_ERROR_PAGE, NULL, NULL, "Please log in"},
};

const FoxapiSimError *
foxapi_sim_error_find (const gchar * name)
{
  for (guint i = 0; i < G_N_ELEMENTS (errors); i++) {
    if (strcmp (errors[i].name, name) == 0)
      return &errors[i];
  }
  return NULL;
}

/* For messages to people */
gchar *
foxapi_sim_error_list (void)
{
  GString *list = g_string_new (errors[0].name);

  for (guint i = 1; i < G_N_ELEMENTS (errors); i++)
    g_string_append_printf (list, ", %s", errors[i].name);
  return g_string_free (list, FALSE);
}

static const gchar *
get_type (guint status)
{
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "insufficient_quota";
    case 403:
      return "permission_error";
    case 404:
      return "not_found";
    case 413:
      return "file_too_large_error";
    case 429:
      return "rate_limit_error";
    case 503:
      return "service_unavailable";
    default:
      return status < 500 ? INVALID : "server_error";
  }
}

/* What answers with @status: the service, or Cloudflare in place of it */
static FoxapiSimErrorForm
get_form (guint status)
{
  return status == 502 || status == 504 || (status >= 520 && status <= 530)
      ? FOXAPI_SIM_ERROR_CLOUDFLARE : FOXAPI_SIM_ERROR_OBJECT;
}

static const gchar *
get_phrase (guint status)
{
  static const gchar *const of_520[] = {
    "Web server is returning an unknown error", "Web server is down",
    "Connection timed out", "Origin is unreachable", "A timeout occurred",
    "SSL handshake failed", "Invalid SSL certificate"
  };

  if (status >= 520 && status - 520 < G_N_ELEMENTS (of_520))
    return of_520[status - 520];
  if (status == 530)
    return "Origin DNS error";
  if (status == 403)
    return "Attention Required!";
  return soup_status_get_phrase (status);
}

static gchar *
make_json (FoxapiSimAnswer * answer, const gchar * message)
{
  const gchar *type = answer->type ? answer->type : get_type (answer->status);
  g_autoptr (GVariant) body = NULL;

  if (answer->form == FOXAPI_SIM_ERROR_FLAT)
    body = g_variant_new_parsed ("{'code': <%s>, 'message': <%s>}",
        answer->code, message);
  else if (answer->form == FOXAPI_SIM_ERROR_DETAIL)
    body = g_variant_new_parsed ("{'detail': <%s>}", message);
  else if (answer->form == FOXAPI_SIM_ERROR_DETAIL_LIST)
    body = g_variant_new_parsed ("{'detail': <[{'loc': <['body', 'seed']>, "
        "'msg': <%s>, 'type': <'value_error'>}]>}", message);
  else if (answer->form == FOXAPI_SIM_ERROR_STRING)
    body = g_variant_new_parsed ("{'error': <%s>}", message);
  else if (answer->code != NULL)
    body = g_variant_new_parsed ("{'error': <{'message': <%s>, 'type': <%s>, "
        "'code': <%s>}>}", message, type, answer->code);
  else
    body = g_variant_new_parsed ("{'error': <{'message': <%s>, "
        "'type': <%s>}>}", message, type);
  g_variant_ref_sink (body);
  return json_gvariant_serialize_data (body, NULL);
}

/* Makes the body of a refusal. The service names the request, by @request_id,
 * in a header and in its message; what is in front of it does not. */
static void
write_error (FoxapiSimAnswer * answer, const gchar * request_id)
{
  const gchar *message = answer->note != NULL ? answer->note : "";
  g_autofree gchar *named = request_id == NULL ? g_strdup (message)
      : g_strdup_printf ("%s (request id: %s)", message, request_id);
  const gchar *type = "text/html; charset=UTF-8";
  gchar *text;

  switch (answer->form) {
    case FOXAPI_SIM_ERROR_NONE:
      return;
    case FOXAPI_SIM_ERROR_CLOUDFLARE:
      text = g_strdup_printf ("<!DOCTYPE html>\n<html><head><title>foxapi.cc "
          "| %u: %s</title></head>\n<body><h1>%s</h1><p>Error code %u</p>"
          "<p>Cloudflare Ray ID: 9a3f0c5d</p></body></html>\n", answer->status,
          get_phrase (answer->status), get_phrase (answer->status),
          answer->status);
      soup_message_headers_replace (answer->headers, "Server", "cloudflare");
      break;
    case FOXAPI_SIM_ERROR_PAGE:
      text = g_strdup_printf ("<!DOCTYPE html>\n<html><head><title>%s</title>"
          "</head><body>%s</body></html>\n", message, message);
      break;
    case FOXAPI_SIM_ERROR_XML:
      type = "application/xml";
      text = g_strdup_printf ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<Error><Code>%s</Code><Message>%s</Message></Error>", answer->code,
          message);
      break;
    case FOXAPI_SIM_ERROR_TEXT:
    case FOXAPI_SIM_ERROR_EMPTY:
      type = "text/plain";
      text = g_strdup (answer->form == FOXAPI_SIM_ERROR_TEXT ? message : "");
      break;
    default:
      type = "application/json";
      text = make_json (answer, named);
      break;
  }
  g_bytes_unref (answer->body);
  answer->body = g_bytes_new_take (text, strlen (text));
  soup_message_headers_replace (answer->headers, "Content-Type", type);
}

/* A large body goes into libsoup in slices that share its memory. */
#define SLICE_SIZE ((gsize) 256 * 1024)

FoxapiSimAnswer *
foxapi_sim_answer_new (guint status, const gchar * content_type, GBytes * body)
{
  FoxapiSimAnswer *answer = g_new0 (FoxapiSimAnswer, 1);

  answer->status = status;
  answer->headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  answer->body = body != NULL ? g_bytes_ref (body) : g_bytes_new (NULL, 0);
  if (content_type != NULL)
    soup_message_headers_replace (answer->headers, "Content-Type",
        content_type);
  return answer;
}

/* @object: (transfer floating): a dictionary, as JSON */
FoxapiSimAnswer *
foxapi_sim_answer_new_json (guint status, GVariant * object)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (object);
  gsize length;
  gchar *text = json_gvariant_serialize_data (owned, &length);
  g_autoptr (GBytes) body = g_bytes_new_take (text, length);

  return foxapi_sim_answer_new (status, "application/json", body);
}

/* A refusal: its body is written when it is known what else happens to it. */
FoxapiSimAnswer *
foxapi_sim_answer_new_error (guint status, const gchar * code,
    const gchar * format, ...)
{
  FoxapiSimAnswer *answer = foxapi_sim_answer_new (status, NULL, NULL);
  va_list args;

  va_start (args, format);
  answer->note = g_strdup_vprintf (format, args);
  va_end (args);
  answer->form = get_form (status);
  answer->code = code;
  return answer;
}

/* The same with an answer of the table; @status 0 leaves that of the table */
FoxapiSimAnswer *
foxapi_sim_answer_new_named (const gchar * name, guint status)
{
  const FoxapiSimError *error = foxapi_sim_error_find (name);
  FoxapiSimAnswer *answer;

  if (status == 0)
    status = error->status != 0 ? error->status : 520;
  answer = foxapi_sim_answer_new (status, NULL, NULL);
  answer->note = g_strdup (error->message);
  answer->form = error->form;
  answer->type = error->type;
  answer->code = error->code;
  return answer;
}

void
foxapi_sim_answer_free (FoxapiSimAnswer * answer)
{
  soup_message_headers_unref (answer->headers);
  g_bytes_unref (answer->body);
  g_free (answer->delivers);
  g_free (answer->note);
  g_free (answer);
}

/* Every honest header of a scripted name goes first, so that a script may
 * send the same name twice. */
static void
replace_headers (SoupMessageHeaders * headers, const gchar * lines)
{
  g_auto (GStrv) list = g_strsplit (lines, "\n", -1);

  for (guint i = 0; list[i] != NULL; i++) {
    g_autofree gchar *name = g_strndup (list[i], strcspn (list[i], ":"));

    soup_message_headers_remove (headers, name);
  }
  for (guint i = 0; list[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (list[i], ":", 2);

    if (g_strv_length (parts) == 2 && *g_strstrip (parts[1]) != '\0')
      soup_message_headers_append (headers, parts[0], parts[1]);
  }
}

/* What the service would say with a scripted status of its own */
static FoxapiSimAnswer *
make_scripted (const FoxapiSimFault * fault, gboolean on_results)
{
  FoxapiSimAnswer *answer;

  if (fault->answer != NULL)
    return foxapi_sim_answer_new_named (fault->answer, fault->status);
  if (fault->status < 400)
    return foxapi_sim_answer_new (fault->status, NULL, NULL);
  answer = foxapi_sim_answer_new_error (fault->status, NULL,
      "The service was told to answer %u", fault->status);
  if (on_results)
    answer->form = FOXAPI_SIM_ERROR_TEXT;
  return answer;
}

static void
compress (FoxapiSimAnswer * answer)
{
  g_autoptr (GZlibCompressor) gzip =
      g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1);
  g_autoptr (GInputStream) plain =
      g_memory_input_stream_new_from_bytes (answer->body);
  g_autoptr (GInputStream) packed =
      g_converter_input_stream_new (plain, G_CONVERTER (gzip));
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();

  g_output_stream_splice (output, packed, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
      NULL, NULL);
  g_bytes_unref (answer->body);
  answer->body =
      g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (output));
  soup_message_headers_replace (answer->headers, "Content-Encoding", "gzip");
}

/* The last word on an answer: @fault, which may be NULL, changes it, and the
 * service names the request (@request_id; NULL on the results' port). */
void
foxapi_sim_answer_finish (FoxapiSimAnswer * answer,
    const FoxapiSimFault * fault, const gchar * request_id)
{
  if (fault != NULL && fault->answer == NULL && fault->status != 0
      && SOUP_STATUS_IS_SUCCESSFUL (fault->status)
      && SOUP_STATUS_IS_SUCCESSFUL (answer->status)) {
    answer->status = fault->status;
  } else if (fault != NULL && (fault->answer != NULL || (fault->status != 0
              && fault->status != answer->status))) {
    g_autoptr (FoxapiSimAnswer) other =
        make_scripted (fault, request_id == NULL);
    FoxapiSimAnswer swap = *answer;

    other->head_only = answer->head_only;
    *answer = *other;
    *other = swap;
  }
  if (request_id != NULL && answer->form < FOXAPI_SIM_ERROR_TEXT)
    soup_message_headers_replace (answer->headers, "X-Request-Id", request_id);
  write_error (answer, request_id);
  if (fault == NULL)
    return;
  if (fault->body != NULL) {
    /* A length that was left at 0 means "ends with a NUL" too */
    gsize length = fault->body_length <= 0 ? strlen (fault->body)
        : (gsize) fault->body_length;

    g_bytes_unref (answer->body);
    answer->body = g_bytes_new (fault->body, length);
    g_clear_pointer (&answer->delivers, g_free);
  }
  if (fault->gzip)
    compress (answer);
  if (fault->headers != NULL)
    replace_headers (answer->headers, fault->headers);
}

/* Hands @answer to libsoup, which sends it. The body is not copied: each slice
 * refers to it, and is let go when it was written. */
void
foxapi_sim_answer_to_message (FoxapiSimAnswer * answer,
    SoupServerMessage * message)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  SoupMessageBody *body = soup_server_message_get_response_body (message);
  gsize length = g_bytes_get_size (answer->body);
  SoupMessageHeadersIter iter;
  const gchar *name, *value;

  soup_server_message_set_status (message, answer->status, NULL);
  soup_message_headers_iter_init (&iter, answer->headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    soup_message_headers_append (headers, name, value);
  /* A body that accumulates would also be cut into ranges by libsoup itself */
  soup_message_body_set_accumulate (body, FALSE);
  if (answer->chunked)
    soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  else
    soup_message_headers_set_content_length (headers, length);
  if (answer->head_only)
    return;
  for (gsize offset = 0; offset < length; offset += SLICE_SIZE) {
    g_autoptr (GBytes) slice = g_bytes_new_from_bytes (answer->body, offset,
        MIN (SLICE_SIZE, length - offset));

    soup_message_body_append_bytes (body, slice);
  }
  soup_message_body_complete (body);
}
