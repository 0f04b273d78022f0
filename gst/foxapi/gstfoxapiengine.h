/* One generation of an element, through its starts and stops
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapidownload.h"
#include "foxapigeneration.h"
#include "gstfoxapiproperties.h"
#include "gstfoxapisettings.h"

G_BEGIN_DECLS

typedef struct
{
  GstElement *element;          /* not owned: posts the messages */

  /* Properties; the element's object lock */
  GstFoxapiSettings settings;
  gchar *named_task_id;         /* what an application set, to be resumed */
  gboolean task_is_forgotten;   /* it set NULL */

  /* What others read of the generating thread's work; the object lock */
  gchar *task_id;
  FoxapiTask *task;
  gboolean resumed;

  /* start() and stop(), and the generating thread in between */
  FoxapiGeneration *generation; /* survives stop() */
  gchar *body_text;             /* of its request, in canonical form */
  FoxapiClient *client;
  FoxapiRun run;
  gchar *store_directory;
  gboolean is_generating;
  gboolean can_wait;            /* the cancellable holds its descriptor */
  const gchar *progress_code;   /* of the PROGRESS that is open, or NULL */

  GCancellable *cancellable;    /* any thread */
} GstFoxapiEngine;

void gst_foxapi_engine_init (GstFoxapiEngine * engine, GstElement * element);
void gst_foxapi_engine_clear (GstFoxapiEngine * engine);

gboolean gst_foxapi_engine_set_property (GstFoxapiEngine * engine, guint id,
    const GValue * value);
gboolean gst_foxapi_engine_get_property (GstFoxapiEngine * engine, guint id,
    GValue * value);
gchar *gst_foxapi_engine_dup_uri (GstFoxapiEngine * engine);
gboolean gst_foxapi_engine_set_uri (GstFoxapiEngine * engine,
    const gchar * uri, GError ** error);

gboolean gst_foxapi_engine_check (GstFoxapiEngine * engine, gchar ** request,
    GError ** error);
gboolean gst_foxapi_engine_start (GstFoxapiEngine * engine,
    gboolean until_task, GError ** error);
void gst_foxapi_engine_stop (GstFoxapiEngine * engine);
void gst_foxapi_engine_cancel (GstFoxapiEngine * engine);
void gst_foxapi_engine_uncancel (GstFoxapiEngine * engine);

gboolean gst_foxapi_engine_generate (GstFoxapiEngine * engine);
FoxapiDownload *gst_foxapi_engine_new_download (GstFoxapiEngine * engine,
    GError ** error);
void gst_foxapi_engine_fail (GstFoxapiEngine * engine, const GError * error);
void gst_foxapi_engine_post_progress (GstFoxapiEngine * engine,
    const gchar * code, GstProgressType type, gint percent, const gchar * text);
void gst_foxapi_engine_close_progress (GstFoxapiEngine * engine,
    const gchar * why);

GstEvent *gst_foxapi_engine_new_task_event (GstFoxapiEngine * engine);
GstEvent *gst_foxapi_engine_new_tag_event (GstFoxapiEngine * engine);

G_END_DECLS
