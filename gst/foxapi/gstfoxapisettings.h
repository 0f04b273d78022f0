/* The properties that both elements have, and their values
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapihttp.h"
#include "foxapiuri.h"
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
  gint64 take;                  /* of a URI; otherwise 1 */
  gboolean is_from_uri;
  gchar *clip_cache;            /* NULL: see gst_foxapi_settings_dup_cache() */
  gchar *task_store;
  gboolean resubmit_maybe_charged;
  gboolean has_resubmit_maybe_charged;  /* otherwise the environment decides */
} GstFoxapiSettings;

void gst_foxapi_settings_install (GObjectClass * klass);
const gchar *gst_foxapi_settings_get_list_name (guint id);
gboolean gst_foxapi_settings_set_item (GObject * element, guint id,
    const GValue * value);
gboolean gst_foxapi_settings_get_item (GObject * element, guint id,
    GValue * value);

void gst_foxapi_settings_init (GstFoxapiSettings * settings);
void gst_foxapi_settings_clear (GstFoxapiSettings * settings);
void gst_foxapi_settings_copy (const GstFoxapiSettings * settings,
    GstFoxapiSettings * copy);

gboolean gst_foxapi_settings_set (GstFoxapiSettings * settings, guint id,
    const GValue * value);
gboolean gst_foxapi_settings_get (const GstFoxapiSettings * settings, guint id,
    GValue * value);

gboolean gst_foxapi_settings_check (const GstFoxapiSettings * settings,
    GObjectClass * owner, GError ** error);
gboolean gst_foxapi_settings_set_uri (GstFoxapiSettings * settings,
    FoxapiUri * uri, GError ** error);
gchar *gst_foxapi_settings_get_uri (const GstFoxapiSettings * settings);

gchar *gst_foxapi_settings_dup_cache (const GstFoxapiSettings * settings);

G_END_DECLS
