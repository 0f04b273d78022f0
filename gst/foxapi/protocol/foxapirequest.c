/* The settings of one generation, and the request body that they make
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapirequest.h"

#include "foxapierror.h"
#include "foxapijson.h"
#include "foxapirules.h"

/**
 * foxapi_request_new:
 *
 * Returns: (transfer full): settings with the defaults of INTERFACE.md
 *
 * Since: 0.1
 */
FoxapiRequest *
foxapi_request_new (void)
{
  FoxapiRequest *request = g_new0 (FoxapiRequest, 1);

  request->model = g_strdup (FOXAPI_DEFAULT_MODEL);
  request->duration = FOXAPI_DEFAULT_DURATION;
  request->resolution = g_strdup (FOXAPI_DEFAULT_RESOLUTION);
  request->aspect_ratio = g_strdup (FOXAPI_DEFAULT_ASPECT_RATIO);
  request->seed = -1;
  request->multi_shots = FOXAPI_SWITCH_DEFAULT;
  request->enable_safety_checker = FOXAPI_SWITCH_DEFAULT;
  return request;
}

/**
 * foxapi_request_free:
 * @request: (transfer full): settings
 *
 * Since: 0.1
 */
void
foxapi_request_free (FoxapiRequest * request)
{
  g_free (request->model);
  g_free (request->prompt);
  g_strfreev (request->reference_image_urls);
  g_strfreev (request->reference_video_urls);
  g_free (request->resolution);
  g_free (request->aspect_ratio);
  g_free (request->negative_prompt);
  g_clear_pointer (&request->extra, json_object_unref);
  g_free (request);
}

static void
set_string (JsonObject * body, const gchar * name, const gchar * value)
{
  if (value != NULL)
    json_object_set_string_member (body, name, value);
}

static void
set_string_list (JsonObject * body, const gchar * name, GStrv values)
{
  JsonArray *list;

  if (values == NULL || *values == NULL)
    return;

  list = json_array_new ();
  for (; *values != NULL; values++)
    json_array_add_string_element (list, *values);
  json_object_set_array_member (body, name, list);
}

/* A value that is none of the enumeration goes in as the number that it is, for
 * the check to find. */
static void
set_switch (JsonObject * body, const gchar * name, gint value)
{
  if (value == FOXAPI_SWITCH_FALSE || value == FOXAPI_SWITCH_TRUE)
    json_object_set_boolean_member (body, name, value == FOXAPI_SWITCH_TRUE);
  else if (value != FOXAPI_SWITCH_DEFAULT)
    json_object_set_int_member (body, name, value);
}

/* In the order of their names: the same parameters always make the same body,
 * and so the same identity. */
static void
add_extra (JsonObject * body, JsonObject * extra)
{
  g_autoptr (GList) names = NULL;

  if (extra == NULL)
    return;

  names = g_list_sort (json_object_get_members (extra),
      (GCompareFunc) g_strcmp0);
  for (GList * l = names; l != NULL; l = l->next)
    json_object_set_member (body, l->data, json_object_dup_member (extra,
            l->data));
}

static const gchar *
choose_model (const FoxapiRequest * request)
{
  if (request->extra != NULL && json_object_has_member (request->extra,
          "model"))
    return foxapi_json_get_string (request->extra, "model");
  return request->model ? request->model : FOXAPI_DEFAULT_MODEL;
}

/**
 * foxapi_request_to_body:
 * @request: settings
 * @error: return location, %FOXAPI_ERROR_SETTINGS
 *
 * Makes the body of the submission (API.md, submit): exact types, nothing that
 * is unset. Duration, resolution and aspect ratio always go to the default
 * model, and to another one only if the application has set them.
 *
 * Returns: (transfer full) (nullable): the body, in which local references are
 *   still file URIs; %NULL if it breaks a rule
 *
 * Since: 0.1
 */
JsonObject *
foxapi_request_to_body (const FoxapiRequest * request, GError ** error)
{
  g_autoptr (JsonObject) body = json_object_new ();
  gboolean all = g_strcmp0 (choose_model (request), FOXAPI_DEFAULT_MODEL) == 0;

  set_string (body, "model",
      request->model ? request->model : FOXAPI_DEFAULT_MODEL);
  set_string (body, "prompt", request->prompt);
  set_string_list (body, "reference_image_urls", request->reference_image_urls);
  set_string_list (body, "reference_video_urls", request->reference_video_urls);
  if (all || request->has_duration)
    json_object_set_int_member (body, "duration", request->duration);
  if (all || request->has_resolution)
    set_string (body, "resolution", request->resolution);
  if (all || request->has_aspect_ratio)
    set_string (body, "aspect_ratio", request->aspect_ratio);
  set_string (body, "negative_prompt", request->negative_prompt);
  if (request->seed != -1)
    json_object_set_int_member (body, "seed", request->seed);
  set_switch (body, "multi_shots", request->multi_shots);
  set_switch (body, "enable_safety_checker", request->enable_safety_checker);
  add_extra (body, request->extra);

  if (!foxapi_rules_check (body, request->extra, error))
    return NULL;
  if (!foxapi_json_reads_back (body)) {
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        "The property extra-parameters has a value that JSON has no word for, "
        "such as an infinite or a huge number, or too many values. Nothing was "
        "sent.");
    return NULL;
  }
  return g_steal_pointer (&body);
}
