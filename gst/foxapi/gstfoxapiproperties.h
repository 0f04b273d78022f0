/* The properties of the elements that generate
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapifields.h"

G_BEGIN_DECLS

#define GST_FOXAPI_DEFAULT_TIMEOUT 30
#define GST_FOXAPI_DEFAULT_SUBMIT_TIMEOUT 180
#define GST_FOXAPI_DEFAULT_TASK_TIMEOUT 1800
#define GST_FOXAPI_DEFAULT_POLL_INTERVAL 0
#define GST_FOXAPI_DEFAULT_RETRIES 5
#define GST_FOXAPI_DEFAULT_USER_AGENT "gst-foxapi/" PACKAGE_VERSION " "
#define GST_FOXAPI_DEFAULT_SSL_STRICT TRUE

void gst_foxapi_properties_install (GObjectClass * klass);

G_END_DECLS
