/* What a generation needs while it runs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapiclient.h"

G_BEGIN_DECLS

/* Who is told of what happens, in the thread that runs the generation */
typedef struct
{
  /* The task was submitted, taken up (@resumed) or has changed; how long it may
   * still take, -1 if unknown */
  void (*task) (gpointer user_data, FoxapiTask * task, gboolean resumed,
      gint remaining_s);
  /* The nth of n local references is being uploaded, maybe beside others */
  void (*upload) (gpointer user_data, const gchar * uri, guint nth, guint n);
  /* The fault passes, and the next attempt is so far away */
  void (*trying_again) (gpointer user_data, const GError * fault,
      gint64 delay_us);
  /* Somebody else is on the way to the same, which this one waits for */
  void (*waiting) (gpointer user_data, const gchar * text);
  /* A person should know, but it stops nothing */
  void (*warning) (gpointer user_data, const GError * warning);
} FoxapiRunObserver;

/* What a generation needs while it runs; it belongs to the one who runs it. */
typedef struct
{
  FoxapiClient *client;
  gchar *store_directory;       /* NULL: no records */
  gchar *clip_directory;        /* NULL: no clip cache */
  guint64 clip_limit;           /* bytes that all clips may take */
  gboolean resubmit_maybe_charged;      /* may pay once more for a lost answer */
  gint retries;                 /* -1: without limit */
  guint poll_interval_ms;       /* 0: the poll plan */
  gint64 deadline_us;           /* in monotonic time, G_MAXINT64 for never; calls
                                   under way are cancelled by whoever runs it */
  guint result_index;           /* which of the results is downloaded */
  gboolean until_task;          /* stop as soon as there is a task */
  const FoxapiRunObserver *observer;
  gpointer user_data;
  GCancellable *cancellable;
} FoxapiRun;

gboolean foxapi_run_is_overdue (const FoxapiRun * run);
gboolean foxapi_run_wait_until (const FoxapiRun * run, gint64 wake_us,
    GError ** error);
gboolean foxapi_run_wait_in_time (const FoxapiRun * run, gint64 wake_us,
    GError ** error);
void foxapi_run_set_overdue_error (const GError * fault, GError ** error);
gboolean foxapi_run_pause (const FoxapiRun * run, const GError * fault,
    guint attempt, gint64 min_delay_us, GError ** error);
gboolean foxapi_run_wait_for_service (const FoxapiRun * run, GError ** error);
void foxapi_run_warn (const FoxapiRun * run, FoxapiCharge charge,
    const gchar * format, ...) G_GNUC_PRINTF (3, 4);

G_END_DECLS
