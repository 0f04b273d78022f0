/* The FoxAPI service, simulated: what goes wrong on the raw connection.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libsoup sends honest answers. An answer that must break off, stall or never
 * end is written here, on the connection taken away from libsoup. Everything
 * in this file runs in the server's thread; the lock is taken only to read
 * whether held answers were released, and to record a delivery.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE             /* POLLRDHUP */
#endif

#include "foxapisimprivate.h"

#include <glib-unix.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define PIECE_SIZE ((guint64) 64 * 1024)
#define DRAIN_POLL_MS 1

/* "The peer will send no more": GLib has no name for it, poll() has. */
#define CONDITION_GONE ((GIOCondition) POLLRDHUP)

struct _FoxapiSimWire
{
  FoxapiSim *sim;
  GIOStream *stream;
  GSocket *socket;
  GCancellable *cancellable;
  FoxapiSimAnswer *answer;
  FoxapiSimFault fault;         /* only the numbers: its texts are used up */

  GBytes *piece;                /* what is being written */
  guint64 piece_body;           /* how much of the body that is */
  guint64 sent;                 /* of the body, written */
  gboolean head_sent;
  gboolean last_sent;           /* the end of a chunked body */
  gboolean waiting;             /* at hold_at */
  gboolean writing;
  gboolean ended;
  GSource *timer;
  GSource *gone_source;
};

static void wire_step (FoxapiSimWire * wire);

FoxapiSimFault *
foxapi_sim_fault_copy (const FoxapiSimFault * fault)
{
  FoxapiSimFault *copy = g_memdup2 (fault, sizeof *fault);

  copy->headers = g_strdup (fault->headers);
  copy->answer = g_strdup (fault->answer);
  if (fault->body != NULL && fault->body_length > 0)
    copy->body = g_memdup2 (fault->body, fault->body_length);
  else
    copy->body = g_strdup (fault->body);
  return copy;
}

void
foxapi_sim_fault_free (FoxapiSimFault * fault)
{
  g_free ((gchar *) fault->headers);
  g_free ((gchar *) fault->body);
  g_free ((gchar *) fault->answer);
  g_free (fault);
}

/* TRUE where the honest answer is not seen, so that the request need not be
 * carried out */
gboolean
foxapi_sim_fault_replaces_answer (const FoxapiSimFault * fault)
{
  return fault->reset || fault->close || fault->body != NULL
      || fault->status != 0 || fault->answer != NULL;
}

static gboolean
has_framing_header (const gchar * lines)
{
  static const gchar *const names[] = {
    "Content-Length:", "Transfer-Encoding:", "Connection:",
  };
  g_auto (GStrv) list = g_strsplit (lines, "\n", -1);

  for (guint i = 0; list[i] != NULL; i++) {
    for (guint j = 0; j < G_N_ELEMENTS (names); j++) {
      if (g_ascii_strncasecmp (list[i], names[j], strlen (names[j])) == 0)
        return TRUE;
    }
  }
  return FALSE;
}

/* libsoup frames answers itself and will not send a wrong length: such
 * headers, too, are for the raw connection. */
gboolean
foxapi_sim_fault_needs_wire (const FoxapiSimFault * fault)
{
  return fault->reset || fault->close || fault->cut_at != 0
      || fault->reset_at != 0 || fault->hold_at != 0 || fault->drip_ms != 0
      || fault->endless || (fault->headers != NULL
      && has_framing_header (fault->headers));
}

/* Calls @callback once the peer has closed its side, which libsoup does not
 * notice while it has nothing to read or write. */
GSource *
foxapi_sim_watch_gone (FoxapiSim * sim, GSocket * socket,
    GUnixFDSourceFunc callback, gpointer data)
{
  GSource *source =
      g_unix_fd_source_new (g_socket_get_fd (socket), CONDITION_GONE);

  g_source_set_callback (source, G_SOURCE_FUNC (callback), data, NULL);
  g_source_attach (source, sim->context);
  return source;
}

void
foxapi_sim_clear_source (GSource ** source)
{
  if (*source != NULL) {
    g_source_destroy (*source);
    g_clear_pointer (source, g_source_unref);
  }
}

static void
wire_free (FoxapiSimWire * wire)
{
  wire->sim->n_wires--;
  foxapi_sim_answer_free (wire->answer);
  g_clear_pointer (&wire->piece, g_bytes_unref);
  g_object_unref (wire->cancellable);
  g_object_unref (wire->stream);
  g_object_unref (wire->socket);
  g_free (wire);
}

/* Closes the connection. The wire lives on until a write that is under way
 * has been cancelled. */
static void
wire_end (FoxapiSimWire * wire)
{
  if (wire->ended)
    return;
  wire->ended = TRUE;
  wire->sim->wires = g_list_remove (wire->sim->wires, wire);
  foxapi_sim_clear_source (&wire->timer);
  foxapi_sim_clear_source (&wire->gone_source);
  g_cancellable_cancel (wire->cancellable);
  g_socket_close (wire->socket, NULL);
  foxapi_sim_connection_closed (wire->sim, wire->socket);
  if (!wire->writing)
    wire_free (wire);
}

static void
wire_reset (FoxapiSimWire * wire)
{
  struct linger linger = { 1, 0 };

  setsockopt (g_socket_get_fd (wire->socket), SOL_SOCKET, SO_LINGER, &linger,
      sizeof linger);
  wire_end (wire);
}

static gboolean
on_gone (G_GNUC_UNUSED gint fd, G_GNUC_UNUSED GIOCondition condition,
    gpointer data)
{
  wire_end (data);
  return G_SOURCE_REMOVE;
}

static void
wire_set_timer (FoxapiSimWire * wire, guint ms, GSourceFunc callback)
{
  foxapi_sim_clear_source (&wire->timer);
  wire->timer = g_timeout_source_new (ms);
  g_source_set_callback (wire->timer, callback, wire, NULL);
  g_source_attach (wire->timer, wire->sim->context);
}

/* A reset throws away what the peer's kernel has not acknowledged yet, so
 * that has to be on the other side first for reset_at to be exact. */
static gboolean
on_drain (gpointer data)
{
  FoxapiSimWire *wire = data;
  int unsent = 0;

  if (ioctl (g_socket_get_fd (wire->socket), SIOCOUTQ, &unsent) == 0
      && unsent > 0)
    return G_SOURCE_CONTINUE;
  wire_reset (wire);
  return G_SOURCE_REMOVE;
}

static gboolean
on_drip (gpointer data)
{
  FoxapiSimWire *wire = data;

  foxapi_sim_clear_source (&wire->timer);
  wire_step (wire);
  return G_SOURCE_REMOVE;
}

static void
on_written (GObject * source, GAsyncResult * result, gpointer data)
{
  FoxapiSimWire *wire = data;
  gboolean written = g_output_stream_write_all_finish (G_OUTPUT_STREAM (source),
      result, NULL, NULL);

  wire->writing = FALSE;
  if (wire->ended) {
    wire_free (wire);
    return;
  }
  if (!written) {
    wire_end (wire);
    return;
  }
  wire->sent += wire->piece_body;
  g_clear_pointer (&wire->piece, g_bytes_unref);
  if (wire->fault.drip_ms != 0 && wire->piece_body != 0)
    wire_set_timer (wire, wire->fault.drip_ms, on_drip);
  else
    wire_step (wire);
}

static void
wire_write (FoxapiSimWire * wire, GByteArray * bytes, guint64 of_body)
{
  GOutputStream *output = g_io_stream_get_output_stream (wire->stream);

  wire->piece = g_byte_array_free_to_bytes (bytes);
  wire->piece_body = of_body;
  wire->writing = TRUE;
  g_output_stream_write_all_async (output,
      g_bytes_get_data (wire->piece, NULL), g_bytes_get_size (wire->piece),
      G_PRIORITY_DEFAULT, wire->cancellable, on_written, wire);
}

static void
append_text (GByteArray * bytes, const gchar * text)
{
  g_byte_array_append (bytes, (const guint8 *) text, strlen (text));
}

static void
wire_write_head (FoxapiSimWire * wire)
{
  FoxapiSimAnswer *answer = wire->answer;
  GByteArray *bytes = g_byte_array_new ();
  SoupMessageHeadersIter iter;
  const gchar *name, *value;
  g_autofree gchar *first = g_strdup_printf ("HTTP/1.1 %u %s\r\n",
      answer->status, soup_status_get_phrase (answer->status));
  g_autofree gchar *length = g_strdup_printf ("Content-Length: %"
      G_GSIZE_FORMAT "\r\n", g_bytes_get_size (answer->body));

  append_text (bytes, first);
  soup_message_headers_iter_init (&iter, answer->headers);
  while (soup_message_headers_iter_next (&iter, &name, &value)) {
    g_autofree gchar *line = g_strdup_printf ("%s: %s\r\n", name, value);

    append_text (bytes, line);
  }
  if (answer->chunked)
    append_text (bytes, "Transfer-Encoding: chunked\r\n");
  else if (!soup_message_headers_get_one (answer->headers, "Content-Length")
      && !soup_message_headers_get_one (answer->headers, "Transfer-Encoding"))
    append_text (bytes, length);
  /* An answer that breaks off does not say that the connection will close:
   * libsoup takes that as leave to end before the promised length. */
  if (wire->fault.cut_at == 0 && wire->fault.reset_at == 0
      && !soup_message_headers_get_one (answer->headers, "Connection"))
    append_text (bytes, "Connection: close\r\n");
  append_text (bytes, "\r\n");
  wire->head_sent = TRUE;
  wire_write (wire, bytes, 0);
}

/* Where the body stops: at its end or at the cut, whichever is first */
static guint64
wire_get_limit (FoxapiSimWire * wire)
{
  guint64 limit = g_bytes_get_size (wire->answer->body);

  if (wire->answer->head_only)
    limit = 0;
  if (wire->fault.endless)
    limit = G_MAXUINT64;
  if (wire->fault.cut_at != 0)
    limit = MIN (limit, wire->fault.cut_at);
  if (wire->fault.reset_at != 0)
    limit = MIN (limit, wire->fault.reset_at);
  return limit;
}

/* Appends @length bytes of the body from @offset; an endless one starts over
 * at its end, and is made of spaces where there is nothing to repeat. */
static void
wire_append_body (FoxapiSimWire * wire, GByteArray * bytes, guint64 offset,
    guint64 length)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (wire->answer->body, &size);

  while (length > 0) {
    gsize from, n;

    if (size == 0) {
      append_text (bytes, " ");
      length--;
      continue;
    }
    from = offset % size;
    n = MIN (size - from, length);
    g_byte_array_append (bytes, data + from, n);
    offset += n;
    length -= n;
  }
}

/* One chunk is one piece, so a chunked body that is cut ends with a whole
 * chunk, without the last one that says it is complete. */
static void
wire_write_piece (FoxapiSimWire * wire, guint64 limit)
{
  GByteArray *bytes = g_byte_array_new ();
  guint64 n = MIN (limit - wire->sent, PIECE_SIZE);

  if (wire->fault.hold_at > wire->sent)
    n = MIN (n, wire->fault.hold_at - wire->sent);
  if (wire->fault.drip_ms != 0)
    n = MIN (n, 1);
  if (wire->answer->chunked) {
    g_autofree gchar *size = g_strdup_printf ("%" G_GINT64_MODIFIER "x\r\n", n);

    append_text (bytes, size);
  }
  wire_append_body (wire, bytes, wire->sent, n);
  /* Before the write: whoever has the last byte finds it recorded */
  if (wire->answer->delivers != NULL
      && wire->sent + n == g_bytes_get_size (wire->answer->body))
    foxapi_sim_mark_delivered (wire->sim, wire->answer->delivers);
  if (wire->answer->chunked)
    append_text (bytes, "\r\n");
  wire_write (wire, bytes, n);
}

/* Everything that is to be sent was written */
static void
wire_finish (FoxapiSimWire * wire)
{
  gboolean cut = wire->fault.cut_at != 0 && wire->sent >= wire->fault.cut_at;

  if (wire->fault.reset_at != 0 && wire->sent >= wire->fault.reset_at) {
    wire_set_timer (wire, DRAIN_POLL_MS, on_drain);
    return;
  }
  if (wire->answer->chunked && !wire->answer->head_only && !cut
      && !wire->last_sent) {
    GByteArray *bytes = g_byte_array_new ();

    append_text (bytes, "0\r\n\r\n");
    wire->last_sent = TRUE;
    wire_write (wire, bytes, 0);
    return;
  }
  wire_end (wire);
}

/* The next thing to do, when nothing is being written */
static void
wire_step (FoxapiSimWire * wire)
{
  guint64 limit = wire_get_limit (wire);

  if (!wire->head_sent) {
    wire_write_head (wire);
    return;
  }
  if (wire->fault.hold_at != 0 && wire->sent == wire->fault.hold_at) {
    gboolean released;

    g_mutex_lock (&wire->sim->lock);
    released = wire->sim->released;
    g_mutex_unlock (&wire->sim->lock);
    wire->waiting = !released;
    if (wire->waiting)
      return;
  }
  if (wire->sent < limit)
    wire_write_piece (wire, limit);
  else
    wire_finish (wire);
}

/* Takes the connection of @exchange away from libsoup, and its answer, and
 * lets the fault strike. */
void
foxapi_sim_wire_take (FoxapiSimExchange * exchange)
{
  FoxapiSimWire *wire = g_new0 (FoxapiSimWire, 1);
  FoxapiSim *sim = exchange->sim;

  wire->sim = sim;
  wire->fault = *exchange->fault;
  wire->fault.headers = wire->fault.body = wire->fault.answer = NULL;
  wire->answer = g_steal_pointer (&exchange->answer);
  wire->cancellable = g_cancellable_new ();
  wire->socket =
      g_object_ref (soup_server_message_get_socket (exchange->message));
  wire->stream = foxapi_sim_steal_connection (sim, exchange->message);
  sim->wires = g_list_prepend (sim->wires, wire);
  sim->n_wires++;
  if (wire->fault.endless)
    wire->answer->chunked = TRUE;
  if (wire->fault.reset) {
    wire_reset (wire);
  } else if (wire->fault.close) {
    wire_end (wire);
  } else {
    wire->gone_source =
        foxapi_sim_watch_gone (sim, wire->socket, on_gone, wire);
    wire_step (wire);
  }
}

void
foxapi_sim_wires_resume (FoxapiSim * sim)
{
  g_autoptr (GList) wires = g_list_copy (sim->wires);

  for (GList * l = wires; l != NULL; l = l->next) {
    FoxapiSimWire *wire = l->data;

    /* One that ends takes only itself off the list */
    if (wire->waiting) {
      wire->waiting = FALSE;
      wire_step (wire);
    }
  }
}

void
foxapi_sim_wires_end (FoxapiSim * sim)
{
  while (sim->wires != NULL)
    wire_end (sim->wires->data);
}
