/* The properties that only the bin has: placeholder, output, references
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gstfoxapiprogram.h"
#include "gstfoxapiproperties.h"

G_BEGIN_DECLS

/* What is shown before the first result. */
typedef enum
{
  /* nothing, the output begins with the result */
  GST_FOXAPI_PLACEHOLDER_KIND_NONE,
  GST_FOXAPI_PLACEHOLDER_KIND_BLACK, /* black */
  GST_FOXAPI_PLACEHOLDER_KIND_PATTERN, /* a test pattern */
  GST_FOXAPI_PLACEHOLDER_KIND_IMAGE, /* the file `placeholder-location` */
  GST_FOXAPI_PLACEHOLDER_KIND_REFERENCE, /* the first reference */
} GstFoxapiPlaceholderKind;

/* How a failed generation is told. */
typedef enum
{
  GST_FOXAPI_ERROR_POLICY_ERROR, /* an ERROR message, as from every element */
  /* a WARNING message with the same contents */
  GST_FOXAPI_ERROR_POLICY_WARNING,
} GstFoxapiErrorPolicy;

/* What becomes of the branches when the references are there. */
typedef enum
{
  GST_FOXAPI_BRANCH_POLICY_FLOW, /* they go on flowing, and are dropped */
  /* a source that feeds nothing else is told to end */
  GST_FOXAPI_BRANCH_POLICY_RELEASE,
} GstFoxapiBranchPolicy;

/* The values. Their element holds its object lock around each use. */
typedef struct
{
  gint placeholder;
  gchar *placeholder_location;
  gboolean show_progress;
  gboolean is_live;
  gint width;
  gint height;
  gint fps_n;
  gint fps_d;
  gint end;
  gint on_error;
  gint reference_branches;
  gdouble reference_seconds;
  GStrv next_prompts;
  gboolean shot_continuity;
} GstFoxapiBinOptions;

#define GST_TYPE_FOXAPI_PLACEHOLDER_KIND \
    (gst_foxapi_placeholder_kind_get_type ())
#define GST_TYPE_FOXAPI_END (gst_foxapi_end_get_type ())
#define GST_TYPE_FOXAPI_ERROR_POLICY (gst_foxapi_error_policy_get_type ())
#define GST_TYPE_FOXAPI_BRANCH_POLICY (gst_foxapi_branch_policy_get_type ())

GType gst_foxapi_placeholder_kind_get_type (void);
GType gst_foxapi_end_get_type (void);
GType gst_foxapi_error_policy_get_type (void);
GType gst_foxapi_branch_policy_get_type (void);

void gst_foxapi_bin_options_install (GObjectClass * klass);

void gst_foxapi_bin_options_init (GstFoxapiBinOptions * options);
void gst_foxapi_bin_options_copy (const GstFoxapiBinOptions * options,
    GstFoxapiBinOptions * copy);
void gst_foxapi_bin_options_clear (GstFoxapiBinOptions * options);

gboolean gst_foxapi_bin_options_set (GstFoxapiBinOptions * options, guint id,
    const GValue * value);
gboolean gst_foxapi_bin_options_get (const GstFoxapiBinOptions * options,
    guint id, GValue * value);
gchar *gst_foxapi_bin_options_check (const GstFoxapiBinOptions * options);

G_END_DECLS
