/* The FoxAPI service, simulated: every refusal that has been met.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The service speaks JSON, in more than one form. What stands in front of it
 * (Cloudflare), and the store of the results, speak HTML, XML and text.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

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

const gchar *
foxapi_sim_error_get_type (guint status)
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
FoxapiSimErrorForm
foxapi_sim_error_get_form (guint status)
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
  const gchar *type = answer->type ? answer->type
      : foxapi_sim_error_get_type (answer->status);
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
void
foxapi_sim_answer_write_error (FoxapiSimAnswer * answer,
    const gchar * request_id)
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
