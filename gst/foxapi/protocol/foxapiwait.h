/* The one way to sleep
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean foxapi_wait_hold (GCancellable * cancellable, GError ** error);
gboolean foxapi_wait_until (gint64 wake_us, GCancellable * cancellable,
    GError ** error);

G_END_DECLS
