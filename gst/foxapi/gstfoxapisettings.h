/* The values of the properties that say what to generate and where
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

#include "foxapirequest.h"
#include "foxapisession.h"

G_BEGIN_DECLS

/**
 * GstFoxapiSettings:
 * @request: the generation properties
 * @extra_parameters: (nullable): `extra-parameters`
 * @session: what the HTTP session is made of
 * @api_key: (nullable): `api-key`
 * @base_url: (nullable): `base-url`
 * @submit_timeout: `submit-timeout`, seconds
 * @task_timeout: `task-timeout`, seconds
 * @poll_interval: `poll-interval`, milliseconds
 * @retries: `retries`
 * @task_store: (nullable): `task-store`
 * @resubmit_maybe_charged: `resubmit-maybe-charged`
 * @has_resubmit_maybe_charged: the application has set it; otherwise the
 *   environment's FOXAPI_RESUBMIT_MAYBE_CHARGED counts
 *
 * Generation and service properties of an element, which holds its object lock
 * around each use.
 */
typedef struct
{
  FoxapiRequest *request;
  GstStructure *extra_parameters;
  FoxapiSessionSettings session;
  gchar *api_key;
  gchar *base_url;
  guint submit_timeout;
  guint task_timeout;
  guint poll_interval;
  gint retries;
  gchar *task_store;
  gboolean resubmit_maybe_charged;
  gboolean has_resubmit_maybe_charged;
} GstFoxapiSettings;

void gst_foxapi_settings_init (GstFoxapiSettings * settings);
void gst_foxapi_settings_clear (GstFoxapiSettings * settings);
void gst_foxapi_settings_copy_service (const GstFoxapiSettings * settings,
    GstFoxapiSettings * copy);

gboolean gst_foxapi_settings_set (GstFoxapiSettings * settings, guint id,
    const GValue * value);
gboolean gst_foxapi_settings_get (const GstFoxapiSettings * settings, guint id,
    GValue * value);

gboolean gst_foxapi_settings_set_uri (GstFoxapiSettings * settings,
    const gchar * uri, gchar ** task_id, GError ** error);
gchar *gst_foxapi_settings_get_uri (const GstFoxapiSettings * settings);

JsonObject *gst_foxapi_settings_to_body (const GstFoxapiSettings * settings,
    GError ** error);

G_END_DECLS
