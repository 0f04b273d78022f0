/* Tells ThreadSanitizer what GLib's and GStreamer's locks, reference counts and
 * queues order. They are not built for it, and do not use the pthread calls that
 * it watches, so that without this everything that they guard looks like a race.
 *
 * Loaded before all other libraries (thread.sh). Each function here is the one
 * of the same name, with the sanitizer told of the order that it makes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dlfcn.h>
#include <gio/gio.h>
#include <gst/gst.h>
#include <sanitizer/tsan_interface.h>

/* *INDENT-OFF* */
#define NEXT(name) \
  static gpointer found; \
  __typeof__ (name) *next; \
  if (G_UNLIKELY (g_atomic_pointer_get (&found) == NULL)) \
    g_atomic_pointer_set (&found, dlsym (RTLD_NEXT, #name)); \
  next = (__typeof__ (next)) g_atomic_pointer_get (&found)

#define LOCK(name, type) \
  void name (type * lock) \
  { \
    NEXT (name); \
    next (lock); \
    __tsan_acquire (lock); \
  }

#define TRYLOCK(name, type) \
  gboolean name (type * lock) \
  { \
    gboolean locked; \
    NEXT (name); \
    locked = next (lock); \
    if (locked) \
      __tsan_acquire (lock); \
    return locked; \
  }

#define UNLOCK(name, type) \
  void name (type * lock) \
  { \
    NEXT (name); \
    __tsan_release (lock); \
    next (lock); \
  }

LOCK (g_mutex_lock, GMutex)
TRYLOCK (g_mutex_trylock, GMutex)
UNLOCK (g_mutex_unlock, GMutex)
LOCK (g_rec_mutex_lock, GRecMutex)
TRYLOCK (g_rec_mutex_trylock, GRecMutex)
UNLOCK (g_rec_mutex_unlock, GRecMutex)
LOCK (g_rw_lock_reader_lock, GRWLock)
UNLOCK (g_rw_lock_reader_unlock, GRWLock)
LOCK (g_rw_lock_writer_lock, GRWLock)
UNLOCK (g_rw_lock_writer_unlock, GRWLock)

void
g_cond_wait (GCond * cond, GMutex * mutex)
{
  NEXT (g_cond_wait);
  __tsan_release (mutex);
  next (cond, mutex);
  __tsan_acquire (mutex);
}

gboolean
g_cond_wait_until (GCond * cond, GMutex * mutex, gint64 end_time)
{
  gboolean signalled;
  NEXT (g_cond_wait_until);
  __tsan_release (mutex);
  signalled = next (cond, mutex, end_time);
  __tsan_acquire (mutex);
  return signalled;
}

/* Whoever drops the last reference sees what all others did before theirs. */
#define ORDERED(result, name, arguments, call, on) \
  result name arguments \
  { \
    NEXT (name); \
    __tsan_release (on); \
    __tsan_acquire (on); \
    return next call; \
  }

#define HANDS_OVER(result, name, arguments, call, on) \
  result name arguments \
  { \
    NEXT (name); \
    __tsan_release (on); \
    return next call; \
  }

#define TAKES_OVER(result, name, arguments, call, on) \
  result name arguments \
  { \
    result taken; \
    NEXT (name); \
    taken = next call; \
    __tsan_acquire (on); \
    return taken; \
  }

ORDERED (void, g_object_unref, (gpointer object), (object), object)
ORDERED (gboolean, g_atomic_ref_count_dec, (gatomicrefcount * count), (count),
    count)
ORDERED (void, gst_mini_object_unref, (GstMiniObject * object), (object),
    object)
ORDERED (void, g_bytes_unref, (GBytes * bytes), (bytes), bytes)

/* What is sent through a queue was made before it is taken out. */
HANDS_OVER (gboolean, gst_bus_post, (GstBus * bus, GstMessage * message),
    (bus, message), bus)
TAKES_OVER (GstMessage *, gst_bus_timed_pop_filtered, (GstBus * bus,
        GstClockTime timeout, GstMessageType types), (bus, timeout, types), bus)
HANDS_OVER (void, g_async_queue_push, (GAsyncQueue * queue, gpointer data),
    (queue, data), queue)
HANDS_OVER (void, g_async_queue_push_front, (GAsyncQueue * queue,
        gpointer data), (queue, data), queue)
TAKES_OVER (gpointer, g_async_queue_try_pop, (GAsyncQueue * queue), (queue),
    queue)
TAKES_OVER (gpointer, g_async_queue_pop, (GAsyncQueue * queue), (queue), queue)
TAKES_OVER (gpointer, g_async_queue_timeout_pop, (GAsyncQueue * queue,
        guint64 timeout), (queue, timeout), queue)
HANDS_OVER (void, g_cancellable_cancel, (GCancellable * cancellable),
    (cancellable), cancellable)
TAKES_OVER (gboolean, g_cancellable_is_cancelled, (GCancellable * cancellable),
    (cancellable), cancellable)

/* A thread's function is called by GLib, with what its maker left for it. */
typedef struct
{
  GThreadFunc function;
  gpointer data;
} Start;

static gpointer
start_thread (gpointer user_data)
{
  Start start = *(Start *) user_data;

  __tsan_acquire (user_data);
  g_free (user_data);
  return start.function (start.data);
}

GThread *
g_thread_new (const gchar * name, GThreadFunc function, gpointer data)
{
  Start *start = g_new (Start, 1);

  NEXT (g_thread_new);
  start->function = function;
  start->data = data;
  __tsan_release (start);
  return next (name, start_thread, start);
}

/* A source's function is called by the thread that runs the context. */
typedef struct
{
  GSourceFunc function;
  gpointer data;
  GDestroyNotify notify;
} Callback;

static gboolean
call_back (gpointer user_data)
{
  Callback *callback = user_data;

  __tsan_acquire (callback);
  return callback->function (callback->data);
}

static void
free_callback (gpointer user_data)
{
  Callback *callback = user_data;

  if (callback->notify != NULL)
    callback->notify (callback->data);
  g_free (callback);
}

void
g_main_context_invoke_full (GMainContext * context, gint priority,
    GSourceFunc function, gpointer data, GDestroyNotify notify)
{
  Callback *callback = g_new (Callback, 1);

  NEXT (g_main_context_invoke_full);
  callback->function = function;
  callback->data = data;
  callback->notify = notify;
  __tsan_release (callback);
  next (context, priority, call_back, callback, free_callback);
}

void
g_main_context_invoke (GMainContext * context, GSourceFunc function,
    gpointer data)
{
  g_main_context_invoke_full (context, G_PRIORITY_DEFAULT, function, data,
      NULL);
}
/* *INDENT-ON* */
