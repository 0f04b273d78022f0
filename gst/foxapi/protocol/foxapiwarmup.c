/* What the first call of a process loads, loaded beside what precedes it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiwarmup.h"

static GMutex lock;
static gboolean has_begun;      /* under the lock */
static GThread *loader;         /* under the lock; NULL: nobody is loading */

/* GIO's modules, and behind them the settings of the desktop, libproxy, and for
 * TLS the certificate authorities. GIO keeps what this finds.
 *
 * GIO registers types here that libsoup's classes name while they are initialised,
 * and GLib 2.74 has threads that do one and the other wait for each other for
 * ever. So the first call waits for this; GTask, of which much else is made, is
 * registered before. */
static gpointer
load (gpointer is_encrypted)
{
  if (is_encrypted != NULL) {
    g_autoptr (GTlsDatabase) authorities G_GNUC_UNUSED =
        g_tls_backend_get_default_database (g_tls_backend_get_default ());
  }
  g_proxy_resolver_get_default ();
  return NULL;
}

/**
 * foxapi_warm_up:
 * @url: what will be called
 *
 * Has another thread load what the first call needs, while the caller writes the
 * record of what it is about to pay for. Nothing is asked of anybody. Once for
 * each process.
 *
 * To be followed by foxapi_warm_up_finish(), before a message is made.
 *
 * Since: 0.1
 */
void
foxapi_warm_up (const gchar * url)
{
  gboolean is_encrypted = g_str_has_prefix (url, "https:");

  g_mutex_lock (&lock);
  if (!has_begun) {
    g_type_ensure (G_TYPE_TASK);
    loader = g_thread_try_new ("foxapi-load", load,
        GINT_TO_POINTER (is_encrypted), NULL);
  }
  has_begun = TRUE;
  g_mutex_unlock (&lock);
}

/**
 * foxapi_warm_up_finish:
 *
 * Waits until nothing is being loaded any more, some milliseconds at most: a
 * library that is loaded while its process ends may abort it (glibc 2.36 runs the
 * constructors again whose destructors have run), and types are not registered
 * beside the classes that need them.
 *
 * Since: 0.1
 */
void
foxapi_warm_up_finish (void)
{
  g_mutex_lock (&lock);
  g_clear_pointer (&loader, g_thread_join);
  g_mutex_unlock (&lock);
}
