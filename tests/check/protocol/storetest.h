/* What the tests of the task store share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "../testcase.h"

#include "foxapistore.h"

G_BEGIN_DECLS

#define SERVICE "https://api.foxapi.cc"
#define KEY_DIGEST "aaaabbbbccccdddd"

/* The fixture: an empty directory, and what makes two requests equal */
extern gchar *directory;
extern gchar *identity;

void store_setup (void);
void store_teardown (void);

/* A record in @where of a request with this identity; @warning may be NULL */
FoxapiRecord *add_in (const gchar * where, GError ** warning);
/* A held task, or an intent if @id is NULL */
FoxapiRecord *add (const gchar * id);
/* The file of a task that nobody holds, or of an intent */
gchar *add_file (const gchar * id);
/* What is there for an equal request, beside @n_lost lost intents */
FoxapiRecord *take (guint n_lost, GError ** warning);
/* The record of this task, beside no lost intent; fails where there is none */
FoxapiRecord *take_record (const gchar * id);
/* Fails unless this task is there, and nothing to warn of; lets it go again */
void check_taken (const gchar * id);
/* It goes, and its file with it. */
void remove_record (FoxapiRecord * record);
void check_nothing_to_take (void);
gboolean is_there (const gchar * path);
guint count_files (void);

G_END_DECLS
