/* The values of the properties that say what to generate and where
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapisession.h"
#include "gstfoxapifields.h"

G_BEGIN_DECLS

typedef struct
{
  GstFoxapiFields fields;
  FoxapiSessionSettings session;
  gchar *api_key;
  gchar *base_url;
  guint task_timeout;
  guint poll_interval;          /* milliseconds */
  gint retries;
  guint result_index;
  gchar *task_store;
  gboolean resubmit_maybe_charged;
  gboolean has_resubmit_maybe_charged;  /* otherwise the environment decides */
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
