/* Results that this process has handed out and still plays
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void foxapi_playing_add (const gchar * identity, const gchar * task_id);
void foxapi_playing_remove (const gchar * identity, const gchar * task_id);
gchar *foxapi_playing_find (const gchar * identity);

G_END_DECLS
