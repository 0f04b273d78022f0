/* Whether a result has arrived behind a pad
 *
 * That the last byte has left the source says nothing of what has been stored or
 * shown: queues, encoders and sinks have it later. A pad keeps its EOS flag from
 * the moment its element has handled the end of the stream until it is flushed or
 * deactivated, so the sinks themselves tell.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapiarrival.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gstfoxapimessages.h"

#define GST_CAT_DEFAULT (gst_foxapi_get_debug_category ())

/* Adds the sink pads at which the stream of @source_pad ends, through bins, queues
 * and demuxers. */
static void
follow (GstPad * source_pad, GHashTable * seen, GPtrArray * ends)
{
  GstPad *pad = gst_pad_get_peer (source_pad);
  GstIterator *links;
  GValue item = G_VALUE_INIT;
  GstIteratorResult result;
  gboolean goes_on = FALSE;

  /* The table takes the reference. */
  if (pad == NULL || !g_hash_table_add (seen, pad))
    return;

  links = gst_pad_iterate_internal_links (pad);
  while (links != NULL
      && (result = gst_iterator_next (links, &item)) != GST_ITERATOR_DONE
      && result != GST_ITERATOR_ERROR) {
    if (result == GST_ITERATOR_RESYNC) {
      gst_iterator_resync (links);
      continue;
    }
    goes_on = TRUE;
    follow (g_value_get_object (&item), seen, ends);
    g_value_reset (&item);
  }
  if (G_IS_VALUE (&item))
    g_value_unset (&item);
  g_clear_pointer (&links, gst_iterator_free);
  if (!goes_on)
    g_ptr_array_add (ends, gst_object_ref (pad));
}

/* Whether all of @ends, of which there is at least one, have handled the end of
 * the stream. They tell as long as they are active: until their element goes to
 * READY. Those in @ended (nullable) have told of it before they have the flag. */
static gboolean
have_ended (GPtrArray * ends, GstObject * ended)
{
  for (guint i = 0; i < ends->len; i++) {
    GstPad *pad = g_ptr_array_index (ends, i);
    gboolean is_eos;

    GST_OBJECT_LOCK (pad);
    is_eos = GST_PAD_IS_EOS (pad);
    GST_OBJECT_UNLOCK (pad);
    if (!is_eos && (ended == NULL
            || !gst_object_has_as_ancestor (GST_OBJECT (pad), ended)))
      return FALSE;
  }
  return ends->len > 0;
}

/* Has what a sink wrote go to the disk, so that it outlives the machine's power.
 * %FALSE: the disk could not take it. What is no regular file (a pipe, a device) has
 * nothing to be synced. */
static gboolean
sync_file (const gchar * path)
{
  struct stat status;
  gint fd;
  gboolean synced = TRUE;

  if (stat (path, &status) != 0 || !S_ISREG (status.st_mode))
    return TRUE;
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return TRUE;
  if (fsync (fd) != 0)
    synced = errno != EIO && errno != ENOSPC && errno != EDQUOT;
  close (fd);
  if (!synced)
    GST_WARNING ("%s could not be synced: its task's record is kept", path);
  return synced;
}

/* Whether the stream of @source_pad has ended at all the sinks that it reaches, and
 * is on the disk where it was written. @ended (nullable) is a pipeline, or one of
 * its sinks, that has just told of its end. */
gboolean
gst_foxapi_arrival_is_complete (GstPad * source_pad, GstObject * ended)
{
  g_autoptr (GPtrArray) ends =
      g_ptr_array_new_with_free_func (gst_object_unref);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (NULL, NULL,
      gst_object_unref, NULL);
  gboolean synced = TRUE;

  follow (source_pad, seen, ends);
  if (!have_ended (ends, ended))
    return FALSE;
  for (guint i = 0; i < ends->len; i++) {
    g_autoptr (GstElement) sink =
        gst_pad_get_parent_element (g_ptr_array_index (ends, i));
    GParamSpec *pspec = sink == NULL ? NULL :
        g_object_class_find_property (G_OBJECT_GET_CLASS (sink), "location");
    g_autofree gchar *location = NULL;

    if (pspec == NULL || pspec->value_type != G_TYPE_STRING
        || !(pspec->flags & G_PARAM_READABLE))
      continue;
    g_object_get (sink, "location", &location, NULL);
    synced = (location == NULL || sync_file (location)) && synced;
  }
  return synced;
}

static void
drop_watcher (gpointer element, GClosure * closure)
{
  gst_object_unref (element);
}

/* (transfer full) (nullable): the bus of the pipeline that @element is in. It is
 * watched, in whatever threads post messages, until
 * gst_foxapi_arrival_unwatch(). */
GstBus *
gst_foxapi_arrival_watch (GstElement * element, GCallback handler,
    gulong * handler_id)
{
  GstObject *top = gst_object_ref (GST_OBJECT (element));
  GstObject *parent;
  GstBus *bus = NULL;

  while ((parent = gst_object_get_parent (top)) != NULL) {
    gst_object_unref (top);
    top = parent;
  }
  if (GST_IS_ELEMENT (top))
    bus = gst_element_get_bus (GST_ELEMENT (top));
  gst_object_unref (top);
  if (bus == NULL)
    return NULL;
  gst_bus_enable_sync_message_emission (bus);
  /* The handler may still run in another thread when it is disconnected. */
  *handler_id = g_signal_connect_data (bus, "sync-message", handler,
      gst_object_ref (element), drop_watcher, 0);
  return bus;
}

void
gst_foxapi_arrival_unwatch (GstBus ** bus, gulong * handler_id)
{
  if (*bus == NULL)
    return;
  g_clear_signal_handler (handler_id, *bus);
  gst_bus_disable_sync_message_emission (*bus);
  gst_clear_object (bus);
}
