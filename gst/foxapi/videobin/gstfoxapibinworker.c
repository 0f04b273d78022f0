/* One generation of the bin: its worker, from the request to the result's file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstfoxapibinprivate.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "gstfoxapimessages.h"

GST_DEBUG_CATEGORY_EXTERN (foxapi_video_bin_debug);
#define GST_CAT_DEFAULT foxapi_video_bin_debug

/* Large enough that the work for each block does not count */
#define BLOCK_SIZE (128 * 1024)

/* Reading to an address off a multiple of this costs twice the processor time
 * (measured). */
#define BLOCK_ALIGNMENT 64

static void
set_write_error (GError ** error, const GError * fault, const gchar * path)
{
  gboolean is_full = g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_NO_SPACE);

  g_set_error (error, GST_RESOURCE_ERROR, is_full ?
      GST_RESOURCE_ERROR_NO_SPACE_LEFT : GST_RESOURCE_ERROR_WRITE,
      _("The result could not be written to %s: %s. Free some space, or set "
          "TMPDIR to another folder, then start again."), path, fault->message);
}

/* Nobody has seen what lies in a file: the task's record stays until the result
 * has been shown. */
static gboolean
download (GstFoxapiVideoBin * self, guint8 * block, GError ** error)
{
  g_autoptr (FoxapiResult) source =
      foxapi_result_new (self->engine.generation, &self->engine.run, error);
  g_autoptr (GError) fault = NULL;
  gssize n;

  if (source == NULL || !foxapi_result_open (source, 0, error))
    return FALSE;
  while ((n = foxapi_result_read (source, block, BLOCK_SIZE, error)) > 0) {
    if (!g_output_stream_write_all (self->result, block, n, NULL, NULL, &fault)) {
      set_write_error (error, fault, self->result_path);
      return FALSE;
    }
  }
  if (n == 0 && !g_output_stream_close (self->result, NULL, &fault))
    set_write_error (error, fault, self->result_path);
  return n == 0 && fault == NULL;
}

static gpointer
work (gpointer data)
{
  GstFoxapiVideoBin *self = data;
  guint8 *block;
  g_autoptr (GError) error = NULL;

  if (!gst_foxapi_engine_generate (&self->engine))
    return NULL;
  block = g_aligned_alloc (1, BLOCK_SIZE, BLOCK_ALIGNMENT);
  if (download (self, block, &error))
    gst_foxapi_control_tell (self->control, GST_FOXAPI_EVENT_DOWNLOADED, NULL,
        NULL);
  else
    gst_foxapi_engine_fail (&self->engine, error);
  g_aligned_free (block);
  return NULL;
}

static void
on_progress (GstElement * element, const gchar * code, GstProgressType type,
    gint percent, const gchar * text)
{
  gst_foxapi_control_tell (GST_FOXAPI_VIDEO_BIN (element)->control,
      GST_FOXAPI_EVENT_PROGRESS, NULL, gst_foxapi_new_progress (element, code,
          type, percent, text));
}

static void
on_failed (GstElement * element, const GError * error,
    const gchar * task_id, gboolean is_kept)
{
  gst_foxapi_control_tell (GST_FOXAPI_VIDEO_BIN (element)->control,
      GST_FOXAPI_EVENT_FAILED, NULL, gst_foxapi_new_error (element, error,
          task_id, is_kept));
}

void
gst_foxapi_video_bin_init_engine (GstFoxapiVideoBin * self)
{
  static const GstFoxapiEngineFuncs funcs = {
    .adapt = gst_foxapi_video_bin_adapt_fields,
    .progress = on_progress,
    .failed = on_failed,
  };

  gst_foxapi_engine_init (&self->engine, GST_ELEMENT (self), &funcs);
}

/* Returns when it has ended: by itself, or because the engine was cancelled. */
void
gst_foxapi_video_bin_join_worker (GstFoxapiVideoBin * self)
{
  if (self->worker != NULL)
    g_thread_join (g_steal_pointer (&self->worker));
}

void
gst_foxapi_video_bin_end_generation (GstFoxapiVideoBin * self)
{
  gst_foxapi_video_bin_join_worker (self);
  gst_foxapi_engine_stop (&self->engine);
  g_clear_object (&self->result);
  /* Of a generation that has failed nothing is shown. */
  if (self->result_path != NULL && self->downloaded != self->latest)
    g_unlink (self->result_path);
  g_clear_pointer (&self->result_path, g_free);
}

static gboolean
open_result (GstFoxapiVideoBin * self, GError ** error)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (GFile) file = NULL;

  self->result_path = gst_foxapi_video_bin_begin_clip (self);
  file = g_file_new_for_path (self->result_path);
  self->result = G_OUTPUT_STREAM (g_file_replace (file, NULL, FALSE,
          G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION, NULL,
          &fault));
  if (self->result == NULL)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
        _("The element cannot make a file for the result: %s. Set TMPDIR to "
            "a writable folder, then start again."), fault->message);
  return self->result != NULL;
}

/* %FALSE: nothing was begun. */
gboolean
gst_foxapi_video_bin_begin_generation (GstFoxapiVideoBin * self,
    GError ** error)
{
  gst_foxapi_video_bin_end_generation (self);
  GST_OBJECT_LOCK (self);
  self->has_failed = FALSE;
  self->is_delivered = FALSE;
  if (g_queue_is_empty (&self->kept))
    self->pipeline_has_failed = FALSE;
  GST_DEBUG ("generating shot %u", self->shot);
  GST_OBJECT_UNLOCK (self);
  self->is_generating = TRUE;
  self->has_ended = FALSE;
  /* The end of the one before waits for nothing any more. */
  if (self->preroll_ticks > 0)
    gst_foxapi_program_delivered (self->program);
  self->preroll_ticks = 0;
  self->begun_us = g_get_monotonic_time ();
  if (!open_result (self, error)
      || !gst_foxapi_engine_start (&self->engine, FALSE, error)
      || !gst_foxapi_video_bin_check_released (self, error))
    return FALSE;
  self->worker = g_thread_new ("foxapivideobin", work, self);
  return TRUE;
}
