/* A clip on its way into the cache
 *
 *   IDENTITY.part        its bytes from the start on, without a gap
 *   IDENTITY.part.json   of which task and which file they are
 *
 * The file grows at its end only, so its length says how much of it is there, after
 * a kill, too. A demuxer that needs an index at the end of the file reads that out
 * of turn: such a piece is held in memory until the file has grown up to it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapipart.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foxapijson.h"

#define FORMAT "gst-foxapi part"
#define VERSION 1
#define SUFFIX ".part"
#define KNOWN_SUFFIX ".part.json"

/* An index has some ten KiB. */
#define MAX_PIECE_BYTES (4 * 1024 * 1024)

struct _FoxapiPart
{
  gchar *directory;
  gchar *path;
  gchar *known_path;
  gint fd;
  gboolean is_held;             /* fd has the lock of the file of that name */
  guint64 length;               /* of the file */
  guint64 digested;             /* so much of it is in the digest */
  FoxapiDigest *digest;
  GByteArray *piece;            /* read out of turn, */
  guint64 piece_start;          /* from here on */
  gboolean has_failed;          /* cannot be written: not to be gone on with */

  gchar *task_id;               /* NULL: not submitted yet */
  gboolean has_source;
  FoxapiSource source;
};

static void
source_clear (FoxapiSource * source)
{
  g_clear_pointer (&source->etag, g_free);
  g_clear_pointer (&source->last_modified, g_free);
}

/* (nullable): what is known of a part that was written since the machine was
 * started: before that, its bytes may not have reached the disk. */
static JsonObject *
read_known (const gchar * path)
{
  g_autoptr (JsonObject) known = foxapi_clips_read_object (path, FORMAT);
  g_autofree gchar *boot = foxapi_clips_get_boot ();

  if (known == NULL
      || g_strcmp0 (foxapi_json_get_string (known, "boot"), boot) != 0
      || !foxapi_task_id_is_valid (foxapi_json_get_string (known, "task_id")))
    return NULL;
  return g_steal_pointer (&known);
}

static void
write_known (FoxapiPart * part)
{
  g_autoptr (JsonObject) known = json_object_new ();
  g_autofree gchar *boot = foxapi_clips_get_boot ();

  json_object_set_string_member (known, "format", FORMAT);
  json_object_set_int_member (known, "version", VERSION);
  json_object_set_string_member (known, "boot", boot);
  json_object_set_string_member (known, "task_id", part->task_id);
  if (part->has_source) {
    json_object_set_int_member (known, "size", part->source.size);
    if (part->source.etag != NULL)
      json_object_set_string_member (known, "etag", part->source.etag);
    if (part->source.last_modified != NULL)
      json_object_set_string_member (known, "last_modified",
          part->source.last_modified);
  }
  foxapi_clips_write_object (part->known_path, known, NULL);
}

/* Begins anew, for whatever task. */
void
foxapi_part_discard (FoxapiPart * part)
{
  g_unlink (part->known_path);
  if (ftruncate (part->fd, 0) != 0)
    part->has_failed = TRUE;
  part->length = part->digested = 0;
  g_free (foxapi_digest_finish (part->digest));
  g_byte_array_set_size (part->piece, 0);
  g_clear_pointer (&part->task_id, g_free);
  source_clear (&part->source);
  part->has_source = FALSE;
}

/* What an earlier process has left */
static void
resume (FoxapiPart * part)
{
  g_autoptr (JsonObject) known = read_known (part->known_path);
  gint64 size;
  struct stat status;

  if (known == NULL || fstat (part->fd, &status) != 0) {
    foxapi_part_discard (part);
    return;
  }
  part->task_id = g_strdup (foxapi_json_get_string (known, "task_id"));
  if (!foxapi_json_get_int (known, "size", &size) || size < status.st_size)
    return;
  part->has_source = TRUE;
  part->source.size = size;
  part->source.etag = g_strdup (foxapi_json_get_string (known, "etag"));
  part->source.last_modified =
      g_strdup (foxapi_json_get_string (known, "last_modified"));
  part->length = status.st_size;
}

/* Whether @fd is still the file of that name: it may have become a clip. */
static gboolean
is_at (gint fd, const gchar * path)
{
  struct stat one, other;

  return fstat (fd, &one) == 0 && lstat (path, &other) == 0
      && one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

/* Not while a part becomes a clip: whoever finds no part finds the clip. */
static gint
open_file (FoxapiPart * part)
{
  gint lock = foxapi_clips_lock (part->directory);
  gint fd = open (part->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK
      | O_CLOEXEC, 0600);
  gint saved_errno = errno;

  foxapi_clips_unlock (lock);
  errno = saved_errno;
  return fd;
}

/* Takes the download of the request's clip upon itself. %NULL: somebody else has
 * (@is_taken), or @warning says why nothing can be kept. */
FoxapiPart *
foxapi_part_take (const gchar * directory, const gchar * identity,
    gboolean * is_taken, GError ** warning)
{
  g_autoptr (FoxapiPart) part = g_new0 (FoxapiPart, 1);

  *is_taken = FALSE;
  part->directory = g_strdup (directory);
  part->path = foxapi_clips_get_path (directory, identity, SUFFIX);
  part->known_path = foxapi_clips_get_path (directory, identity, KNOWN_SUFFIX);
  part->digest = foxapi_digest_new ();
  part->piece = g_byte_array_new ();
  part->fd = -1;
  if (g_mkdir_with_parents (directory, 0700) == 0)
    part->fd = open_file (part);
  if (part->fd < 0) {
    g_set_error (warning, G_IO_ERROR, g_io_error_from_errno (errno),
        "%s: %s", part->path, g_strerror (errno));
    return NULL;
  }
  if (flock (part->fd, LOCK_EX | LOCK_NB) != 0) {
    *is_taken = errno == EWOULDBLOCK;
    if (!*is_taken)
      g_set_error (warning, G_IO_ERROR, g_io_error_from_errno (errno),
          _("%s cannot be locked: %s"), part->path, g_strerror (errno));
    return NULL;
  }
  if (!is_at (part->fd, part->path)) {
    *is_taken = TRUE;
    return NULL;
  }
  part->is_held = TRUE;
  resume (part);
  return g_steal_pointer (&part);
}

/* What has been downloaded stays, for the next one; where that is nothing, no file
 * is left. */
void
foxapi_part_free (FoxapiPart * part)
{
  if (part->is_held && part->task_id == NULL && is_at (part->fd, part->path))
    g_unlink (part->path);
  if (part->fd >= 0)
    close (part->fd);
  source_clear (&part->source);
  foxapi_digest_free (part->digest);
  g_byte_array_unref (part->piece);
  g_free (part->directory);
  g_free (part->path);
  g_free (part->known_path);
  g_free (part->task_id);
  g_free (part);
}

gboolean
foxapi_part_is_of (FoxapiPart * part, const gchar * directory,
    const gchar * identity)
{
  g_autofree gchar *path = foxapi_clips_get_path (directory, identity, SUFFIX);

  return g_str_equal (part->path, path);
}

/* (nullable): an earlier process has submitted it, or this one */
const gchar *
foxapi_part_get_task_id (FoxapiPart * part)
{
  return part->task_id;
}

/* What is there of another task goes. */
void
foxapi_part_set_task (FoxapiPart * part, const gchar * task_id)
{
  if (part->has_failed || g_strcmp0 (part->task_id, task_id) == 0)
    return;
  if (part->task_id != NULL)
    foxapi_part_discard (part);
  part->task_id = g_strdup (task_id);
  write_known (part);
}

/* %FALSE: nothing has been downloaded. What is in @source is borrowed. */
gboolean
foxapi_part_get_source (FoxapiPart * part, FoxapiSource * source)
{
  *source = part->source;
  return part->has_source && part->length > 0;
}

void
foxapi_part_set_source (FoxapiPart * part, const FoxapiSource * source)
{
  source_clear (&part->source);
  part->has_source = TRUE;
  part->source.size = source->size;
  part->source.etag = g_strdup (source->etag);
  part->source.last_modified = g_strdup (source->last_modified);
  write_known (part);
}

/* The bytes before this are there. */
guint64
foxapi_part_get_length (FoxapiPart * part)
{
  return part->length;
}

/* Of what is there. -1: it cannot be read. */
gssize
foxapi_part_read (FoxapiPart * part, guint64 position, gpointer buffer,
    gsize size)
{
  gssize n;

  do
    n = pread (part->fd, buffer, MIN (size, part->length - position), position);
  while (n < 0 && errno == EINTR);
  return n;
}

static gboolean
append (FoxapiPart * part, const guint8 * bytes, gsize size, GError ** error)
{
  gsize done = 0;

  if (part->digested == part->length) {
    foxapi_digest_update (part->digest, bytes, size);
    part->digested += size;
  }
  while (done < size) {
    gssize n = pwrite (part->fd, bytes + done, size - done,
        part->length + done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s",
          part->path, g_strerror (errno));
      part->has_failed = TRUE;
      foxapi_part_discard (part);
      return FALSE;
    }
    done += n;
  }
  part->length += size;
  return TRUE;
}

static void
set_aside (FoxapiPart * part, guint64 position, const guint8 * bytes,
    gsize size)
{
  if (position != part->piece_start + part->piece->len)
    g_byte_array_set_size (part->piece, 0);
  if (part->piece->len + size > MAX_PIECE_BYTES)
    return;
  if (part->piece->len == 0)
    part->piece_start = position;
  g_byte_array_append (part->piece, bytes, size);
}

/* The bytes that were downloaded from @position on. %FALSE: nothing will be kept. */
gboolean
foxapi_part_write (FoxapiPart * part, guint64 position, gconstpointer bytes,
    gsize size, GError ** error)
{
  const guint8 *data = bytes;

  if (part->has_failed)
    return TRUE;
  if (position > part->length) {
    set_aside (part, position, data, size);
    return TRUE;
  }
  if (position + size > part->length) {
    gsize known = part->length - position;

    if (!append (part, data + known, size - known, error))
      return FALSE;
  }
  if (part->piece->len > 0 && part->piece_start <= part->length) {
    g_autoptr (GByteArray) piece = g_steal_pointer (&part->piece);
    guint64 known = part->length - part->piece_start;

    part->piece = g_byte_array_new ();
    if (known < piece->len)
      return append (part, piece->data + known, piece->len - known, error);
  }
  return TRUE;
}

gboolean
foxapi_part_is_whole (FoxapiPart * part)
{
  return part->has_source && part->length > 0
      && part->length == part->source.size;
}

/* Makes a clip of a part that is whole. Afterwards nothing is left of it but to be
 * freed; whoever reads it may go on. */
gboolean
foxapi_part_keep (FoxapiPart * part, const FoxapiClipOrigin * origin,
    GCancellable * cancellable, GError ** error)
{
  g_autofree gchar *digest = NULL;
  struct stat status;

  if (part->digested < part->length) {
    g_free (foxapi_digest_finish (part->digest));
    if (!foxapi_clips_digest (part->fd, part->length, part->digest,
            cancellable, error))
      return FALSE;
    part->digested = part->length;
  }
  if (fstat (part->fd, &status) != 0
      || (guint64) status.st_size != part->length || fsync (part->fd) != 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
        _("%s is not on the disk in full"), part->path);
    part->has_failed = TRUE;
    return FALSE;
  }
  digest = foxapi_digest_finish (part->digest);
  if (!foxapi_clips_keep (part->directory, part->path, part->fd, digest, origin,
          error))
    return FALSE;
  g_unlink (part->known_path);
  flock (part->fd, LOCK_SH | LOCK_NB);
  return TRUE;
}

/* How far somebody else has come. To be cleared: task_id. */
void
foxapi_part_look (const gchar * directory, const gchar * identity,
    FoxapiPartProgress * progress)
{
  g_autofree gchar *path = foxapi_clips_get_path (directory, identity, SUFFIX);
  g_autofree gchar *known_path =
      foxapi_clips_get_path (directory, identity, KNOWN_SUFFIX);
  g_autoptr (JsonObject) known = read_known (known_path);
  struct stat status;

  memset (progress, 0, sizeof (*progress));
  if (known == NULL || lstat (path, &status) != 0)
    return;
  progress->task_id = g_strdup (foxapi_json_get_string (known, "task_id"));
  progress->length = status.st_size;
  progress->is_downloading = json_object_has_member (known, "size");
}
