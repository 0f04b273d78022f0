/* The FoxAPI service, simulated: faults, written as text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapisim.h"

G_BEGIN_DECLS

extern const gchar *const foxapi_sim_route_names[FOXAPI_SIM_N_ROUTES];

/* One fault for foxapi_sim_script() */
typedef struct
{
  FoxapiSimRoute route;
  guint nth;
  FoxapiSimFault *fault;
} FoxapiSimSpec;

FoxapiSimSpec *foxapi_sim_spec_parse (const gchar * text, GError ** error);
gchar *foxapi_sim_spec_describe (void);
void foxapi_sim_spec_free (FoxapiSimSpec * spec);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiSimSpec, foxapi_sim_spec_free)

G_END_DECLS
