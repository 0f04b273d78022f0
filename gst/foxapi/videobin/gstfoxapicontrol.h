/* The thread that changes states, and the queue of what it is told
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  GST_FOXAPI_CONTROL_CAPTURED,      /* a reference is there; the capture */
  GST_FOXAPI_CONTROL_RELEASED,      /* its pad is gone; the capture */
  GST_FOXAPI_CONTROL_DOWNLOADED,        /* a result is there, whole */
  /* it was let go, and its task's record with it */
  GST_FOXAPI_CONTROL_DELIVERED,
  /* the first frame of a result is due; the player */
  GST_FOXAPI_CONTROL_ON_AIR,
  GST_FOXAPI_CONTROL_ENDED,         /* the last one was taken; the player */
  GST_FOXAPI_CONTROL_GONE,          /* not needed any more; the player */
  GST_FOXAPI_CONTROL_FAILED,        /* an ERROR was posted; who did */
  GST_FOXAPI_CONTROL_WITHDRAWN,     /* it cannot be repeated; the player */
  GST_FOXAPI_CONTROL_PLAYING,       /* the bin plays */
  GST_FOXAPI_CONTROL_NEXT,          /* the application wants another generation */
  GST_FOXAPI_CONTROL_TICK,          /* a second is over */
} GstFoxapiControlMessage;

/* Called in the control thread, one message after the other. */
typedef void (*GstFoxapiControlFunc) (GstFoxapiControlMessage type, GstObject * object,
    gpointer user_data);

/* A queue of messages, and while it is started a thread for them. States of
 * elements cannot be changed in the streaming threads that give the messages. */
typedef struct _GstFoxapiControl GstFoxapiControl;

GstFoxapiControl *gst_foxapi_control_new (GstFoxapiControlFunc func,
    gpointer user_data);
void gst_foxapi_control_free (GstFoxapiControl * control);

void gst_foxapi_control_start (GstFoxapiControl * control);
void gst_foxapi_control_stop (GstFoxapiControl * control);
void gst_foxapi_control_clear (GstFoxapiControl * control);

void gst_foxapi_control_send (GstFoxapiControl * control, GstFoxapiControlMessage type,
    gpointer object);

void gst_foxapi_bin_add_locked (gpointer bin, GstElement * element);
void gst_foxapi_bin_remove_locked (gpointer bin, GstElement * element);

G_END_DECLS
