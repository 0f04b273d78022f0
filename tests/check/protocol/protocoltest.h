/* What the tests of the protocol library share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "../testcase.h"

#include "foxapiclient.h"
#include "foxapisim.h"

G_BEGIN_DECLS

/* All that the error's details say, and its code; see error_is() */
typedef struct
{
  FoxapiErrorCode code;
  guint http_status;
  FoxapiCharge charge;
  gboolean passing;
} ErrorMeaning;

/* Fails unless @error is of FOXAPI_ERROR and means this */
void check_error (const GError * error, const ErrorMeaning * meaning);
/* Fails unless @text has each of these words, up to a NULL */
void check_words (const gchar * text, ...) G_GNUC_NULL_TERMINATED;

/* A new empty directory, and how it goes with all that is in it */
gchar *make_directory (void);
void remove_directory (gchar * path);
/* Names in it, sorted, without `.` and `..` */
GStrv list_directory (const gchar * path);

/* The same bytes for the same size and seed, different everywhere */
GBytes *make_payload (gsize size, guint32 seed);

/* A simulator whose tasks complete when a test says so */
FoxapiSimOptions make_options (GBytes * payload);
FoxapiSim *make_sim (const FoxapiSimOptions * options);
FoxapiSession *make_session (void);
FoxapiClient *make_client (FoxapiSim * sim);
/* A certificate of nobody's making; NULL where nothing can make one */
GTlsCertificate *make_certificate (void);
/* The link to the result of a new task, with @payload */
gchar *make_link (FoxapiSim * sim);

/* The @nth request of @route, counted from 1, (transfer full) */
FoxapiSimRequest *dup_request (FoxapiSim * sim, FoxapiSimRoute route,
    guint nth);
void free_request (FoxapiSimRequest * request);
/* The value of a header of that request, NULL if it had none */
gchar *dup_header (FoxapiSim * sim, FoxapiSimRoute route, guint nth,
    const gchar * name);
/* The same fault for every request of @route */
void script_all (FoxapiSim * sim, FoxapiSimRoute route, FoxapiSimFault fault);
void script_nth (FoxapiSim * sim, FoxapiSimRoute route, guint nth,
    FoxapiSimFault fault);

/* A short valid submission */
#define GOOD_BODY "{\"model\":\"" "wan-2.7-reference-to-video" \
    "\",\"prompt\":\"A fox\",\"duration\":5}"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiSim, foxapi_sim_free)

G_END_DECLS
