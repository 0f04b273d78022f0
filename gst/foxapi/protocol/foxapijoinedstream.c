/* Bytes, a file, bytes: one input stream, so that a large file goes into a
 * multipart body without being in memory
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapijoinedstream.h"

struct _FoxapiJoinedStream
{
  GInputStream parent;

  GInputStream *head;
  GInputStream *middle;
  guint64 middle_left;
  GInputStream *tail;
};

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE (FoxapiJoinedStream, foxapi_joined_stream,
    G_TYPE_INPUT_STREAM)
/* *INDENT-ON* */

static gssize
read_middle (FoxapiJoinedStream * self, void *buffer, gsize count,
    GCancellable * cancellable, GError ** error)
{
  gssize n = g_input_stream_read (self->middle, buffer,
      MIN (count, self->middle_left), cancellable, error);

  if (n == 0) {
    /* The length was promised to the server. */
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT,
        "the file became shorter while it was read");
    return -1;
  }
  if (n > 0)
    self->middle_left -= n;
  return n;
}

static gssize
foxapi_joined_stream_read (GInputStream * stream, void *buffer, gsize count,
    GCancellable * cancellable, GError ** error)
{
  FoxapiJoinedStream *self = FOXAPI_JOINED_STREAM (stream);
  gssize n = g_input_stream_read (self->head, buffer, count, cancellable,
      error);

  if (n != 0)
    return n;
  if (self->middle_left > 0)
    return read_middle (self, buffer, count, cancellable, error);
  return g_input_stream_read (self->tail, buffer, count, cancellable, error);
}

static void
foxapi_joined_stream_dispose (GObject * object)
{
  FoxapiJoinedStream *self = FOXAPI_JOINED_STREAM (object);

  /* The parent's closes the stream, with all its parts still there. */
  G_OBJECT_CLASS (foxapi_joined_stream_parent_class)->dispose (object);

  g_clear_object (&self->head);
  g_clear_object (&self->middle);
  g_clear_object (&self->tail);
}

static void
foxapi_joined_stream_init (FoxapiJoinedStream * self)
{
}

static void
foxapi_joined_stream_class_init (FoxapiJoinedStreamClass * klass)
{
  G_OBJECT_CLASS (klass)->dispose = foxapi_joined_stream_dispose;
  G_INPUT_STREAM_CLASS (klass)->read_fn = foxapi_joined_stream_read;
}

/**
 * foxapi_joined_stream_new:
 * @head: the first bytes
 * @middle: a stream, of which
 * @middle_length: bytes follow; fewer are an error
 * @tail: the last bytes
 *
 * Returns: (transfer full): a stream of all three
 *
 * Since: 0.1
 */
GInputStream *
foxapi_joined_stream_new (GBytes * head, GInputStream * middle,
    guint64 middle_length, GBytes * tail)
{
  FoxapiJoinedStream *self = g_object_new (FOXAPI_TYPE_JOINED_STREAM, NULL);

  self->head = g_memory_input_stream_new_from_bytes (head);
  self->middle = g_object_ref (middle);
  self->middle_left = middle_length;
  self->tail = g_memory_input_stream_new_from_bytes (tail);
  return G_INPUT_STREAM (self);
}
