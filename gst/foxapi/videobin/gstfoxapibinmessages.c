/* What the bin tells: of its parts, and of the generation
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinprivate.h"

#include <glib/gi18n-lib.h>

#include "gstfoxapimessages.h"
#include "gstfoxapioutput.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

/* As if the bin had posted it */
void
gst_foxapi_video_bin_post_as_own (GstFoxapiVideoBin * self,
    GstMessage * message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  GstMessage *own = gst_message_new_custom (GST_MESSAGE_TYPE (message),
      GST_OBJECT (self), structure ? gst_structure_copy (structure) : NULL);

  gst_message_set_seqnum (own, gst_message_get_seqnum (message));
  gst_element_post_message (GST_ELEMENT (self), own);
}

/* @message: an ERROR */
void
gst_foxapi_video_bin_post_as_warning (GstFoxapiVideoBin * self,
    GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  const GstStructure *details = NULL;

  gst_message_parse_error (message, &error, &debug);
  gst_message_parse_error_details (message, &details);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_warning_with_details (GST_OBJECT (self), error, debug,
          details ? gst_structure_copy (details) : NULL));
}

/* Parts */

/* The base class of an output ends it with an ERROR when what is behind it fails,
 * and the other output follows. It is the graph's failure, whatever failures of
 * generations are to be. */
static void
tell_output_error (GstFoxapiVideoBin * self, GstMessage * message)
{
  g_autoptr (GstMessage) explained = NULL;
  g_autofree gchar *task_id = NULL;
  gboolean is_news;

  GST_OBJECT_LOCK (self);
  is_news = !self->output_has_failed;
  self->output_has_failed = TRUE;
  if (!self->is_delivered)
    task_id = g_strdup (self->engine.task_id);
  GST_OBJECT_UNLOCK (self);
  if (!is_news)
    return;
  explained = gst_foxapi_explain_stream_error (gst_message_ref (message),
      task_id);
  gst_foxapi_video_bin_post_as_own (self, explained);
}

/* What is on the air */
static void
tell_output (GstFoxapiVideoBin * self, GstMessage * message)
{
  gst_foxapi_video_bin_post_as_own (self, message);
  g_object_notify (G_OBJECT (self), "state");
  g_object_notify (G_OBJECT (self), "current-shot");
}

/* (transfer full) (nullable): the part that has posted it */
static GstObject *
find_part (GstMessage * message)
{
  GstObject *object = GST_MESSAGE_SRC (message) ?
      gst_object_ref (GST_MESSAGE_SRC (message)) : NULL;

  while (object != NULL && !GST_IS_FOXAPI_BIN_OUTPUT (object)
      && !GST_IS_FOXAPI_CAPTURE (object) && !GST_IS_FOXAPI_PLACEHOLDER (object)
      && !GST_IS_FOXAPI_PLAYER (object)) {
    GstObject *parent = gst_object_get_parent (object);

    gst_object_unref (object);
    object = parent;
  }
  return object;
}

/* Called from any thread. %FALSE: it is nothing special, the bin does what every
 * bin does. What else parts that are none of the graph's business tell of themselves
 * is dropped. */
gboolean
gst_foxapi_video_bin_take_message (GstFoxapiVideoBin * self,
    GstMessage * message)
{
  g_autoptr (GstObject) part = NULL;
  gboolean is_error = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
  gboolean is_on_air = gst_message_has_name (message,
      GST_FOXAPI_ON_AIR_STRUCTURE);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_STATE_CHANGED
      || GST_MESSAGE_TYPE (message) == GST_MESSAGE_STREAM_STATUS)
    return FALSE;
  part = find_part (message);
  if (part == NULL || (GST_IS_FOXAPI_BIN_OUTPUT (part) && !is_error
          && !is_on_air))
    return FALSE;
  if (is_on_air)
    tell_output (self, message);
  else if (GST_IS_FOXAPI_BIN_OUTPUT (part))
    tell_output_error (self, message);
  else if (is_error || gst_message_has_name (message,
          GST_FOXAPI_REFERENCE_STRUCTURE))
    gst_foxapi_control_tell (self->control, GST_FOXAPI_EVENT_CHILD, part,
        gst_message_ref (message));
  return TRUE;
}

/* The generation: from here on in the control thread, or in the thread that stops */

/* As `on-error` says. @message: an ERROR; @task_id: (nullable): of the result that
 * cannot be shown, of which the part that failed does not know */
void
gst_foxapi_video_bin_post_failure (GstFoxapiVideoBin * self,
    GstMessage * message, const gchar * task_id)
{
  g_autoptr (GstMessage) explained = gst_message_ref (message);

  if (task_id != NULL)
    explained = gst_foxapi_explain_error (explained, _("The result "
            "cannot be shown. Use foxapivideosrc ! filesink to save it."),
        task_id);
  if (self->run.on_error != GST_FOXAPI_ERROR_POLICY_ERROR)
    gst_foxapi_video_bin_post_as_warning (self, explained);
  else
    gst_foxapi_video_bin_post_as_own (self, explained);
}

/* The generation, or what shows it, has failed, as the ERROR says. @part: (nullable):
 * where. %FALSE: one failure was told, and what follows from it is no news. */
gboolean
gst_foxapi_video_bin_tell_failure (GstFoxapiVideoBin * self, GstObject * part,
    GstMessage * message)
{
  g_autofree gchar *task_id = NULL;
  gboolean is_news;

  GST_OBJECT_LOCK (self);
  is_news = !self->has_failed;
  self->has_failed = TRUE;
  if (GST_IS_FOXAPI_PLAYER (part))
    task_id = g_strdup (self->engine.task_id);
  GST_OBJECT_UNLOCK (self);
  if (is_news)
    gst_foxapi_video_bin_post_failure (self, message, task_id);
  return is_news;
}

/* An open PROGRESS asks the application to wait with PLAYING until it is
 * complete (gst-launch-1.0 does). Where a placeholder is there to be played, it is
 * posted when it does not delay anything any more. */

static gboolean
is_open (GstProgressType type)
{
  return type == GST_PROGRESS_TYPE_START || type == GST_PROGRESS_TYPE_CONTINUE;
}

/* @text: (nullable): another one than it has */
static void
post_progress (GstFoxapiVideoBin * self, GstMessage * message,
    GstProgressType type, const gchar * text)
{
  g_autoptr (GstMessage) own = gst_message_copy (message);
  GstStructure *structure = gst_message_writable_structure (own);

  gst_structure_set (structure, "type", GST_TYPE_PROGRESS_TYPE, type, NULL);
  if (text != NULL)
    gst_structure_set (structure, "text", G_TYPE_STRING, text, NULL);
  gst_message_replace (&self->open, is_open (type) ? own : NULL);
  gst_element_post_message (GST_ELEMENT (self), gst_message_ref (own));
}

/* Now, or when the bin plays */
void
gst_foxapi_video_bin_tell_progress (GstFoxapiVideoBin * self, gpointer object,
    GstMessage * message)
{
  gboolean may_delay = !self->run.is_live
      && self->run.placeholder == GST_FOXAPI_PLACEHOLDER_KIND_NONE;
  GstProgressType type;

  gst_message_parse_progress (message, &type, NULL, NULL);
  gst_clear_message (&self->held);
  if (self->is_closed)
    GST_DEBUG_OBJECT (self, "the output has ended: no progress");
  else if (self->has_played || may_delay)
    post_progress (self, message, type, NULL);
  else if (is_open (type))
    self->held = gst_message_ref (message);
}

void
gst_foxapi_video_bin_release_progress (GstFoxapiVideoBin * self)
{
  g_autoptr (GstMessage) held = g_steal_pointer (&self->held);

  if (held != NULL)
    post_progress (self, held, GST_PROGRESS_TYPE_START, NULL);
}

/* Whoever waits for the progress waits no longer, until the element stops. */
void
gst_foxapi_video_bin_close_progress (GstFoxapiVideoBin * self)
{
  g_autoptr (GstMessage) open = g_steal_pointer (&self->open);

  self->is_closed = TRUE;
  gst_clear_message (&self->held);
  if (open != NULL)
    post_progress (self, open, GST_PROGRESS_TYPE_CANCELED,
        _("Ended before the result"));
}
