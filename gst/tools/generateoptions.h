/* The command line of foxapi-generate: an option for each property
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct
{
  GstElement *source;           /* its properties are set by the options */
  gchar *prompt;                /* NULL with a task-id */
  gboolean has_model;           /* it was given */
  gchar *output;                /* the file */
  gboolean force;
  gboolean dry_run;
  gboolean status;              /* of the task-id, instead of its video */
  gboolean json;
  gboolean quiet;
  gboolean version;
} GenerateOptions;

gboolean generate_options_parse (GenerateOptions * options, int *argc,
    char ***argv, GError ** error);
void generate_options_clear (GenerateOptions * options);

G_END_DECLS
