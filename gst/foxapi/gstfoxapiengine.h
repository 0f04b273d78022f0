/* One generation of an element, through its starts and stops
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapiresult.h"
#include "gstfoxapimessages.h"
#include "gstfoxapisettings.h"

G_BEGIN_DECLS

/* An element's own way with these; NULL: the plain one. They are called without a
 * lock, in the thread that starts or generates. */
typedef struct
{
  /* changes what is to be generated: a copy of the properties */
  void (*adapt) (GstElement * element, GstFoxapiFields * fields);
  /* otherwise it is posted */
  void (*progress) (GstElement * element, const gchar * code,
      GstProgressType type, gint percent, const gchar * text);
  /* otherwise it is posted; the task (nullable) can be resumed if it is kept */
  void (*failed) (GstElement * element, const GError * error,
      const gchar * task_id, gboolean is_kept);
} GstFoxapiEngineFuncs;

typedef struct
{
  GstElement *element;          /* not owned: posts the messages */
  const GstFoxapiEngineFuncs *funcs;

  /* Properties; the element's object lock */
  GstFoxapiSettings settings;
  gchar *named_task_id;         /* what an application set, to be resumed */
  gboolean task_is_forgotten;   /* it set NULL */
  gchar *named_digest;          /* of a clip, by its URI */

  /* What others read of the generating thread's work; the object lock */
  gchar *task_id;
  FoxapiTask *task;
  GstFoxapiOrigin origin;

  /* start() and stop(), and the generating thread in between */
  FoxapiGeneration *generation; /* survives stop() */
  GHashTable *takes;            /* text of a body → how many shots of the program
                                   were made of it; NULL until there is a clip
                                   cache, and where a program begins */
  /* Set by the owner; the first two stay set while the start fails: */
  gboolean is_next_shot;        /* the next start is about one more shot of a
                                   program, maybe equal to one before */
  gboolean is_new_try;          /* likewise: submits again what has failed */
  gboolean is_retry;            /* likewise: resumes the task or submission that there
                                   is, whatever has changed since, unless another
                                   task is named */
  FoxapiRun run;                /* any thread may cancel its cancellable */
  gboolean is_generating;
  gboolean can_wait;            /* the cancellable holds its descriptor */
  const gchar *progress_code;   /* of the PROGRESS that is open, or NULL */
} GstFoxapiEngine;

void gst_foxapi_engine_init (GstFoxapiEngine * engine, GstElement * element,
    const GstFoxapiEngineFuncs * funcs);
void gst_foxapi_engine_clear (GstFoxapiEngine * engine);

gboolean gst_foxapi_engine_set_property (GstFoxapiEngine * engine, guint id,
    const GValue * value);
gboolean gst_foxapi_engine_get_property (GstFoxapiEngine * engine, guint id,
    GValue * value);
gchar *gst_foxapi_engine_dup_uri (GstFoxapiEngine * engine);
gboolean gst_foxapi_engine_set_uri (GstFoxapiEngine * engine,
    const gchar * uri, GError ** error);

gboolean gst_foxapi_engine_check (GstFoxapiEngine * engine, gchar ** request,
    gchar ** doubt, GError ** error);
gboolean gst_foxapi_engine_start (GstFoxapiEngine * engine,
    gboolean until_task, GError ** error);
void gst_foxapi_engine_stop (GstFoxapiEngine * engine);

gboolean gst_foxapi_engine_generate (GstFoxapiEngine * engine);
void gst_foxapi_engine_fail (GstFoxapiEngine * engine, const GError * error);
void gst_foxapi_engine_post_progress (GstFoxapiEngine * engine,
    const gchar * code, GstProgressType type, gint percent, const gchar * text);
void gst_foxapi_engine_close_progress (GstFoxapiEngine * engine,
    const gchar * why);

GstEvent *gst_foxapi_engine_new_task_event (GstFoxapiEngine * engine);
GstEvent *gst_foxapi_engine_new_tag_event (GstFoxapiEngine * engine);

G_END_DECLS
