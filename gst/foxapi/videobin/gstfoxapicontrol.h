/* The control thread of the bin, and what it is told
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What happens: @object is whom it is about, @message what it has said */
typedef enum
{
  GST_FOXAPI_EVENT_TICK,        /* a second has passed */
  GST_FOXAPI_EVENT_CHILD,       /* a part has posted @message */
  GST_FOXAPI_EVENT_RELEASED,    /* the pad of a capture */
  GST_FOXAPI_EVENT_PROGRESS,    /* @message, of the generation */
  GST_FOXAPI_EVENT_DOWNLOADED,  /* its result, whole */
  GST_FOXAPI_EVENT_FAILED,      /* @message says why */
  GST_FOXAPI_EVENT_ON_AIR,      /* a player, as GstFoxapiProgramEvent has it */
  GST_FOXAPI_EVENT_ENDED,
  GST_FOXAPI_EVENT_GONE,
  GST_FOXAPI_EVENT_PLAYING,     /* the bin */
  GST_FOXAPI_EVENT_PAUSED,
  GST_FOXAPI_EVENT_NEXT,        /* one more shot is asked for */
  GST_FOXAPI_EVENT_DROPPED,     /* one less */
  GST_FOXAPI_EVENT_RETRY,
  GST_FOXAPI_EVENT_CLOSE,       /* the application ends the program */
  GST_FOXAPI_EVENT_OPTIONS,     /* some have changed */
  GST_FOXAPI_N_EVENTS,
} GstFoxapiEvent;

typedef void (*GstFoxapiControlFunc) (GstFoxapiEvent event, gpointer object,
    GstMessage * message, gpointer user_data);

/* States of elements cannot be changed in the streaming threads in which things
 * happen: they are told to this thread, which calls its function for one after the
 * other. */
typedef struct _GstFoxapiControl GstFoxapiControl;

GstFoxapiControl *gst_foxapi_control_new (GstFoxapiControlFunc func,
    gpointer user_data);
void gst_foxapi_control_free (GstFoxapiControl * control);
void gst_foxapi_control_tell (GstFoxapiControl * control, GstFoxapiEvent event,
    gpointer object, GstMessage * message);

void gst_foxapi_control_start (GstFoxapiControl * control);
void gst_foxapi_control_stop (GstFoxapiControl * control);
void gst_foxapi_control_drain (GstFoxapiControl * control, gboolean tells);

G_END_DECLS
