/* What the tests of the client share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "protocoltest.h"

G_BEGIN_DECLS

/* The fixture: a simulator, and a client of it */
extern FoxapiSim *sim;
extern FoxapiClient *client;

void client_setup (void);
void client_teardown (void);

/* (transfer full): another one of the simulator, with these settings */
FoxapiClient *make_client_with (FoxapiSim * of,
    const FoxapiSessionSettings * settings);

/* Submits, asks about task-1 or uploads a byte: whether that was well */
gboolean make_call (FoxapiCall call, GError ** error);
/* Whatever is done to such a call, it is one request and this error. */
void check_fault (FoxapiCall call, FoxapiSimFault fault,
    const ErrorMeaning * meaning);
/* So many requests, in all */
void check_requests (FoxapiSimRoute route, guint n);

G_END_DECLS
