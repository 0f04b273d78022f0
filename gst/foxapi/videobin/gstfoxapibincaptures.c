/* The references that the graph offers: request pads, and what they capture
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibincaptures.h"

#include <stdio.h>

#include "gstfoxapibackstage.h"
#include "gstfoxapibranch.h"

struct _GstFoxapiBinCaptures
{
  GstBin *bin;                  /* outlives this */
  guint next_pad[2];            /* the bin's object lock: lowest free, by kind */
  GHashTable *pending;          /* the director: those that have nothing yet */
};

GstFoxapiBinCaptures *
gst_foxapi_bin_captures_new (GstBin * bin)
{
  GstFoxapiBinCaptures *self = g_new0 (GstFoxapiBinCaptures, 1);

  self->bin = bin;
  self->pending = g_hash_table_new (NULL, NULL);
  return self;
}

void
gst_foxapi_bin_captures_free (GstFoxapiBinCaptures * captures)
{
  g_hash_table_unref (captures->pending);
  g_free (captures);
}

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
list_captures (GstFoxapiBinCaptures * self, const gchar * prefix)
{
  GList *captures = NULL;

  GST_OBJECT_LOCK (self->bin);
  for (GList * l = GST_BIN_CHILDREN (self->bin); l != NULL; l = l->next) {
    if (GST_IS_FOXAPI_CAPTURE (l->data)
        && g_str_has_prefix (GST_OBJECT_NAME (l->data), prefix))
      captures = g_list_insert_sorted (captures, gst_object_ref (l->data),
          compare_names);
  }
  GST_OBJECT_UNLOCK (self->bin);
  return captures;
}

gchar *
gst_foxapi_bin_captures_choose_name (GstFoxapiBinCaptures * captures,
    GstFoxapiCaptureKind kind, const gchar * wanted)
{
  const gchar *prefix = kind == GST_FOXAPI_CAPTURE_IMAGE ? "image" : "video";
  guint *next = &captures->next_pad[kind];
  guint number;
  gchar end;

  GST_OBJECT_LOCK (captures->bin);
  if (wanted != NULL && g_str_has_prefix (wanted, prefix)
      && sscanf (wanted + strlen (prefix), "_%u%c", &number, &end) == 1)
    *next = MAX (*next, number + 1);
  else
    number = (*next)++;
  GST_OBJECT_UNLOCK (captures->bin);
  return g_strdup_printf ("%s_%u", prefix, number);
}

static void
on_unlinked (GstPad * pad, GstPad * peer, gpointer user_data)
{
  GstFoxapiCapture *capture = user_data;

  if (!gst_foxapi_branch_is_being_cut (pad))
    gst_foxapi_capture_forget (capture);
}

GstPad *
gst_foxapi_bin_captures_add (GstFoxapiBinCaptures * captures,
    GstPadTemplate * templ, GstFoxapiCaptureKind kind, const gchar * name)
{
  GstElement *capture = gst_foxapi_capture_new (name, kind);
  g_autoptr (GstPad) target = gst_element_get_static_pad (capture, "sink");
  GstPad *pad;

  gst_foxapi_backstage_add (captures->bin, capture);
  pad = gst_ghost_pad_new_from_template (name, target, templ);
  g_signal_connect_object (pad, "unlinked", G_CALLBACK (on_unlinked), capture,
      0);
  gst_element_add_pad (GST_ELEMENT (captures->bin), pad);
  return pad;
}

/* None has anything: all of them capture anew at the next start. */
void
gst_foxapi_bin_captures_forget (GstFoxapiBinCaptures * captures)
{
  GList *list = list_captures (captures, "");

  for (GList * l = list; l != NULL; l = l->next)
    gst_foxapi_capture_forget (l->data);
  g_list_free_full (list, gst_object_unref);
}

void
gst_foxapi_bin_captures_append_uris (GstFoxapiBinCaptures * captures,
    const gchar * prefix, GValue * list)
{
  GList *found = list_captures (captures, prefix);

  for (GList * l = found; l != NULL; l = l->next) {
    gchar *uri = gst_foxapi_capture_dup_uri (l->data);
    GValue value = G_VALUE_INIT;

    if (uri == NULL)
      continue;
    g_value_init (&value, G_TYPE_STRING);
    g_value_take_string (&value, uri);
    gst_value_array_append_and_take_value (list, &value);
  }
  g_list_free_full (found, gst_object_unref);
}

/* Returns of the first that has one, or NULL. */
gchar *
gst_foxapi_bin_captures_dup_first_uri (GstFoxapiBinCaptures * captures)
{
  GList *list = list_captures (captures, "");
  gchar *uri = NULL;

  for (GList * l = list; l != NULL && uri == NULL; l = l->next)
    uri = gst_foxapi_capture_dup_uri (l->data);
  g_list_free_full (list, gst_object_unref);
  return uri;
}

/* Starts all, and waits for all. */
void
gst_foxapi_bin_captures_start (GstFoxapiBinCaptures * captures,
    const gchar * directory, GstClockTime clip_time)
{
  GList *list = list_captures (captures, "");

  for (GList * l = list; l != NULL; l = l->next)
    g_hash_table_add (captures->pending, l->data);
  for (GList * l = list; l != NULL; l = l->next) {
    gst_foxapi_capture_set_directory (l->data, directory);
    gst_foxapi_capture_set_clip_time (l->data, clip_time);
    gst_element_set_state (l->data, GST_STATE_PLAYING);
  }
  g_list_free_full (list, gst_object_unref);
}

static GstPad *
get_pad (GstFoxapiBinCaptures * self, GstElement * capture)
{
  return gst_element_get_static_pad (GST_ELEMENT (self->bin),
      GST_OBJECT_NAME (capture));
}

/* Returns the names of the pads that are linked to nothing, or NULL. */
gchar *
gst_foxapi_bin_captures_dup_unlinked (GstFoxapiBinCaptures * captures)
{
  GList *list = list_captures (captures, "");
  g_autoptr (GString) names = g_string_new (NULL);

  for (GList * l = list; l != NULL; l = l->next) {
    g_autoptr (GstPad) pad = get_pad (captures, l->data);

    if (pad != NULL && !gst_pad_is_linked (pad))
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "",
          GST_PAD_NAME (pad));
  }
  g_list_free_full (list, gst_object_unref);
  return names->len > 0 ? g_strdup (names->str) : NULL;
}

/* Stops all, waits for none, and links branches again that were released. */
void
gst_foxapi_bin_captures_stop (GstFoxapiBinCaptures * captures)
{
  GList *list = list_captures (captures, "");

  for (GList * l = list; l != NULL; l = l->next) {
    g_autoptr (GstPad) pad = get_pad (captures, l->data);

    gst_element_set_state (l->data, GST_STATE_NULL);
    if (pad != NULL)
      gst_foxapi_branch_restore (pad);
  }
  g_list_free_full (list, gst_object_unref);
  g_hash_table_remove_all (captures->pending);
}

/* Returns TRUE if there is one that has nothing yet. */
gboolean
gst_foxapi_bin_captures_is_waiting (GstFoxapiBinCaptures * captures)
{
  return g_hash_table_size (captures->pending) > 0;
}

/* Returns TRUE if it has nothing yet. */
gboolean
gst_foxapi_bin_captures_is_awaited (GstFoxapiBinCaptures * captures,
    GstElement * capture)
{
  return g_hash_table_contains (captures->pending, capture);
}

/* Returns TRUE if it was waited for. */
gboolean
gst_foxapi_bin_captures_arrived (GstFoxapiBinCaptures * captures,
    GstElement * capture)
{
  return g_hash_table_remove (captures->pending, capture);
}

void
gst_foxapi_bin_captures_release_branch (GstFoxapiBinCaptures * captures,
    GstElement * capture)
{
  g_autoptr (GstPad) pad = get_pad (captures, capture);

  if (pad != NULL && gst_foxapi_branch_release (pad))
    gst_foxapi_capture_keep (GST_FOXAPI_CAPTURE (capture));
}
