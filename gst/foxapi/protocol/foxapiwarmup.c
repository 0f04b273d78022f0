/* What the first call of a process loads, loaded beside what precedes it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiwarmup.h"

#include <string.h>

/* GIO's modules, and behind them the settings of the desktop, libproxy, and for
 * TLS the certificate authorities. GIO keeps what this finds. */
static void
load (GTask * task, gpointer source, gpointer data, GCancellable * cancellable)
{
  const gchar *url = data;

  if (g_str_has_prefix (url, "https:")) {
    GTlsBackend *backend = g_tls_backend_get_default ();
    g_autoptr (GTlsDatabase) authorities G_GNUC_UNUSED =
        g_tls_backend_get_default_database (backend);
  }
  if (g_task_get_source_tag (task) != NULL) {
    g_auto (GStrv) proxies G_GNUC_UNUSED = g_proxy_resolver_lookup
        (g_proxy_resolver_get_default (), url, NULL, NULL);
  }
  g_task_return_boolean (task, TRUE);
}

/**
 * foxapi_warm_up:
 * @url: what will be called
 * @uses_default_proxy: whether the proxy is that of the environment
 *
 * Has another thread load what the first call needs, while the caller writes the
 * record of what it is about to pay for. Nothing is asked of anybody on the way to
 * @url, and nobody waits for it: the call finds what there is by then.
 *
 * Since: 0.1
 */
void
foxapi_warm_up (const gchar * url, gboolean uses_default_proxy)
{
  static gsize is_warm;
  g_autoptr (GTask) task = NULL;

  if (!g_once_init_enter (&is_warm))
    return;
  task = g_task_new (NULL, NULL, NULL, NULL);
  g_task_set_task_data (task, g_strdup (url), g_free);
  g_task_set_source_tag (task, GINT_TO_POINTER (uses_default_proxy));
  g_task_run_in_thread (task, load);
  g_once_init_leave (&is_warm, 1);
}
