/* Messages in the user's language
 *
 * The domain is of the library's own, so a program that uses it translates what it
 * says itself. Texts of tables are marked N_() and translated where they are used.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib/gi18n-lib.h>

/* Once, before the first text. FOXAPI_LOCALEDIR: for what is not installed. */
static inline void
foxapi_intl_bind (void)
{
  const gchar *folder = g_getenv ("FOXAPI_LOCALEDIR");

  bindtextdomain (GETTEXT_PACKAGE, folder ? folder : LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
}
