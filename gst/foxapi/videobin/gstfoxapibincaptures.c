/* The references that the graph offers: request pads, and what they capture
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinprivate.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

/* Captures are children, each behind a ghost pad of its name. Pads come and go in any
 * thread, and are the bin's, under its object lock. */

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  const gchar *const names[] = { GST_OBJECT_NAME (a), GST_OBJECT_NAME (b) };
  guint64 numbers[2];

  for (guint i = 0; i < 2; i++)
    numbers[i] = g_ascii_strtoull (strchr (names[i], '_') + 1, NULL, 10);
  return numbers[0] < numbers[1] ? -1 : numbers[0] > numbers[1];
}

/* (transfer full): the captures with names that begin so, in the order of their
 * numbers */
static GList *
list_captures (GstFoxapiVideoBin * self, const gchar * prefix)
{
  GList *captures = NULL;

  GST_OBJECT_LOCK (self);
  for (GList * l = GST_BIN_CHILDREN (self); l != NULL; l = l->next) {
    if (GST_IS_FOXAPI_CAPTURE (l->data)
        && g_str_has_prefix (GST_OBJECT_NAME (l->data), prefix))
      captures = g_list_insert_sorted (captures, gst_object_ref (l->data),
          compare_names);
  }
  GST_OBJECT_UNLOCK (self);
  return captures;
}

static gchar *
choose_name (GstFoxapiVideoBin * self, GstFoxapiCaptureKind kind,
    const gchar * wanted)
{
  const gchar *prefix = kind == GST_FOXAPI_CAPTURE_IMAGE ? "image" : "video";
  guint *next = &self->next_pad[kind];
  guint number;
  gchar end;

  GST_OBJECT_LOCK (self);
  if (wanted != NULL && g_str_has_prefix (wanted, prefix)
      && sscanf (wanted + strlen (prefix), "_%u%c", &number, &end) == 1)
    *next = MAX (*next, number + 1);
  else
    number = (*next)++;
  GST_OBJECT_UNLOCK (self);
  return g_strdup_printf ("%s_%u", prefix, number);
}

static GstPad *
add_capture (GstFoxapiVideoBin * self, GstPadTemplate * templ,
    GstFoxapiCaptureKind kind, const gchar * name)
{
  GstElement *capture = gst_foxapi_capture_new (name, kind);
  g_autoptr (GstPad) target = gst_element_get_static_pad (capture, "sink");
  GstPad *pad;

  gst_element_set_locked_state (capture, TRUE);
  gst_bin_add (GST_BIN (self), capture);
  pad = gst_ghost_pad_new_from_template (name, target, templ);
  g_signal_connect_object (pad, "unlinked",
      G_CALLBACK (gst_foxapi_capture_forget), capture, G_CONNECT_SWAPPED);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

GstPad *
gst_foxapi_video_bin_request_new_pad (GstElement * element,
    GstPadTemplate * templ, const gchar * wanted, const GstCaps * caps)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (element);
  const gchar *pattern = GST_PAD_TEMPLATE_NAME_TEMPLATE (templ);
  GstFoxapiCaptureKind kind = g_str_has_prefix (pattern, "image")
      || g_str_has_suffix (pattern, "frame") ? GST_FOXAPI_CAPTURE_IMAGE :
      GST_FOXAPI_CAPTURE_VIDEO;
  g_autofree gchar *name = strchr (pattern, '%') == NULL ?
      g_strdup (pattern) : choose_name (self, kind, wanted);
  g_autoptr (GstPad) existing = gst_element_get_static_pad (element, name);

  if (existing != NULL) {
    GST_WARNING_OBJECT (self, "%s cannot be requested twice", name);
    return NULL;
  }
  if (GST_STATE (self) > GST_STATE_READY) {
    GST_ELEMENT_WARNING (self, CORE, PAD,
        (_("The pad %s was requested while the "
                "element runs, so its reference is not used. Request it before: "
                "on a launch line, an element such as queue between a decoder "
                "or demuxer and the pad does so."), name), (NULL));
    return NULL;
  }
  return add_capture (self, templ, kind, name);
}

void
gst_foxapi_video_bin_release_pad (GstElement * element, GstPad * pad)
{
  GstFoxapiVideoBin *self = GST_FOXAPI_VIDEO_BIN (element);
  g_autoptr (GstElement) capture = gst_bin_get_by_name (GST_BIN (element),
      GST_OBJECT_NAME (pad));
  gboolean is_running;

  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  if (capture == NULL)
    return;
  gst_element_set_state (capture, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), capture);
  /* A bin that starts may have started it between the two. */
  gst_element_set_state (capture, GST_STATE_NULL);
  GST_OBJECT_LOCK (self);
  is_running = MAX (GST_STATE (self), GST_STATE_NEXT (self)) > GST_STATE_READY;
  GST_OBJECT_UNLOCK (self);
  if (is_running)
    gst_foxapi_control_tell (self->control, GST_FOXAPI_EVENT_RELEASED, capture,
        NULL);
}

/* None has anything: all of them capture anew at the next start. */
void
gst_foxapi_video_bin_forget_captures (GstFoxapiVideoBin * self)
{
  g_autolist (GstObject) list = list_captures (self, "");

  for (GList * l = list; l != NULL; l = l->next)
    gst_foxapi_capture_forget (l->data);
}

/* @stand_in: (nullable): the URI of those that have nothing yet */
void
gst_foxapi_video_bin_append_captures (GstFoxapiVideoBin * self,
    const gchar * prefix, GValue * list, const gchar * stand_in)
{
  g_autolist (GstObject) found = list_captures (self, prefix);

  for (GList * l = found; l != NULL; l = l->next) {
    gchar *uri = gst_foxapi_capture_dup_uri (l->data);
    GValue value = G_VALUE_INIT;

    if (uri == NULL)
      uri = g_strdup (stand_in);
    if (uri == NULL)
      continue;
    g_value_init (&value, G_TYPE_STRING);
    g_value_take_string (&value, uri);
    gst_value_array_append_and_take_value (list, &value);
  }
}

/* From here on the generation waits for all, also for those that are released while
 * the bin starts. */
void
gst_foxapi_video_bin_await_captures (GstFoxapiVideoBin * self)
{
  g_autolist (GstObject) list = list_captures (self, "");

  for (GList * l = list; l != NULL; l = l->next)
    g_hash_table_add (self->pending, gst_object_ref (l->data));
}

void
gst_foxapi_video_bin_start_captures (GstFoxapiVideoBin * self)
{
  g_autolist (GstObject) list = list_captures (self, "");

  gst_foxapi_video_bin_await_captures (self);
  for (GList * l = list; l != NULL; l = l->next) {
    gst_foxapi_capture_set_up (l->data, self->folder.path,
        self->run.reference_seconds * GST_SECOND);
    gst_element_set_state (l->data, GST_STATE_PLAYING);
    /* Its pad may be released at any time. */
    if (!gst_object_has_as_parent (l->data, GST_OBJECT (self)))
      gst_element_set_state (l->data, GST_STATE_NULL);
  }
}

/* The generation waits for a pad that is linked to nothing, perhaps for ever. */
void
gst_foxapi_video_bin_tell_of_unlinked_pads (GstFoxapiVideoBin * self)
{
  g_autolist (GstObject) list = list_captures (self, "");
  g_autoptr (GString) names = g_string_new (NULL);

  for (GList * l = list; l != NULL; l = l->next) {
    const gchar *name = GST_OBJECT_NAME (l->data);
    g_autoptr (GstPad) pad = gst_element_get_static_pad (GST_ELEMENT (self),
        name);

    if (pad != NULL && !gst_pad_is_linked (pad))
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", name);
  }
  if (names->len > 0)
    GST_ELEMENT_INFO (self, CORE, PAD, (_("Not linked: %s. The generation "
                "begins when a reference has come through."), names->str),
        (NULL));
}

/* Stops all, and waits for none. */
void
gst_foxapi_video_bin_stop_captures (GstFoxapiVideoBin * self)
{
  g_autolist (GstObject) list = list_captures (self, "");

  for (GList * l = list; l != NULL; l = l->next)
    gst_element_set_state (l->data, GST_STATE_NULL);
  g_hash_table_remove_all (self->pending);
  g_hash_table_remove_all (self->arrived);
}

/* Returns TRUE if there is one that has nothing yet. */
gboolean
gst_foxapi_video_bin_is_waiting (GstFoxapiVideoBin * self)
{
  return g_hash_table_size (self->pending) > 0;
}

/* It will not come: while others are waited for it is, too, for ever, so that nothing
 * is generated. Returns FALSE if none is. */
gboolean
gst_foxapi_video_bin_await_released (GstFoxapiVideoBin * self,
    GstElement * capture)
{
  if (!gst_foxapi_video_bin_is_waiting (self))
    return FALSE;
  g_hash_table_add (self->pending, gst_object_ref (capture));
  return TRUE;
}

/* Returns TRUE if it was waited for. */
gboolean
gst_foxapi_video_bin_capture_arrived (GstFoxapiVideoBin * self,
    GstElement * capture)
{
  if (!g_hash_table_steal (self->pending, capture))
    return FALSE;
  g_hash_table_add (self->arrived, capture);
  return TRUE;
}

/* The application has taken a reference away before the request went out. Whether it
 * wants the rest to be paid for is not known. */
void
gst_foxapi_video_bin_set_released_error (GstElement * capture, GError ** error)
{
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
      _("The pad %s was released before its reference was there. Nothing "
          "was sent. Start again to generate without it."),
      GST_OBJECT_NAME (capture));
}

/* Called when a generation has read the URIs: whether it has got those of all that
 * had arrived. Pads are released in any thread. One of which it has not is waited for
 * from now on, for ever. */
gboolean
gst_foxapi_video_bin_check_released (GstFoxapiVideoBin * self, GError ** error)
{
  gboolean is_complete = TRUE;
  GHashTableIter iter;
  gpointer capture;

  g_hash_table_iter_init (&iter, self->arrived);
  while (is_complete && g_hash_table_iter_next (&iter, &capture, NULL)) {
    is_complete = gst_object_has_as_parent (capture, GST_OBJECT (self));
    if (is_complete)
      continue;
    g_hash_table_add (self->pending, gst_object_ref (capture));
    gst_foxapi_video_bin_set_released_error (capture, error);
  }
  g_hash_table_remove_all (self->arrived);
  return is_complete;
}
