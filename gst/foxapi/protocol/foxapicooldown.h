/* Services that have asked for a pause
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * FoxapiCooldowns:
 *
 * Who has asked to be left alone until when. All times are of one clock, which is
 * the caller's. Every function may be called from any thread.
 *
 * Since: 0.1
 */
typedef struct _FoxapiCooldowns FoxapiCooldowns;

FoxapiCooldowns *foxapi_cooldowns_new (void);
void foxapi_cooldowns_free (FoxapiCooldowns * cooldowns);

void foxapi_cooldowns_note (FoxapiCooldowns * cooldowns, const gchar * name,
    gint64 until_us, gint64 now_us);
gint64 foxapi_cooldowns_get_left (FoxapiCooldowns * cooldowns,
    const gchar * name, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiCooldowns, foxapi_cooldowns_free)

G_END_DECLS
