/* What the tests of downloads that go wrong share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapidownload.h"
#include "protocoltest.h"

G_BEGIN_DECLS

#define SIZE 300000

/* The fixture: a result, of SIZE bytes as a rule, its link, and a download of it */
extern FoxapiSim *sim;
extern GBytes *payload;
extern FoxapiDownload *download;
extern gchar *first_link;
/* How often a new link was asked for, and what is answered: NULL one that
 * works, "" an error */
extern guint n_renewals;
extern const gchar *renewed_link;

void start_sized (FoxapiSimOptions options, gint retries, gsize size);
void start_with (FoxapiSimOptions options, gint retries);
void start (gint retries);
/* Begins anew with another link. */
void start_at (const gchar * link, gint retries);
void download_teardown (void);

/* Reads on behind @bytes to the end, or to @error, opening there first if
 * wanted. What was read has to be right in any case. */
gboolean read_on (GByteArray * bytes, gboolean open, GError ** error);
void check_whole (void);
void check_fails (FoxapiErrorCode code, guint http_status);
/* Exactly so many bytes from the start, and no more are there */
void read_start (GByteArray * bytes, gsize size);

/* Of the result's requests */
guint count_requests (void);
void script (guint nth, FoxapiSimFault fault);
/* An answer with nothing in it; @headers may be NULL */
void script_status (guint nth, guint status, const gchar * headers);
void script_cut (guint nth, guint64 at);
void check_range (guint nth, const gchar * expected);

G_END_DECLS
