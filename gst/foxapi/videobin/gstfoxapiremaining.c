/* How long a task will still take, for people
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiremaining.h"

/* Below this, progress says nothing about speed: queueing counts as none. */
#define TELLING_PROGRESS 10

gint
gst_foxapi_remaining_seconds (gdouble elapsed, gint progress, gint estimate)
{
  if (progress >= TELLING_PROGRESS)
    return (gint) (elapsed * (100 - MIN (progress, 100)) / progress + 0.5);
  if (estimate > elapsed)
    return (gint) (estimate - elapsed + 0.5);
  return -1;
}

gchar *
gst_foxapi_remaining_text (gint progress, gint remaining)
{
  if (remaining < 0)
    return g_strdup_printf ("%d %%", progress);
  return g_strdup_printf ("%d %% \302\267 %d:%02d", progress, remaining / 60,
      remaining % 60);
}
