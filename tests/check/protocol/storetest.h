/* What the tests of the task store share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/check/gstcheck.h>

#include "foxapistore.h"

G_BEGIN_DECLS

#define SERVICE "https://api.foxapi.cc"
#define KEY_DIGEST "aaaabbbbccccdddd"

/* The fixture: an empty directory, and what makes two requests equal */
extern gchar *directory;
extern gchar *identity;

void store_setup (void);
void store_teardown (void);

/* A record in @where of a request with this identity */
FoxapiRecord *try_to_add (const gchar * where, GError ** error);
/* The file of a task that nobody holds, of an intent if @id is NULL */
gchar *add_file (const gchar * id);
/* What is there for an equal request; no intent was lost */
FoxapiRecord *take (GError ** warning);
gboolean is_there (const gchar * path);

G_END_DECLS
