/* The settings of one generation, and the request body that they make
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define FOXAPI_DEFAULT_MODEL "wan-2.7-reference-to-video"
#define FOXAPI_DEFAULT_DURATION 5
#define FOXAPI_DEFAULT_RESOLUTION "1080p"
#define FOXAPI_DEFAULT_ASPECT_RATIO "16:9"

/* API.md: what the default model accepts */
#define FOXAPI_PROMPT_MAX_CHARS 5000
#define FOXAPI_NEGATIVE_PROMPT_MAX_CHARS 500
#define FOXAPI_DURATION_MIN 2
#define FOXAPI_DURATION_MAX 10
#define FOXAPI_SEED_MAX G_GINT64_CONSTANT (2147483647)

/**
 * FoxapiSwitch:
 * @FOXAPI_SWITCH_DEFAULT: not sent, the model decides
 * @FOXAPI_SWITCH_FALSE: sent as `false`
 * @FOXAPI_SWITCH_TRUE: sent as `true`
 *
 * A boolean field that need not be sent.
 *
 * Since: 0.1
 */
typedef enum
{
  FOXAPI_SWITCH_DEFAULT = -1,
  FOXAPI_SWITCH_FALSE = 0,
  FOXAPI_SWITCH_TRUE = 1,
} FoxapiSwitch;

/**
 * FoxapiRequest:
 * @model: (nullable): %NULL counts as %FOXAPI_DEFAULT_MODEL
 * @prompt: (nullable): what to show
 * @reference_image_urls: (nullable): appearance references; an element may be
 *   "", for an application's entry that is no string
 * @reference_video_urls: (nullable): motion references, alike
 * @duration: seconds
 * @has_duration: the application has set @duration
 * @resolution: (nullable): %NULL for a value that names none
 * @has_resolution: the application has set @resolution
 * @aspect_ratio: (nullable): %NULL for a value that names none
 * @has_aspect_ratio: the application has set @aspect_ratio
 * @negative_prompt: (nullable): what not to show; %NULL is not sent
 * @seed: -1 is not sent
 * @multi_shots: a #FoxapiSwitch, or anything that an application set in its place
 * @enable_safety_checker: alike
 * @extra: (nullable): further fields of the body; they win over those above
 *
 * The settings as an application made them, right or wrong: nothing is judged
 * before foxapi_request_to_body().
 *
 * Since: 0.1
 */
typedef struct
{
  gchar *model;
  gchar *prompt;
  GStrv reference_image_urls;
  GStrv reference_video_urls;
  gint duration;
  gboolean has_duration;
  gchar *resolution;
  gboolean has_resolution;
  gchar *aspect_ratio;
  gboolean has_aspect_ratio;
  gchar *negative_prompt;
  gint64 seed;
  gint multi_shots;
  gint enable_safety_checker;
  JsonObject *extra;
} FoxapiRequest;

FoxapiRequest *foxapi_request_new (void);
void foxapi_request_free (FoxapiRequest * request);

JsonObject *foxapi_request_to_body (const FoxapiRequest * request,
    GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FoxapiRequest, foxapi_request_free)

G_END_DECLS
