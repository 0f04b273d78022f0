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

GstPad *
gst_foxapi_bin_captures_add (GstFoxapiBinCaptures * captures,
    GstPadTemplate * templ, GstFoxapiCaptureKind kind, const gchar * name)
{
  GstElement *capture = gst_foxapi_capture_new (name, kind);
  g_autoptr (GstPad) target = gst_element_get_static_pad (capture, "sink");
  GstPad *pad;

  gst_foxapi_backstage_add (captures->bin, capture);
  pad = gst_ghost_pad_new_from_template (name, target, templ);
  g_signal_connect_object (pad, "unlinked",
      G_CALLBACK (gst_foxapi_capture_forget), capture, G_CONNECT_SWAPPED);
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

/* What a branch is told when its reference is there, where that may be told */
static GQuark
get_probe_quark (void)
{
  return g_quark_from_static_string ("foxapi-enough-probe");
}

static void
remove_probe (GstPad * pad)
{
  gulong probe = GPOINTER_TO_SIZE (g_object_steal_qdata (G_OBJECT (pad),
          get_probe_quark ()));

  if (probe != 0)
    gst_pad_remove_probe (pad, probe);
}

/* Stops all, and waits for none. Branches may flow again. */
void
gst_foxapi_bin_captures_stop (GstFoxapiBinCaptures * captures)
{
  GList *list = list_captures (captures, "");

  for (GList * l = list; l != NULL; l = l->next) {
    g_autoptr (GstPad) pad = get_pad (captures, l->data);

    gst_element_set_state (l->data, GST_STATE_NULL);
    if (pad != NULL)
      remove_probe (pad);
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

/* (transfer full) (nullable): the peer, behind the ghost pads of bins */
static GstPad *
get_real_peer (GstPad * pad)
{
  GstPad *peer = gst_pad_get_peer (pad);

  while (peer != NULL && GST_IS_PROXY_PAD (peer)) {
    GstProxyPad *inner = gst_proxy_pad_get_internal (GST_PROXY_PAD (peer));
    GstPad *next = inner ? gst_pad_get_peer (GST_PAD (inner)) : NULL;

    gst_clear_object (&inner);
    gst_object_unref (peer);
    peer = next;
  }
  return peer;
}

/* Pads that are there on request, and more than one of them is used: a tee, and
 * whatever else branches off without minding who leaves. */
static gboolean
is_fork (GstPad * src)
{
  GstPadTemplate *templ = GST_PAD_PAD_TEMPLATE (src);
  g_autoptr (GstElement) element = gst_pad_get_parent_element (src);
  guint n_linked = 0;

  if (element == NULL || templ == NULL
      || GST_PAD_TEMPLATE_PRESENCE (templ) != GST_PAD_REQUEST)
    return FALSE;
  GST_OBJECT_LOCK (element);
  for (GList * l = element->srcpads; l != NULL; l = l->next)
    n_linked += gst_pad_is_linked (l->data);
  GST_OBJECT_UNLOCK (element);
  return n_linked > 1;
}

/* (transfer full) (nullable): the one sink pad that feeds @src, if it is one;
 * @n_feeding: how many there are */
static GstPad *
get_feeding (GstPad * src, guint * n_feeding)
{
  GstIterator *links = gst_pad_iterate_internal_links (src);
  GstPad *feeding = NULL;
  GValue item = G_VALUE_INIT;

  *n_feeding = 0;
  while (links != NULL && gst_iterator_next (links, &item) == GST_ITERATOR_OK) {
    (*n_feeding)++;
    gst_object_replace ((GstObject **) & feeding, g_value_get_object (&item));
    g_value_reset (&item);
  }
  if (links != NULL)
    gst_iterator_free (links);
  g_value_unset (&item);
  if (*n_feeding > 1)
    gst_clear_object (&feeding);
  return feeding;
}

/* Whether all that feeds @pad is there for it alone. A tee and its like are not:
 * EOS from one of their branches ends all of them. */
static gboolean
feeds_nothing_else (GstPad * pad)
{
  g_autoptr (GstPad) at = gst_object_ref (pad);
  guint n_feeding = 1;

  while (at != NULL) {
    g_autoptr (GstPad) src = get_real_peer (at);

    if (src == NULL || is_fork (src))
      return FALSE;
    gst_object_unref (at);
    at = get_feeding (src, &n_feeding);
  }
  return n_feeding == 0;
}

static GstPadProbeReturn
say_enough (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  gst_mini_object_unref (GST_PAD_PROBE_INFO_DATA (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
  return GST_PAD_PROBE_HANDLED;
}

/* A source that feeds nothing else ends with its next buffer. */
void
gst_foxapi_bin_captures_release_branch (GstFoxapiBinCaptures * captures,
    GstElement * capture)
{
  g_autoptr (GstPad) pad = get_pad (captures, capture);
  gulong probe;

  if (pad == NULL || !feeds_nothing_else (pad))
    return;
  probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER
      | GST_PAD_PROBE_TYPE_BUFFER_LIST, say_enough, NULL, NULL);
  g_object_set_qdata (G_OBJECT (pad), get_probe_quark (),
      GSIZE_TO_POINTER (probe));
}
