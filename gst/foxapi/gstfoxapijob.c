/* The generation of one element, through its starts and stops
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapijob.h"

#include "foxapijson.h"
#include "foxapireferences.h"
#include "foxapistore.h"

/**
 * gst_foxapi_wish_clear:
 * @wish: freed but for the struct itself
 */
void
gst_foxapi_wish_clear (GstFoxapiWish * wish)
{
  gst_foxapi_settings_clear (&wish->service);
  g_clear_pointer (&wish->body, json_object_unref);
  g_clear_error (&wish->body_error);
  g_clear_pointer (&wish->task_id, g_free);
}

static FoxapiClient *
make_client (const GstFoxapiSettings * service, GError ** error)
{
  g_autoptr (FoxapiSession) session = NULL;
  const gchar *base_url = service->base_url;
  const gchar *api_key = service->api_key;

  if (base_url == NULL || *base_url == '\0')
    base_url = g_getenv ("FOXAPI_BASE_URL");
  if (base_url == NULL || *base_url == '\0')
    base_url = FOXAPI_DEFAULT_BASE_URL;
  if (api_key == NULL)
    api_key = g_getenv ("FOXAPI_API_KEY");

  session = foxapi_session_new (&service->session, error);
  return session ? foxapi_client_new (session, base_url, api_key, error) : NULL;
}

static gchar *
choose_store (const gchar * task_store)
{
  if (task_store == NULL)
    return foxapi_store_get_default_directory ();
  return *task_store != '\0' ? g_strdup (task_store) : NULL;
}

static FoxapiGeneration *
make_generation (GstFoxapiWish * wish, GError ** error)
{
  if (wish->task_id != NULL && foxapi_task_id_is_valid (wish->task_id))
    return foxapi_generation_new_for_task (wish->task_id);

  if (wish->task_id != NULL)
    g_set_error_literal (error, FOXAPI_ERROR, FOXAPI_ERROR_SETTINGS,
        "The property task-id must be the id of a task as the service gave it, "
        "without slashes, spaces and control characters. Nothing was sent.");
  else if (wish->body == NULL)
    g_propagate_error (error, g_steal_pointer (&wish->body_error));
  else if (foxapi_references_check (wish->body, error))
    return foxapi_generation_new (wish->body);
  return NULL;
}

/* The table of INTERFACE.md, life of the element: whether a start is about
 * another generation than the one that there is. */
static gboolean
is_about_another (GstFoxapiJob * job, const GstFoxapiWish * wish,
    const gchar * body_text)
{
  return job->generation == NULL || wish->task_id != NULL
      || wish->task_is_forgotten || g_strcmp0 (body_text, job->body_text) != 0;
}

static gchar *
get_body_text (const GstFoxapiWish * wish)
{
  return wish->body ? foxapi_json_to_text (wish->body) : NULL;
}

/* Whatever the properties say, a task that was named or is unchanged costs
 * nothing, so their faults count only where they would be sent. */
static gboolean
choose_generation (GstFoxapiJob * job, GstFoxapiWish * wish,
    gboolean * is_new, GError ** error)
{
  g_autofree gchar *body_text = get_body_text (wish);
  FoxapiGeneration *generation;

  *is_new = is_about_another (job, wish, body_text);
  if (!*is_new)
    return TRUE;

  generation = make_generation (wish, error);
  if (generation == NULL)
    return FALSE;
  g_clear_pointer (&job->generation, foxapi_generation_free);
  job->generation = generation;
  g_free (job->body_text);
  job->body_text = g_steal_pointer (&body_text);
  return TRUE;
}

/**
 * gst_foxapi_job_check:
 * @job: a job, not prepared
 * @wish: what the application has set
 * @error: return location, %FOXAPI_ERROR
 *
 * Returns: %TRUE if gst_foxapi_job_prepare() would say so, too
 */
gboolean
gst_foxapi_job_check (GstFoxapiJob * job, GstFoxapiWish * wish, GError ** error)
{
  g_autofree gchar *body_text = get_body_text (wish);
  FoxapiClient *client = make_client (&wish->service, error);
  FoxapiGeneration *generation;

  if (client == NULL)
    return FALSE;
  foxapi_client_unref (client);
  if (!is_about_another (job, wish, body_text))
    return TRUE;

  generation = make_generation (wish, error);
  if (generation == NULL)
    return FALSE;
  foxapi_generation_free (generation);
  return TRUE;
}

/**
 * gst_foxapi_job_prepare:
 * @job: a job; its owner sets the observer and the cancellable of its run
 * @wish: what the application has set
 * @is_new: (out): what was known of another generation is not about this one
 * @error: return location, %FOXAPI_ERROR
 *
 * Checks everything that can be wrong without asking the service, and decides
 * which generation this start is about.
 *
 * Returns: %TRUE if the generation can run
 */
gboolean
gst_foxapi_job_prepare (GstFoxapiJob * job, GstFoxapiWish * wish,
    gboolean * is_new, GError ** error)
{
  const GstFoxapiSettings *service = &wish->service;
  FoxapiRun *run = &job->run;

  job->client = make_client (service, error);
  if (job->client == NULL || !choose_generation (job, wish, is_new, error))
    return FALSE;

  foxapi_client_warm_up (job->client);
  job->store_directory = choose_store (service->task_store);
  run->client = job->client;
  run->store_directory = job->store_directory;
  run->retries = service->retries;
  run->poll_interval_ms = service->poll_interval;
  run->until_task = wish->until_task;
  run->deadline_us = G_MAXINT64;
  if (service->task_timeout > 0) {
    run->deadline_us = g_get_monotonic_time ()
        + service->task_timeout * G_USEC_PER_SEC;
    job->deadline = gst_foxapi_deadline_new (run->deadline_us,
        run->cancellable);
  }
  return TRUE;
}

/**
 * gst_foxapi_job_arm:
 * @job: a job whose streaming thread has just been started
 *
 * To be called by the thread that changes the element's state.
 */
void
gst_foxapi_job_arm (GstFoxapiJob * job)
{
  if (job->deadline != NULL)
    gst_foxapi_deadline_arm (job->deadline);
}

/**
 * gst_foxapi_job_release:
 * @job: a job, prepared or not
 *
 * Lets go of all but what is known of the generation.
 */
void
gst_foxapi_job_release (GstFoxapiJob * job)
{
  if (job->generation != NULL)
    foxapi_generation_let_go (job->generation);
  g_clear_pointer (&job->deadline, gst_foxapi_deadline_free);
  g_clear_pointer (&job->client, foxapi_client_unref);
  g_clear_pointer (&job->store_directory, g_free);
}

/**
 * gst_foxapi_job_clear:
 * @job: a released job, freed but for the struct itself
 */
void
gst_foxapi_job_clear (GstFoxapiJob * job)
{
  g_clear_pointer (&job->generation, foxapi_generation_free);
  g_clear_pointer (&job->body_text, g_free);
}

/**
 * gst_foxapi_job_generate:
 * @job: a prepared job
 * @error: return location: %FOXAPI_ERROR or G_IO_ERROR_CANCELLED
 *
 * Runs the generation to its end, or to the end of its time.
 *
 * Returns: %TRUE if there is a completed task (or, if that was the wish, a
 *   task)
 */
gboolean
gst_foxapi_job_generate (GstFoxapiJob * job, GError ** error)
{
  gboolean done;

  if (job->deadline != NULL)
    gst_foxapi_deadline_watch (job->deadline, TRUE);
  done = foxapi_generation_run (job->generation, &job->run, error);
  if (job->deadline != NULL)
    gst_foxapi_deadline_watch (job->deadline, FALSE);
  return done;
}
