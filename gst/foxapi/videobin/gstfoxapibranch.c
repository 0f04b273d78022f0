/* What becomes of a reference branch that has given what it was for
 *
 * An element between a tee and the bin (a queue) takes it for an error when it is
 * unlinked below, and EOS from below ends all branches of the tee. So the cut is
 * made at the tee. A source that feeds nothing else, and a demuxer, want EOS.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibranch.h"

static GQuark
get_probe_quark (void)
{
  return g_quark_from_static_string ("foxapi-branch-probe");
}

static GQuark
get_cut_quark (void)
{
  return g_quark_from_static_string ("foxapi-branch-cut");
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

/* (transfer full) (nullable): where the branch forks off; without that,
 * @feeds_nothing_else tells whether all above @pad is there for it alone */
static GstPad *
find_fork (GstPad * pad, gboolean * feeds_nothing_else)
{
  g_autoptr (GstPad) at = gst_object_ref (pad);

  *feeds_nothing_else = FALSE;
  while (at != NULL) {
    g_autoptr (GstPad) src = get_real_peer (at);
    guint n_feeding;

    if (src == NULL)
      return NULL;
    if (is_fork (src))
      return g_steal_pointer (&src);
    gst_object_unref (at);
    at = get_feeding (src, &n_feeding);
    *feeds_nothing_else = n_feeding == 0;
  }
  return NULL;
}

static GstPadProbeReturn
cut (GstPad * fork, GstPadProbeInfo * info, gpointer user_data)
{
  GstPad *pad = user_data;
  g_autoptr (GstPad) peer = gst_pad_get_peer (fork);

  g_object_set_qdata (G_OBJECT (pad), get_cut_quark (), pad);
  if (peer != NULL)
    gst_pad_unlink (fork, peer);
  g_object_set_qdata (G_OBJECT (pad), get_cut_quark (), NULL);
  return GST_PAD_PROBE_REMOVE;
}

static GstPadProbeReturn
say_enough (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  gst_mini_object_unref (GST_PAD_PROBE_INFO_DATA (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
  return GST_PAD_PROBE_HANDLED;
}

/* Cuts the branch off where it forks off, as soon as nothing flows there.
 * Where it does not, the next buffer is answered with EOS; but a branch that
 * is mixed of several goes on flowing, as what they feed is not known.
 * Returns TRUE if it was cut: nothing will come this way any more. */
gboolean
gst_foxapi_branch_release (GstPad * pad)
{
  gboolean feeds_nothing_else;
  g_autoptr (GstPad) fork = find_fork (pad, &feeds_nothing_else);
  gulong probe;

  if (fork != NULL) {
    gst_pad_add_probe (fork, GST_PAD_PROBE_TYPE_IDLE, cut,
        gst_object_ref (pad), gst_object_unref);
  } else if (feeds_nothing_else) {
    probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER
        | GST_PAD_PROBE_TYPE_BUFFER_LIST, say_enough, NULL, NULL);
    g_object_set_qdata (G_OBJECT (pad), get_probe_quark (),
        GSIZE_TO_POINTER (probe));
  }
  return fork != NULL;
}

/* Returns TRUE if gst_foxapi_branch_release() unlinks it, not the
 * application. */
gboolean
gst_foxapi_branch_is_being_cut (GstPad * pad)
{
  return g_object_get_qdata (G_OBJECT (pad), get_cut_quark ()) != NULL;
}

/* A branch that was not cut may flow again. */
void
gst_foxapi_branch_restore (GstPad * pad)
{
  gulong probe = GPOINTER_TO_SIZE (g_object_get_qdata (G_OBJECT (pad),
          get_probe_quark ()));

  if (probe != 0)
    gst_pad_remove_probe (pad, probe);
  g_object_set_qdata (G_OBJECT (pad), get_probe_quark (), NULL);
}
