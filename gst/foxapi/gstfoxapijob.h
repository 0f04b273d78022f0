/* The generation of one element, through its starts and stops
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapigeneration.h"
#include "gstfoxapideadline.h"
#include "gstfoxapisettings.h"

G_BEGIN_DECLS

/**
 * GstFoxapiWish:
 * @service: a copy of the service properties
 * @body: (nullable): the request, %NULL if it breaks a rule
 * @body_error: (nullable): which
 * @task_id: (nullable): the task to take up
 * @task_is_forgotten: `task-id` was set to %NULL
 * @until_task: `output` is `task`
 *
 * What an application has set, at one moment.
 */
typedef struct
{
  GstFoxapiSettings service;
  JsonObject *body;
  GError *body_error;
  gchar *task_id;
  gboolean task_is_forgotten;
  gboolean until_task;
} GstFoxapiWish;

void gst_foxapi_wish_clear (GstFoxapiWish * wish);

/**
 * GstFoxapiJob:
 * @generation: (nullable): through restarts: what is known
 * @body_text: (nullable): the properties that it was made of
 * @client: the service, between prepare and release
 * @run: what the generation runs with, between prepare and release
 * @store_directory: (nullable): of @run
 * @deadline: (nullable): the end of `task-timeout`, between prepare and release
 *
 * The generation of one element. It belongs to the thread that changes the
 * element's state while there is no streaming thread, and to the streaming
 * thread otherwise.
 */
typedef struct
{
  FoxapiGeneration *generation;
  gchar *body_text;

  FoxapiClient *client;
  FoxapiRun run;
  gchar *store_directory;
  GstFoxapiDeadline *deadline;
} GstFoxapiJob;

gboolean gst_foxapi_job_check (GstFoxapiJob * job, GstFoxapiWish * wish,
    GError ** error);
gboolean gst_foxapi_job_prepare (GstFoxapiJob * job, GstFoxapiWish * wish,
    gboolean * is_new, GError ** error);
void gst_foxapi_job_arm (GstFoxapiJob * job);
void gst_foxapi_job_release (GstFoxapiJob * job);
void gst_foxapi_job_clear (GstFoxapiJob * job);

gboolean gst_foxapi_job_generate (GstFoxapiJob * job, GError ** error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstFoxapiWish, gst_foxapi_wish_clear)

G_END_DECLS
