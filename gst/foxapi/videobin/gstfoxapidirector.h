/* The thread that acts on what the others tell
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  GST_FOXAPI_CUE_CAPTURED,      /* a reference is there; the capture */
  GST_FOXAPI_CUE_RELEASED,      /* its pad is gone; the capture */
  GST_FOXAPI_CUE_STAGED,        /* a result is there, whole */
  /* it was let go, and its task's record with it */
  GST_FOXAPI_CUE_DELIVERED,
  /* the first frame of a result is due; the player */
  GST_FOXAPI_CUE_ON_AIR,
  GST_FOXAPI_CUE_AIRED,         /* the last one was taken; the player */
  GST_FOXAPI_CUE_GONE,          /* not needed any more; the player */
  GST_FOXAPI_CUE_FAILED,        /* an ERROR was posted; who did */
  GST_FOXAPI_CUE_WITHDRAWN,     /* it cannot be repeated; the player */
  GST_FOXAPI_CUE_PLAYING,       /* the bin plays */
  GST_FOXAPI_CUE_NEXT,          /* the application wants another generation */
  GST_FOXAPI_CUE_TICK,          /* a second is over */
} GstFoxapiCue;

/* Called in the director's thread, one cue after the other. */
typedef void (*GstFoxapiDirectorFunc) (GstFoxapiCue cue, GstObject * object,
    gpointer user_data);

/* A queue of cues, and while it is started a thread for them. States of
 * elements cannot be changed in the streaming threads that give the cues. */
typedef struct _GstFoxapiDirector GstFoxapiDirector;

GstFoxapiDirector *gst_foxapi_director_new (GstFoxapiDirectorFunc func,
    gpointer user_data);
void gst_foxapi_director_free (GstFoxapiDirector * director);

void gst_foxapi_director_start (GstFoxapiDirector * director);
void gst_foxapi_director_stop (GstFoxapiDirector * director);
void gst_foxapi_director_clear (GstFoxapiDirector * director);

void gst_foxapi_director_cue (GstFoxapiDirector * director, GstFoxapiCue cue,
    gpointer object);

G_END_DECLS
