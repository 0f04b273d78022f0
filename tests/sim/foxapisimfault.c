/* The FoxAPI service, simulated: what goes wrong on the raw connection.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libsoup sends honest answers. An answer that must break off, stall or never
 * end is written here, on the connection taken away from libsoup, by a thread of
 * its own. All else in this file runs in the server's thread.
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
  GThread *thread;              /* that writes */
  GIOStream *stream;
  GSocket *socket;
  GCancellable *cancellable;    /* the peer has gone, or the simulator ends */
  GSource *gone_source;
  FoxapiSimAnswer *answer;
  FoxapiSimFault fault;         /* only the numbers: its texts are used up */
  gboolean resets;              /* at its end */
};

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

/* Closes the connection */
static gboolean
on_written (gpointer data)
{
  FoxapiSimWire *wire = data;
  struct linger linger = { 1, 0 };

  if (wire->thread != NULL)
    g_thread_join (wire->thread);
  foxapi_sim_clear_source (&wire->gone_source);
  if (wire->resets)
    setsockopt (g_socket_get_fd (wire->socket), SOL_SOCKET, SO_LINGER, &linger,
        sizeof linger);
  g_socket_close (wire->socket, NULL);
  foxapi_sim_connection_closed (wire->sim, wire->socket);
  wire->sim->wires = g_list_remove (wire->sim->wires, wire);
  foxapi_sim_answer_free (wire->answer);
  g_object_unref (wire->cancellable);
  g_object_unref (wire->stream);
  g_object_unref (wire->socket);
  g_free (wire);
  return G_SOURCE_REMOVE;
}

/* Wakes the thread, whatever it is doing. */
static void
wire_cancel (FoxapiSimWire * wire)
{
  FOXAPI_SIM_LOCK (wire->sim);

  g_cancellable_cancel (wire->cancellable);
  g_cond_broadcast (&wire->sim->changed);
}

static gboolean
on_gone (G_GNUC_UNUSED gint fd, G_GNUC_UNUSED GIOCondition condition,
    gpointer data)
{
  FoxapiSimWire *wire = data;

  wire_cancel (wire);
  return G_SOURCE_REMOVE;
}

/* In the thread; each step is FALSE where the connection has ended */

static gboolean
wire_wait_release (FoxapiSimWire * wire)
{
  FoxapiSim *sim = wire->sim;
  FOXAPI_SIM_LOCK (sim);

  while (!sim->released && !g_cancellable_is_cancelled (wire->cancellable))
    g_cond_wait (&sim->changed, &sim->lock);
  return !g_cancellable_is_cancelled (wire->cancellable);
}

static gboolean
wire_pause (FoxapiSimWire * wire, guint ms)
{
  GPollFD cancelled;

  if (g_cancellable_make_pollfd (wire->cancellable, &cancelled)) {
    g_poll (&cancelled, 1, ms);
    g_cancellable_release_fd (wire->cancellable);
  }
  return !g_cancellable_is_cancelled (wire->cancellable);
}

static gboolean
wire_write (FoxapiSimWire * wire, const GString * text)
{
  return g_output_stream_write_all (g_io_stream_get_output_stream
      (wire->stream), text->str, text->len, NULL, wire->cancellable, NULL);
}

static gboolean
wire_write_head (FoxapiSimWire * wire)
{
  FoxapiSimAnswer *answer = wire->answer;
  SoupMessageHeaders *headers = answer->headers;
  g_autoptr (GString) text = g_string_new (NULL);
  SoupMessageHeadersIter iter;
  const gchar *name, *value;

  g_string_append_printf (text, "HTTP/1.1 %u %s\r\n", answer->status,
      soup_status_get_phrase (answer->status));
  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    g_string_append_printf (text, "%s: %s\r\n", name, value);
  if (answer->chunked)
    g_string_append (text, "Transfer-Encoding: chunked\r\n");
  else if (!soup_message_headers_get_one (headers, "Content-Length")
      && !soup_message_headers_get_one (headers, "Transfer-Encoding"))
    g_string_append_printf (text, "Content-Length: %" G_GSIZE_FORMAT "\r\n",
        g_bytes_get_size (answer->body));
  /* An answer that breaks off does not say that the connection will close:
   * libsoup takes that as leave to end before the promised length. */
  if (wire->fault.cut_at == 0 && wire->fault.reset_at == 0
      && !soup_message_headers_get_one (headers, "Connection"))
    g_string_append (text, "Connection: close\r\n");
  g_string_append (text, "\r\n");
  return wire_write (wire, text);
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

/* @length bytes of the body from @offset; an endless one starts over at its end,
 * and is made of spaces where there is nothing to repeat. One chunk is one piece, so
 * a chunked body that is cut ends with a whole chunk, without the last one that says
 * it is complete. */
static gboolean
wire_write_piece (FoxapiSimWire * wire, guint64 offset, guint64 length)
{
  FoxapiSimAnswer *answer = wire->answer;
  g_autoptr (GString) text = g_string_new (NULL);
  gsize size;
  const gchar *data = g_bytes_get_data (answer->body, &size);

  if (answer->chunked)
    g_string_append_printf (text, "%" G_GINT64_MODIFIER "x\r\n", length);
  for (guint64 at = offset; at < offset + length;) {
    gsize n = size > 0 ? MIN (size - at % size, offset + length - at) : 1;

    g_string_append_len (text, size > 0 ? data + at % size : " ", n);
    at += n;
  }
  if (answer->chunked)
    g_string_append (text, "\r\n");
  /* Before the write: whoever has the last byte finds it recorded */
  if (answer->delivers != NULL && offset + length == size)
    foxapi_sim_mark_delivered (wire->sim, answer->delivers);
  return wire_write (wire, text);
}

/* A reset throws away what the peer's kernel has not acknowledged yet, so
 * that has to be on the other side first for reset_at to be exact. */
static void
wire_drain (FoxapiSimWire * wire)
{
  int fd = g_socket_get_fd (wire->socket);
  int unsent = 0;

  while (ioctl (fd, SIOCOUTQ, &unsent) == 0 && unsent > 0
      && wire_pause (wire, DRAIN_POLL_MS)) {
  }
  wire->resets = TRUE;
}

/* Writes the answer as far as the fault lets it come. */
static gpointer
wire_thread (gpointer data)
{
  static const GString last_chunk = { (gchar *) "0\r\n\r\n", 5, 6 };
  FoxapiSimWire *wire = data;
  const FoxapiSimFault *fault = &wire->fault;
  guint64 limit = wire_get_limit (wire), sent = 0;
  gboolean good = wire_write_head (wire);

  while (good) {
    guint64 n = MIN (limit - sent, PIECE_SIZE);

    if (fault->hold_at != 0 && sent == fault->hold_at)
      good = wire_wait_release (wire);
    if (!good || sent == limit)
      break;
    if (fault->hold_at > sent)
      n = MIN (n, fault->hold_at - sent);
    if (fault->drip_ms != 0)
      n = 1;
    good = wire_write_piece (wire, sent, n)
        && (fault->drip_ms == 0 || wire_pause (wire, fault->drip_ms));
    sent += n;
  }
  if (good && fault->reset_at != 0 && sent >= fault->reset_at)
    wire_drain (wire);
  else if (good && wire->answer->chunked && !wire->answer->head_only
      && (fault->cut_at == 0 || sent < fault->cut_at))
    wire_write (wire, &last_chunk);
  foxapi_sim_post (wire->sim, on_written, wire);
  return NULL;
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
  wire->resets = wire->fault.reset;
  sim->wires = g_list_prepend (sim->wires, wire);
  if (wire->fault.endless)
    wire->answer->chunked = TRUE;
  if (wire->fault.reset || wire->fault.close) {
    on_written (wire);
  } else {
    wire->gone_source =
        foxapi_sim_watch_gone (sim, wire->socket, on_gone, wire);
    wire->thread = g_thread_new ("foxapi-wire", wire_thread, wire);
  }
}

void
foxapi_sim_wires_cancel (FoxapiSim * sim)
{
  for (GList * l = sim->wires; l != NULL; l = l->next)
    wire_cancel (l->data);
}
