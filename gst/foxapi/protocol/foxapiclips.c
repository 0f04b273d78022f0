/* The clip cache: a directory of delivered clips
 *
 *   DIGEST.mp4         a clip under the SHA-256 of its bytes
 *   DIGEST.json        what is known of it, for people, too
 *   IDENTITY.request   the digest of the clip that a request has brought, and its task
 *   IDENTITY.part      a clip that is being downloaded: foxapipart.c
 *
 * - A file appears under its name complete, or not at all.
 * - DIGEST.json is made anew where it is lost: the clip and its requests are enough
 *   to play it, or to download it again.
 * - Whoever reads a clip has flock() on it, shared: who makes room takes the lock
 *   exclusively, and leaves alone what is being read.
 * - Who changes what is known of a clip holds the lock of the directory meanwhile.
 *   That takes some milliseconds, so who does not get it in time does without: a
 *   count of uses is not worth waiting for.
 * - A clip is read in full and compared with its digest before it is played,
 *   unless that was done since the machine was started and less than a day ago,
 *   and its file is the same since then: docs/internals/design.md.
 * - The clock decides only which clip goes first and how often one is compared.
 *
 * All calls block on the file system; they are made in streaming threads.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapiclips.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foxapierror.h"
#include "foxapijson.h"
#include "foxapistore.h"

#define FORMAT "gst-foxapi clip"
#define VERSION 1
#define DIGEST_CHARS 64
#define PIECE_BYTES (256 * 1024)
#define DAY_S (24 * 60 * 60)
#define DEFAULT_LIMIT (G_GUINT64_CONSTANT (20) * 1000 * 1000 * 1000)

#define REQUEST_SUFFIX ".request"
#define MAX_REQUEST_BYTES 1024

#define LOCK_NAME ".lock"
#define MAX_LOCK_ATTEMPTS 100
#define LOCK_PAUSE_US (10 * 1000)

gchar *
foxapi_clips_get_default_directory (void)
{
  return g_build_filename (g_get_user_cache_dir (), "gst-foxapi", NULL);
}

/* Bytes that all clips together may take: FOXAPI_CLIP_CACHE_SIZE, a number such as
 * 500M or 1.5 GB; 20 GB where it is none, as a cache that is too small has every
 * start pay */
guint64
foxapi_clips_get_limit (void)
{
  const gchar *text = g_getenv ("FOXAPI_CLIP_CACHE_SIZE");
  static const gchar units[] = "kMGT";
  const gchar *unit;
  gchar *end;
  gdouble limit;

  if (text == NULL || !g_ascii_isdigit (*text))
    return DEFAULT_LIMIT;
  limit = g_ascii_strtod (text, &end);
  end += strspn (end, " ");
  unit = *end != '\0' ? strchr (units, *end) : NULL;
  for (const gchar * u = units; unit != NULL && u <= unit; u++)
    limit *= 1000;
  end += (unit != NULL);
  end += (*end == 'B');
  if (*end != '\0')
    return DEFAULT_LIMIT;
  return limit < (gdouble) G_MAXINT64 ? (guint64) limit : G_MAXINT64;
}

gboolean
foxapi_clips_is_digest (const gchar * text)
{
  return strlen (text) == DIGEST_CHARS
      && strspn (text, "0123456789abcdef") == DIGEST_CHARS;
}

/* A digest, the same for the same result of the same request to the same service,
 * whoever pays. @what is the body, in which each local file is named by its content,
 * or the task. */
gchar *
foxapi_clips_identify (const gchar * service, const gchar * what,
    guint result_index)
{
  g_autofree gchar *text = g_strdup_printf ("%s\n%s\n%u", service, what,
      result_index);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

/* Files */

gchar *
foxapi_clips_get_path (const gchar * directory, const gchar * name,
    const gchar * suffix)
{
  g_autofree gchar *file = g_strconcat (name, suffix, NULL);

  return g_build_filename (directory, file, NULL);
}

/* Another one after each start of the machine */
gchar *
foxapi_clips_get_boot (void)
{
  gchar *boot = NULL;

  if (!g_file_get_contents ("/proc/sys/kernel/random/boot_id", &boot, NULL,
          NULL))
    return g_strdup ("");
  return g_strstrip (boot);
}

/* Not what could block, leads elsewhere, or may be another user's: @why, which is
 * %NULL where there is nothing. */
static gint
open_file (const gchar * path, struct stat *status, const gchar ** why)
{
  gint fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  *why = fd < 0 ? g_strerror (errno) : NULL;
  if ((fd < 0 ? lstat (path, status) : fstat (fd, status)) != 0)
    *why = errno == ENOENT || errno == ENOTDIR ? NULL : g_strerror (errno);
  else if (!S_ISREG (status->st_mode))
    *why = _("it is not a regular file");
  else if (fd >= 0 && foxapi_store_is_trusted (path, status))
    return fd;
  else if (fd >= 0)
    *why = _("it belongs to another user");
  if (fd >= 0)
    close (fd);
  return -1;
}

/* (transfer full) (nullable): the JSON of a file of this format */
JsonObject *
foxapi_clips_read_object (const gchar * path, const gchar * format)
{
  g_autoptr (JsonObject) object = NULL;
  g_autofree gchar *text = NULL;
  struct stat status;
  gssize length = -1;
  gint64 version;
  const gchar *why;
  gint fd = open_file (path, &status, &why);

  if (fd < 0)
    return NULL;
  if (status.st_size <= 2 * FOXAPI_JSON_MAX_BYTES) {
    text = g_malloc (status.st_size + 1);
    length = pread (fd, text, status.st_size, 0);
  }
  close (fd);
  if (length > 0)
    object = foxapi_json_parse (text, length, NULL);
  if (object == NULL
      || g_strcmp0 (foxapi_json_get_string (object, "format"), format) != 0
      || !foxapi_json_get_int (object, "version", &version)
      || version != VERSION)
    return NULL;
  return g_steal_pointer (&object);
}

static gboolean
set_errno_error (GError ** error, const gchar * what, const gchar * path)
{
  gint saved_errno = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
      "%s %s: %s", what, path, g_strerror (saved_errno));
  return FALSE;
}

/* Written beside and renamed. What would be made anew if the power failed need not be
 * @synced. */
static gboolean
write_text (const gchar * path, const gchar * text, gboolean synced,
    GError ** error)
{
  gsize length = strlen (text);
  g_autofree gchar *temporary = g_strdup_printf ("%s.new-%08x", path,
      g_random_int ());
  gint fd = open (temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
      | O_CLOEXEC, 0600);
  gboolean written;

  if (fd < 0)
    return set_errno_error (error, _("cannot make"), temporary);
  written = write (fd, text, length) == (gssize) length
      && (!synced || fsync (fd) == 0);
  close (fd);
  if (written && rename (temporary, path) == 0)
    return TRUE;
  set_errno_error (error, _("cannot write"), path);
  g_unlink (temporary);
  return FALSE;
}

gboolean
foxapi_clips_write_object (const gchar * path, JsonObject * object,
    GError ** error)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (),
      object);
  g_autofree gchar *pretty = json_to_string (node, TRUE);
  g_autofree gchar *text = g_strconcat (pretty, "\n", NULL);

  return write_text (path, text, FALSE, error);
}

/* Adds the first @size bytes of a file to @digest. */
gboolean
foxapi_clips_digest (gint fd, guint64 size, FoxapiDigest * digest,
    GCancellable * cancellable, GError ** error)
{
  g_autofree guchar *piece = g_malloc (PIECE_BYTES);

  for (guint64 done = 0; done < size;) {
    gssize n = pread (fd, piece, MIN (PIECE_BYTES, size - done), done);

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
          n < 0 ? g_strerror (errno) : _("the file is too short"));
      return FALSE;
    }
    foxapi_digest_update (digest, piece, n);
    done += n;
  }
  return TRUE;
}

/* The lock of the directory, for who changes what is known of a clip; -1: it is
 * read-only, or somebody was stopped while he held it. */
gint
foxapi_clips_lock (const gchar * directory)
{
  g_autofree gchar *path = g_build_filename (directory, LOCK_NAME, NULL);
  gint fd = open (path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

  for (guint attempt = 0; fd >= 0 && attempt < MAX_LOCK_ATTEMPTS; attempt++) {
    if (flock (fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
      return fd;
    g_usleep (LOCK_PAUSE_US);
  }
  if (fd >= 0)
    close (fd);
  return -1;
}

void
foxapi_clips_unlock (gint lock)
{
  if (lock >= 0)
    close (lock);
}

/* Requests */

/* How a person has the tool do something about @name, which may be "" */
gchar *
foxapi_clips_get_command (const gchar * directory, const gchar * verb,
    const gchar * name)
{
  const gchar *variable = g_getenv ("FOXAPI_CLIP_CACHE");
  g_autofree gchar *usual = variable != NULL && *variable != '\0' ?
      g_strdup (variable) : foxapi_clips_get_default_directory ();
  g_autofree gchar *quoted = g_shell_quote (directory);
  gboolean is_usual = g_str_equal (directory, usual);

  return g_strconcat ("foxapi-clips ", is_usual ? "" : "-d ",
      is_usual ? "" : quoted, is_usual ? "" : " ", verb,
      *name != '\0' ? " " : "", name, NULL);
}

/* (transfer full) (nullable): the digest of the clip that the request has brought,
 * whether its file is there or not, and its @task_id, where that is known. %NULL and
 * an error: it has brought one, but nobody can tell which. */
gchar *
foxapi_clips_find (const gchar * directory, const gchar * identity,
    gchar ** task_id, GError ** error)
{
  g_autofree gchar *path =
      foxapi_clips_get_path (directory, identity, REQUEST_SUFFIX);
  gchar text[MAX_REQUEST_BYTES + 1];
  struct stat status;
  const gchar *why;
  gint fd = open_file (path, &status, &why);

  *task_id = NULL;
  if (fd >= 0) {
    gssize n = pread (fd, text, MAX_REQUEST_BYTES, 0);
    g_auto (GStrv) lines = NULL;

    close (fd);
    text[MAX (n, 0)] = '\0';
    lines = g_strsplit (text, "\n", 3);
    if (*text != '\0' && foxapi_clips_is_digest (lines[0])) {
      if (foxapi_task_id_is_valid (lines[1]))
        *task_id = g_strdup (lines[1]);
      return g_strdup (lines[0]);
    }
    why = _("it names no clip");
  }
  if (why != NULL) {
    g_autofree gchar *command =
        foxapi_clips_get_command (directory, "check", "");

    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_READ,
        _("The file %s, which names the clip of this request, is of no use "
            "(%s): `%s` may mend it"), path, why, command);
  }
  return NULL;
}

/* (transfer full): the identities of the requests that have brought the clip, and
 * the task of one of them */
static JsonArray *
list_requests (const gchar * directory, const gchar * digest, gchar ** task_id)
{
  JsonArray *list = json_array_new ();
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const gchar *name;

  *task_id = NULL;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *identity = NULL, *found = NULL, *task = NULL;

    if (!g_str_has_suffix (name, REQUEST_SUFFIX))
      continue;
    identity = g_strndup (name, strlen (name) - strlen (REQUEST_SUFFIX));
    found = foxapi_clips_find (directory, identity, &task, NULL);
    if (g_strcmp0 (found, digest) != 0)
      continue;
    json_array_add_string_element (list, identity);
    if (*task_id == NULL)
      *task_id = g_steal_pointer (&task);
  }
  return list;
}

/* What is known of a clip */

static void
set_text (JsonObject * object, const gchar * name, const gchar * text)
{
  if (text != NULL)
    json_object_set_string_member (object, name, text);
}

/* What was asked for, and what the service has said to it */
static JsonObject *
describe (const gchar * digest, const FoxapiClipOrigin * origin)
{
  JsonObject *known = json_object_new (), *answer;
  JsonObject *body = origin->body;
  FoxapiTask *task = origin->task;
  gint64 seed;

  json_object_set_string_member (known, "format", FORMAT);
  json_object_set_int_member (known, "version", VERSION);
  json_object_set_string_member (known, "digest", digest);
  set_text (known, "service", origin->service);
  if (task != NULL) {
    set_text (known, "task_id", task->id);
    set_text (known, "model", task->model);
    answer = foxapi_json_parse (task->json, strlen (task->json), NULL);
    if (answer != NULL)
      json_object_set_object_member (known, "task", answer);
  }
  if (body != NULL) {
    set_text (known, "model", foxapi_json_get_string (body, "model"));
    set_text (known, "prompt", foxapi_json_get_string (body, "prompt"));
  }
  if (task != NULL && task->has_seed)
    json_object_set_int_member (known, "seed", task->seed);
  else if (body != NULL && foxapi_json_get_int (body, "seed", &seed))
    json_object_set_int_member (known, "seed", seed);
  return known;
}

/* (transfer full): of a clip of which nothing is known any more but its requests */
static JsonObject *
describe_anew (const gchar * directory, const gchar * digest,
    const FoxapiClipOrigin * origin, const struct stat *status)
{
  JsonObject *known = describe (digest, origin);
  g_autofree gchar *task_id = NULL;

  json_object_set_array_member (known, "requests",
      list_requests (directory, digest, &task_id));
  set_text (known, "task_id", task_id);
  json_object_set_int_member (known, "kept", status->st_mtim.tv_sec);
  json_object_set_int_member (known, "size", status->st_size);
  return known;
}

/* A clip has a task, also where the service's answer, or even the id, is not known
 * any more. */
static FoxapiTask *
make_task (JsonObject * known, const gchar * digest)
{
  JsonObject *answer = foxapi_json_get_object (known, "task");
  g_autofree gchar *text = answer ? foxapi_json_to_text (answer) : NULL;
  FoxapiTask *task = text == NULL ? NULL :
      foxapi_task_new_from_json (text, strlen (text), NULL, NULL);
  const gchar *id = foxapi_json_get_string (known, "task_id");
  g_autoptr (JsonObject) own = NULL;
  g_autofree gchar *own_text = NULL;

  if (task != NULL)
    return task;
  own = json_object_new ();
  json_object_set_string_member (own, "id",
      foxapi_task_id_is_valid (id) ? id : digest);
  json_object_set_string_member (own, "status", "completed");
  own_text = foxapi_json_to_text (own);
  return foxapi_task_new_from_json (own_text, strlen (own_text), NULL, NULL);
}

static void
set_verified (JsonObject * known, const struct stat *status)
{
  JsonObject *verified = json_object_new ();
  g_autofree gchar *boot = foxapi_clips_get_boot ();

  json_object_set_string_member (verified, "boot", boot);
  json_object_set_int_member (verified, "time",
      g_get_real_time () / G_USEC_PER_SEC);
  json_object_set_int_member (verified, "size", status->st_size);
  json_object_set_int_member (verified, "mtime_ns",
      status->st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000)
      + status->st_mtim.tv_nsec);
  json_object_set_int_member (verified, "inode", status->st_ino);
  json_object_set_object_member (known, "verified", verified);
}

static gboolean
is_verified (JsonObject * known, const struct stat *status)
{
  g_autoptr (JsonObject) now = json_object_new ();
  JsonObject *then = foxapi_json_get_object (known, "verified"), *stamp;
  gint64 then_s, now_s;

  if (then == NULL || !foxapi_json_get_int (then, "time", &then_s))
    return FALSE;
  set_verified (now, status);
  stamp = json_object_get_object_member (now, "verified");
  now_s = json_object_get_int_member (stamp, "time");
  json_object_set_int_member (stamp, "time", then_s);
  if (now_s < then_s || now_s >= then_s + DAY_S)
    return FALSE;
  return json_object_equal (then, stamp);
}

/* A use of the clip: it is the last one to be evicted from now on. */
static void
note_use (const gchar * directory, const gchar * path, JsonObject * read,
    const struct stat *status)
{
  gint lock = foxapi_clips_lock (directory);
  g_autoptr (JsonObject) latest = NULL;
  JsonObject *known = read;
  gint64 uses = 0;

  if (lock < 0)
    return;
  latest = foxapi_clips_read_object (path, FORMAT);
  if (latest != NULL)
    known = latest;
  foxapi_json_get_int (known, "uses", &uses);
  json_object_set_int_member (known, "uses", uses + 1);
  json_object_set_int_member (known, "used",
      g_get_real_time () / G_USEC_PER_SEC);
  if (!is_verified (known, status))
    set_verified (known, status);
  foxapi_clips_write_object (path, known, NULL);
  foxapi_clips_unlock (lock);
}

/* Whether the bytes are those of the digest. */
static gboolean
check_content (FoxapiClip * clip, JsonObject * known,
    const struct stat *status, GCancellable * cancellable, GError ** error)
{
  g_autoptr (FoxapiDigest) digest = foxapi_digest_new ();
  g_autofree gchar *found = NULL;
  g_autoptr (GError) fault = NULL;

  if (is_verified (known, status))
    return TRUE;
  if (foxapi_clips_digest (clip->fd, clip->size, digest, cancellable, &fault))
    found = foxapi_digest_finish (digest);
  if (g_strcmp0 (found, clip->digest) == 0)
    return TRUE;
  if (g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&fault));
  else
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_READ,
        _("The clip %s in the clip cache is damaged, and is not played"),
        clip->digest);
  return FALSE;
}

/* Opens a clip whose bytes are those of its digest. FOXAPI_ERROR_NOT_FOUND: there is
 * none; FOXAPI_ERROR_READ: it is damaged, or its file has gone. @origin is what the
 * caller knows of it. */
FoxapiClip *
foxapi_clips_open (const gchar * directory, const gchar * digest,
    const FoxapiClipOrigin * origin, GCancellable * cancellable,
    GError ** error)
{
  g_autofree gchar *path = foxapi_clips_get_path (directory, digest, ".mp4");
  g_autofree gchar *known_path =
      foxapi_clips_get_path (directory, digest, ".json");
  g_autoptr (JsonObject) known = foxapi_clips_read_object (known_path, FORMAT);
  g_autoptr (FoxapiClip) clip = g_new0 (FoxapiClip, 1);
  const gchar *why;
  struct stat status;

  clip->digest = g_strdup (digest);
  clip->fd = open_file (path, &status, &why);
  if (clip->fd < 0 && why == NULL
      && !g_file_test (known_path, G_FILE_TEST_EXISTS)) {
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_NOT_FOUND,
        _("The clip cache %s has no clip %s"), directory, digest);
    return NULL;
  }
  if (clip->fd < 0) {
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_READ,
        _("The file of a clip in the clip cache cannot be read: %s (%s)"),
        path, why ? why : g_strerror (ENOENT));
    return NULL;
  }
  flock (clip->fd, LOCK_SH | LOCK_NB);
  clip->size = status.st_size;
  if (known == NULL)
    known = describe_anew (directory, digest, origin, &status);
  clip->prompt = g_strdup (foxapi_json_get_string (known, "prompt"));
  clip->task = make_task (known, digest);
  if (!check_content (clip, known, &status, cancellable, error))
    return NULL;
  note_use (directory, known_path, known, &status);
  return g_steal_pointer (&clip);
}

/* (transfer full) (nullable): the task that has made a clip, to be fetched again */
gchar *
foxapi_clips_find_task (const gchar * directory, const gchar * identity,
    const gchar * digest)
{
  g_autofree gchar *path = foxapi_clips_get_path (directory, digest, ".json");
  g_autoptr (JsonObject) known = foxapi_clips_read_object (path, FORMAT);
  const gchar *id = known ? foxapi_json_get_string (known, "task_id") : NULL;
  gchar *task_id;

  g_free (foxapi_clips_find (directory, identity, &task_id, NULL));
  if (task_id == NULL && foxapi_task_id_is_valid (id))
    task_id = g_strdup (id);
  return task_id;
}

/* Up to @size bytes; 0 at the end. */
gssize
foxapi_clip_read (FoxapiClip * clip, guint64 position, gpointer buffer,
    gsize size, GError ** error)
{
  gssize n;

  do
    n = pread (clip->fd, buffer, size, position);
  while (n < 0 && errno == EINTR);
  if (n > 0 || (n == 0 && position >= clip->size))
    return n;
  g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_READ,
      _("The clip %s in the clip cache cannot be read (%s). Start again to "
          "download it again."), clip->digest,
      n < 0 ? g_strerror (errno) : _("it was cut"));
  return -1;
}

void
foxapi_clip_free (FoxapiClip * clip)
{
  if (clip->fd >= 0)
    close (clip->fd);
  g_clear_pointer (&clip->task, foxapi_task_unref);
  g_free (clip->digest);
  g_free (clip->prompt);
  g_free (clip);
}

/* Keeping a clip */

/* What people and uses have made of a clip stays when its bytes come again. */
static void
carry_over (JsonObject * old, JsonObject * known)
{
  static const gchar *const names[] = { "pinned", "uses", "requests" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (json_object_has_member (old, names[i]))
      json_object_set_member (known, names[i],
          json_object_dup_member (old, names[i]));
  }
}

static void
add_request (JsonObject * known, const gchar * identity)
{
  JsonArray *list = foxapi_json_get_array (known, "requests");

  if (list == NULL) {
    list = json_array_new ();
    json_object_set_array_member (known, "requests", list);
  }
  for (guint i = 0; i < json_array_get_length (list); i++) {
    if (g_strcmp0 (foxapi_json_node_get_string (json_array_get_element (list,
                    i)), identity) == 0)
      return;
  }
  json_array_add_string_element (list, identity);
}

static void
sync_directory (const gchar * directory)
{
  gint fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd >= 0) {
    fsync (fd);
    close (fd);
  }
}

/* Puts a whole file, synced and named @path, into the cache under its @digest. From
 * then on nobody else knows what was paid for: it is on the disk when this ends. */
gboolean
foxapi_clips_keep (const gchar * directory, const gchar * path, gint fd,
    const gchar * digest, const FoxapiClipOrigin * origin, GError ** error)
{
  g_autofree gchar *clip_path =
      foxapi_clips_get_path (directory, digest, ".mp4");
  g_autofree gchar *known_path =
      foxapi_clips_get_path (directory, digest, ".json");
  g_autofree gchar *text = g_strdup_printf ("%s\n%s\n", digest,
      origin->task->id);
  gint lock = foxapi_clips_lock (directory);
  g_autoptr (JsonObject) old = foxapi_clips_read_object (known_path, FORMAT);
  g_autoptr (JsonObject) known = describe (digest, origin);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autofree gchar *task_id = NULL;
  struct stat status;
  gboolean kept;

  if (old != NULL)
    carry_over (old, known);
  else if (g_file_test (clip_path, G_FILE_TEST_EXISTS))
    json_object_set_array_member (known, "requests", list_requests (directory,
            digest, &task_id));
  json_object_set_int_member (known, "kept", now);
  json_object_set_int_member (known, "used", now);
  for (guint i = 0; origin->identities[i] != NULL; i++)
    add_request (known, origin->identities[i]);
  kept = rename (path, clip_path) == 0 && fstat (fd, &status) == 0;
  if (kept) {
    json_object_set_int_member (known, "size", status.st_size);
    set_verified (known, &status);
    kept = foxapi_clips_write_object (known_path, known, error);
  } else {
    set_errno_error (error, _("cannot name"), clip_path);
  }
  for (guint i = 0; kept && origin->identities[i] != NULL; i++) {
    g_autofree gchar *request_path = foxapi_clips_get_path (directory,
        origin->identities[i], REQUEST_SUFFIX);

    kept = write_text (request_path, text, TRUE, error);
  }
  if (kept)
    sync_directory (directory);
  foxapi_clips_unlock (lock);
  return kept;
}

/* Making room */

typedef struct
{
  gchar *digest;                /* NULL: of a download */
  gchar *path;
  guint64 size;
  gint64 used;                  /* Unix seconds */
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->digest);
  g_free (entry->path);
  g_free (entry);
}

static gint
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *one = *(const Entry * const *) a;
  const Entry *other = *(const Entry * const *) b;

  return (one->used > other->used) - (one->used < other->used);
}

/* What is known of a clip is written anew with each use. */
static gint64
get_time_of_use (const gchar * directory, const gchar * digest)
{
  g_autofree gchar *path = foxapi_clips_get_path (directory, digest, ".json");
  struct stat status;

  return stat (path, &status) == 0 ? (gint64) status.st_mtim.tv_sec : 0;
}

static Entry *
make_entry (const gchar * directory, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (directory, name, NULL);
  g_autofree gchar *digest = g_strndup (name, MIN (strlen (name),
          DIGEST_CHARS));
  const gchar *suffix = name + strlen (digest);
  struct stat status;
  Entry *entry;

  if (!foxapi_clips_is_digest (digest) || (!g_str_equal (suffix, ".mp4")
          && !g_str_equal (suffix, ".part")) || lstat (path, &status) != 0
      || !S_ISREG (status.st_mode))
    return NULL;
  entry = g_new0 (Entry, 1);
  entry->path = g_steal_pointer (&path);
  entry->size = status.st_size;
  entry->used = status.st_mtim.tv_sec;
  if (g_str_equal (suffix, ".mp4")) {
    entry->used = get_time_of_use (directory, digest);
    entry->digest = g_steal_pointer (&digest);
  }
  return entry;
}

static GPtrArray *
list_entries (const gchar * directory, guint64 * total)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func (entry_free);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const gchar *name;

  *total = 0;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    Entry *entry = make_entry (directory, name);

    if (entry == NULL)
      continue;
    *total += entry->size;
    g_ptr_array_add (entries, entry);
  }
  g_ptr_array_sort (entries, compare_entries);
  return entries;
}

/* What leads to a clip */
static void
remove_requests (const gchar * directory, const gchar * digest,
    JsonObject * known)
{
  g_autofree gchar *task_id = NULL;
  g_autoptr (JsonArray) found = known ? NULL :
      list_requests (directory, digest, &task_id);
  JsonArray *list = known ? foxapi_json_get_array (known, "requests") : found;

  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++) {
    const gchar *identity =
        foxapi_json_node_get_string (json_array_get_element (list, i));
    g_autofree gchar *target = NULL, *task = NULL, *path = NULL;

    if (identity == NULL || !foxapi_clips_is_digest (identity))
      continue;
    target = foxapi_clips_find (directory, identity, &task, NULL);
    path = foxapi_clips_get_path (directory, identity, REQUEST_SUFFIX);
    if (g_strcmp0 (target, digest) == 0)
      g_unlink (path);
  }
}

/* %FALSE: it is pinned, or somebody reads or writes it. What leads to a clip goes
 * first: a clip that has gone while its request stays is one that was lost. */
static gboolean
evict (const gchar * directory, const Entry * entry, gboolean * is_pinned)
{
  g_autofree gchar *known_path = g_strconcat (entry->path, ".json", NULL);
  g_autoptr (JsonObject) known = NULL;
  gboolean evicted = FALSE;
  const gchar *why;
  struct stat status;
  gint fd;

  *is_pinned = FALSE;
  if (entry->digest != NULL) {
    g_free (known_path);
    known_path = foxapi_clips_get_path (directory, entry->digest, ".json");
    known = foxapi_clips_read_object (known_path, FORMAT);
  }
  if (known != NULL)
    foxapi_json_get_boolean (known, "pinned", is_pinned);
  if (*is_pinned)
    return FALSE;
  fd = open_file (entry->path, &status, &why);
  if (fd < 0)
    return FALSE;
  if (flock (fd, LOCK_EX | LOCK_NB) == 0) {
    if (entry->digest != NULL)
      remove_requests (directory, entry->digest, known);
    evicted = g_unlink (entry->path) == 0;
  }
  close (fd);
  if (evicted)
    g_unlink (known_path);
  return evicted;
}

/* Removes what was used least recently until all together take no more than @limit
 * bytes. %FALSE: they take more, because some are pinned. */
gboolean
foxapi_clips_trim (const gchar * directory, guint64 limit)
{
  gint lock = foxapi_clips_lock (directory);
  g_autoptr (GPtrArray) entries = NULL;
  gboolean has_pinned = FALSE;
  guint64 total;

  if (lock < 0)
    return TRUE;
  entries = list_entries (directory, &total);
  for (guint i = 0; i < entries->len && total > limit; i++) {
    const Entry *entry = g_ptr_array_index (entries, i);

    gboolean is_pinned;

    if (evict (directory, entry, &is_pinned))
      total -= entry->size;
    has_pinned |= is_pinned;
  }
  foxapi_clips_unlock (lock);
  return total <= limit || !has_pinned;
}
