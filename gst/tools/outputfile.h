/* A file that gets its name when it is complete
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const gchar *name;            /* the caller's */
  gchar *part;                  /* the file until it is complete */
  gint lock;                    /* on the part, held as long as it is open */
  gboolean is_complete;         /* and on the disk */
  gboolean is_named;
} OutputFile;

gboolean output_file_open (OutputFile * file, const gchar * name,
    GError ** error);
gboolean output_file_keep (OutputFile * file, GError ** error);
void output_file_close (OutputFile * file);

G_END_DECLS
