/* The fields of a request as properties
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Ids: what to generate, lists of it by their only item, the service, the task. The
 * owner's follow. */
typedef enum
{
  GST_FOXAPI_PROP_MODEL = 1,
  GST_FOXAPI_PROP_PROMPT,
  GST_FOXAPI_PROP_REFERENCE_IMAGE_URLS,
  GST_FOXAPI_PROP_REFERENCE_VIDEO_URLS,
  GST_FOXAPI_PROP_FIRST_FRAME_URL,
  GST_FOXAPI_PROP_LAST_FRAME_URL,
  GST_FOXAPI_PROP_SOURCE_VIDEO_URL,
  GST_FOXAPI_PROP_AUDIO_URL,
  GST_FOXAPI_PROP_DURATION,
  GST_FOXAPI_PROP_RESOLUTION,
  GST_FOXAPI_PROP_ASPECT_RATIO,
  GST_FOXAPI_PROP_NEGATIVE_PROMPT,
  GST_FOXAPI_PROP_SEED,
  GST_FOXAPI_PROP_MULTI_SHOTS,
  GST_FOXAPI_PROP_ENABLE_SAFETY_CHECKER,
  GST_FOXAPI_PROP_EXTRA_PARAMETERS,
  GST_FOXAPI_N_FIELDS,

  GST_FOXAPI_PROP_REFERENCE_IMAGE = GST_FOXAPI_N_FIELDS,
  GST_FOXAPI_PROP_REFERENCE_VIDEO,
  GST_FOXAPI_PROP_API_KEY,
  GST_FOXAPI_PROP_BASE_URL,
  GST_FOXAPI_PROP_TIMEOUT,
  GST_FOXAPI_PROP_SUBMIT_TIMEOUT,
  GST_FOXAPI_PROP_TASK_TIMEOUT,
  GST_FOXAPI_PROP_POLL_INTERVAL,
  GST_FOXAPI_PROP_RETRIES,
  GST_FOXAPI_PROP_USER_AGENT,
  GST_FOXAPI_PROP_PROXY,
  GST_FOXAPI_PROP_PROXY_ID,
  GST_FOXAPI_PROP_PROXY_PW,
  GST_FOXAPI_PROP_SSL_STRICT,
  GST_FOXAPI_PROP_TLS_DATABASE,
  GST_FOXAPI_PROP_TLS_INTERACTION,
  GST_FOXAPI_PROP_RESULT_INDEX,
  GST_FOXAPI_PROP_CLIP_CACHE,
  GST_FOXAPI_PROP_TASK_STORE,
  GST_FOXAPI_PROP_RESUBMIT_MAYBE_CHARGED,
  GST_FOXAPI_PROP_TASK_ID,
  GST_FOXAPI_PROP_STATUS,
  GST_FOXAPI_PROP_PROGRESS,
  GST_FOXAPI_PROP_TASK,
  GST_FOXAPI_PROP_LAST = GST_FOXAPI_PROP_TASK,
} GstFoxapiProperty;

/* By id: as the application set them, right or wrong */
typedef struct
{
  GValue values[GST_FOXAPI_N_FIELDS];
  gboolean is_set[GST_FOXAPI_N_FIELDS];
} GstFoxapiFields;

void gst_foxapi_fields_install (GObjectClass * klass);
gboolean gst_foxapi_field_is_known (guint id);
gboolean gst_foxapi_check_word (const gchar * property, const gchar * text,
    GObjectClass * owner, GError ** error);

void gst_foxapi_fields_init (GstFoxapiFields * fields);
void gst_foxapi_fields_copy (const GstFoxapiFields * fields,
    GstFoxapiFields * copy);
void gst_foxapi_fields_clear (GstFoxapiFields * fields);
void gst_foxapi_fields_set (GstFoxapiFields * fields, guint id,
    const GValue * value);
void gst_foxapi_fields_unset (GstFoxapiFields * fields, guint id);
void gst_foxapi_fields_find_files (GstFoxapiFields * fields);

gboolean gst_foxapi_fields_to_json (const GstFoxapiFields * fields,
    GObjectClass * owner, JsonObject ** properties, JsonObject ** extra,
    GError ** error);
gboolean gst_foxapi_fields_take_json (GstFoxapiFields * fields,
    JsonObject * members, GError ** error);

G_END_DECLS
