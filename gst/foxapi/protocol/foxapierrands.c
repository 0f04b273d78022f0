/* Calls that run elsewhere while the calling thread waits
 *
 * A thread that has once made an HTTP call keeps some 30 KiB for it: stack, and
 * what the allocator sets aside for each thread. Elements wait for minutes and
 * call for milliseconds, so where there are many of them, a few threads make the
 * calls of all.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapierrands.h"

/* So many threads are made whenever they are wanted, and stay without work for a
 * while: that is a poll plan's beat. */
#define FREE_THREADS 2
#define IDLE_US (3 * G_USEC_PER_SEC)

/* Beyond that their number doubles when nobody has begun anything for so long:
 * short calls share what there is, and calls that hang keep nobody from his own
 * for long. */
#define BUSY_US (50 * 1000)

/* On the stack of the thread that waits */
typedef struct
{
  FoxapiErrand errand;
  gpointer data;

  /* Under the lock */
  FoxapiErrands *errands;
  GCond moved;                  /* one of these has become true, or it is first
                                   in the queue now */
  gboolean is_cancelled;
  gboolean has_begun;
  gboolean is_done;
} Job;

/* Held by its owner, and by each of the threads */
struct _FoxapiErrands
{
  gatomicrefcount ref_count;

  GMutex lock;

  /* Under the lock */
  GQueue jobs;
  GCond wanted;                 /* there is a job, or no more to come */
  GList *threads;
  guint n_threads;
  guint n_idle;
  gint64 moved_us;              /* when a job came to the empty queue or has
                                   begun, or threads were added */
  gboolean is_over;
};

/**
 * foxapi_errands_new:
 *
 * Returns: (transfer full): a runner of errands, without any thread yet
 *
 * Since: 0.1
 */
FoxapiErrands *
foxapi_errands_new (void)
{
  FoxapiErrands *errands = g_new0 (FoxapiErrands, 1);

  g_atomic_ref_count_init (&errands->ref_count);
  g_mutex_init (&errands->lock);
  g_cond_init (&errands->wanted);
  g_queue_init (&errands->jobs);
  return errands;
}

static void
errands_unref (FoxapiErrands * errands)
{
  if (!g_atomic_ref_count_dec (&errands->ref_count))
    return;

  g_cond_clear (&errands->wanted);
  g_mutex_clear (&errands->lock);
  g_free (errands);
}

/**
 * foxapi_errands_free:
 * @errands: (transfer full): a runner, of which no errand is under way
 *
 * Ends all threads, and waits for that. It takes no longer than waking them.
 *
 * Since: 0.1
 */
void
foxapi_errands_free (FoxapiErrands * errands)
{
  GList *threads;

  g_mutex_lock (&errands->lock);
  errands->is_over = TRUE;
  g_cond_broadcast (&errands->wanted);
  threads = g_steal_pointer (&errands->threads);
  g_mutex_unlock (&errands->lock);

  for (GList * l = threads; l != NULL; l = l->next)
    g_thread_join (l->data);
  g_list_free (threads);
  errands_unref (errands);
}

/* Called with the lock. Whoever is first in the queue sees to it that there are
 * enough threads. */
static void
wake_first (FoxapiErrands * errands)
{
  Job *job = g_queue_peek_head (&errands->jobs);

  if (job != NULL)
    g_cond_signal (&job->moved);
}

/* Called with the lock, which it lets go meanwhile */
static void
run_next (FoxapiErrands * errands)
{
  Job *job = g_queue_pop_head (&errands->jobs);

  job->has_begun = TRUE;
  errands->moved_us = g_get_monotonic_time ();
  wake_first (errands);
  g_mutex_unlock (&errands->lock);
  job->errand (job->data);
  g_mutex_lock (&errands->lock);
  job->is_done = TRUE;
  g_cond_signal (&job->moved);
}

/* Called with the lock. %FALSE: nothing came. */
static gboolean
wait_for_job (FoxapiErrands * errands)
{
  gint64 end_us = g_get_monotonic_time () + IDLE_US;
  gboolean in_time = errands->n_idle < FREE_THREADS;

  errands->n_idle++;
  while (g_queue_is_empty (&errands->jobs) && !errands->is_over && in_time)
    in_time = g_cond_wait_until (&errands->wanted, &errands->lock, end_us);
  errands->n_idle--;
  return !g_queue_is_empty (&errands->jobs);
}

/* Called with the lock. Nobody waits for a thread that ends of itself. */
static void
leave (FoxapiErrands * errands)
{
  GList *own = g_list_find (errands->threads, g_thread_self ());

  errands->n_threads--;
  if (own == NULL)
    return;
  g_thread_unref (own->data);
  errands->threads = g_list_delete_link (errands->threads, own);
}

static gpointer
work (gpointer user_data)
{
  FoxapiErrands *errands = user_data;

  g_mutex_lock (&errands->lock);
  while (wait_for_job (errands))
    run_next (errands);
  leave (errands);
  g_mutex_unlock (&errands->lock);
  errands_unref (errands);
  return NULL;
}

/* Called with the lock. %FALSE: there can be no more. */
static gboolean
add_thread (FoxapiErrands * errands)
{
  GThread *thread;

  errands->moved_us = g_get_monotonic_time ();
  g_atomic_ref_count_inc (&errands->ref_count);
  thread = g_thread_try_new ("foxapi", work, errands, NULL);
  if (thread == NULL) {
    errands_unref (errands);
    return FALSE;
  }
  errands->n_threads++;
  errands->threads = g_list_prepend (errands->threads, thread);
  return TRUE;
}

/* Called with the lock */
static void
add_threads (FoxapiErrands * errands)
{
  guint n = MIN (MAX (errands->n_threads, 1), errands->jobs.length);

  while (n > 0 && add_thread (errands))
    n--;
}

/* Called with the lock. %FALSE: it was cancelled before it had begun. */
static gboolean
wait_for_start (FoxapiErrands * errands, Job * job)
{
  while (!job->has_begun && !job->is_cancelled) {
    if (g_queue_peek_head (&errands->jobs) != job)
      g_cond_wait (&job->moved, &errands->lock);
    else if (!g_cond_wait_until (&job->moved, &errands->lock,
            errands->moved_us + BUSY_US)
        && g_get_monotonic_time () >= errands->moved_us + BUSY_US)
      add_threads (errands);
  }
  if (job->has_begun)
    return TRUE;

  g_queue_remove (&errands->jobs, job);
  wake_first (errands);
  return FALSE;
}

/* Called with the lock. %FALSE: there is nobody. */
static gboolean
have_thread (FoxapiErrands * errands)
{
  if (errands->n_idle <= errands->jobs.length
      && errands->n_threads < FREE_THREADS)
    add_thread (errands);
  return errands->n_threads > 0;
}

/* %FALSE: there is nobody who does it. */
static gboolean
have_done (FoxapiErrands * errands, Job * job)
{
  gboolean has_begun = FALSE;

  g_mutex_lock (&errands->lock);
  if (have_thread (errands)) {
    if (g_queue_is_empty (&errands->jobs))
      errands->moved_us = g_get_monotonic_time ();
    g_queue_push_tail (&errands->jobs, job);
    g_cond_signal (&errands->wanted);
    has_begun = wait_for_start (errands, job);
    while (has_begun && !job->is_done)
      g_cond_wait (&job->moved, &errands->lock);
  }
  g_mutex_unlock (&errands->lock);
  return has_begun;
}

static void
on_cancelled (GCancellable * cancellable, gpointer user_data)
{
  Job *job = user_data;

  g_mutex_lock (&job->errands->lock);
  job->is_cancelled = TRUE;
  g_cond_signal (&job->moved);
  g_mutex_unlock (&job->errands->lock);
}

/**
 * foxapi_errands_run:
 * @errands: a runner
 * @errand: what to do; it ends soon when @cancellable is cancelled
 * @data: for @errand
 * @cancellable: (nullable): what @errand looks at
 *
 * Runs @errand in another thread, and returns when it has returned. Where that
 * is not possible, or no more worth while, it runs in the calling thread.
 *
 * Since: 0.1
 */
void
foxapi_errands_run (FoxapiErrands * errands, FoxapiErrand errand,
    gpointer data, GCancellable * cancellable)
{
  Job job = {.errand = errand,.data = data,.errands = errands };
  gulong handler = 0;

  g_cond_init (&job.moved);
  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled),
        &job, NULL);
  if (!have_done (errands, &job))
    errand (data);
  g_cancellable_disconnect (cancellable, handler);
  g_cond_clear (&job.moved);
}
