/* Services that have asked for a pause
 *
 * HTTP 429 is said to one request and meant for all that come with the same key:
 * whoever goes on asking meanwhile makes it worse.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapicooldown.h"

struct _FoxapiCooldowns
{
  GMutex lock;
  GHashTable *ends;             /* under the lock; name → gint64 */
};

/**
 * foxapi_cooldowns_new:
 *
 * Returns: (transfer full): a table in which nobody has asked for anything
 *
 * Since: 0.1
 */
FoxapiCooldowns *
foxapi_cooldowns_new (void)
{
  FoxapiCooldowns *cooldowns = g_new0 (FoxapiCooldowns, 1);

  g_mutex_init (&cooldowns->lock);
  cooldowns->ends = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      g_free);
  return cooldowns;
}

/**
 * foxapi_cooldowns_free:
 * @cooldowns: (transfer full): a table
 *
 * Since: 0.1
 */
void
foxapi_cooldowns_free (FoxapiCooldowns * cooldowns)
{
  g_hash_table_unref (cooldowns->ends);
  g_mutex_clear (&cooldowns->lock);
  g_free (cooldowns);
}

static gboolean
has_ended (gpointer name, gpointer end_us, gpointer now_us)
{
  return *(gint64 *) end_us <= *(gint64 *) now_us;
}

/**
 * foxapi_cooldowns_note:
 * @cooldowns: a table
 * @name: who has asked for a pause
 * @until_us: until when; an earlier end than one that is known changes nothing
 * @now_us: the time
 *
 * Since: 0.1
 */
void
foxapi_cooldowns_note (FoxapiCooldowns * cooldowns, const gchar * name,
    gint64 until_us, gint64 now_us)
{
  gint64 *end_us;

  g_mutex_lock (&cooldowns->lock);
  g_hash_table_foreach_remove (cooldowns->ends, has_ended, &now_us);
  end_us = g_hash_table_lookup (cooldowns->ends, name);
  if (end_us != NULL)
    *end_us = MAX (*end_us, until_us);
  else if (until_us > now_us)
    g_hash_table_insert (cooldowns->ends, g_strdup (name),
        g_memdup2 (&until_us, sizeof (until_us)));
  g_mutex_unlock (&cooldowns->lock);
}

/**
 * foxapi_cooldowns_get_left:
 * @cooldowns: a table
 * @name: whom to ask something of
 * @now_us: the time
 *
 * Returns: how long the pause still lasts, in microseconds; 0 if there is none
 *
 * Since: 0.1
 */
gint64
foxapi_cooldowns_get_left (FoxapiCooldowns * cooldowns, const gchar * name,
    gint64 now_us)
{
  gint64 *end_us, left_us = 0;

  g_mutex_lock (&cooldowns->lock);
  end_us = g_hash_table_lookup (cooldowns->ends, name);
  if (end_us != NULL)
    left_us = MAX (*end_us - now_us, 0);
  g_mutex_unlock (&cooldowns->lock);
  return left_us;
}
