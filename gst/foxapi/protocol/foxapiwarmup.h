/* What the first call of a process loads, loaded beside what precedes it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void foxapi_warm_up (const gchar * url);
void foxapi_warm_up_finish (void);

G_END_DECLS
