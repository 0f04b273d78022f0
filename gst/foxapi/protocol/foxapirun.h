/* What a generation needs while it runs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapiclient.h"

G_BEGIN_DECLS

/**
 * FoxapiRunObserver:
 * @task: the task was submitted, taken up (@resumed), or has changed;
 *   @remaining_s is how long it may still take, -1 if unknown
 * @upload: the @nth of @n local references is being uploaded, maybe beside
 *   others
 * @trying_again: @fault passes, the next attempt is @delay_us away
 * @warning: something that a person should know, but that stops nothing
 *
 * Who is told of what happens, in the thread that runs the generation.
 *
 * Since: 0.1
 */
typedef struct
{
  void (*task) (gpointer user_data, FoxapiTask * task, gboolean resumed,
      gint remaining_s);
  void (*upload) (gpointer user_data, const gchar * uri, guint nth, guint n);
  void (*trying_again) (gpointer user_data, const GError * fault,
      gint64 delay_us);
  void (*warning) (gpointer user_data, const GError * warning);
} FoxapiRunObserver;

/**
 * FoxapiRun:
 * @client: the service
 * @store_directory: (nullable): where the records are, %NULL for none
 * @resubmit_maybe_charged: a request whose answer was lost may be sent, and paid
 *   for, once more
 * @retries: how often to send again what may be sent again, -1 without limit
 * @poll_interval_ms: a fixed beat for questions, 0 for the poll plan
 * @deadline_us: when to give up, in the time of g_get_monotonic_time();
 *   %G_MAXINT64 for never. Calls under way do not look at it: whoever makes a
 *   run cancels it then
 * @until_task: stop as soon as there is a task
 * @observer: who is told
 * @user_data: for @observer
 * @cancellable: stops it at once
 *
 * What a generation needs while it runs, all borrowed from the one who runs it.
 *
 * Since: 0.1
 */
typedef struct
{
  FoxapiClient *client;
  const gchar *store_directory;
  gboolean resubmit_maybe_charged;
  gint retries;
  guint poll_interval_ms;
  gint64 deadline_us;
  gboolean until_task;
  const FoxapiRunObserver *observer;
  gpointer user_data;
  GCancellable *cancellable;
} FoxapiRun;

gboolean foxapi_run_is_overdue (const FoxapiRun * run);
gboolean foxapi_run_wait_until (const FoxapiRun * run, gint64 wake_us,
    GError ** error);
gboolean foxapi_run_pause (const FoxapiRun * run, const GError * fault,
    guint attempt, gint64 min_delay_us, GError ** error);
gboolean foxapi_run_wait_for_service (const FoxapiRun * run, GError ** error);
void foxapi_run_warn (const FoxapiRun * run, FoxapiCharge charge,
    const gchar * format, ...) G_GNUC_PRINTF (3, 4);

G_END_DECLS
