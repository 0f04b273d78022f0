/* Cancels what runs too long
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstFoxapiDeadline GstFoxapiDeadline;

GstFoxapiDeadline *gst_foxapi_deadline_new (gint64 time_us,
    GCancellable * cancellable);
void gst_foxapi_deadline_arm (GstFoxapiDeadline * deadline);
void gst_foxapi_deadline_watch (GstFoxapiDeadline * deadline,
    gboolean is_watching);
void gst_foxapi_deadline_free (GstFoxapiDeadline * deadline);

G_END_DECLS
