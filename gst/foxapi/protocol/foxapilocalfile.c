/* One local file: whether it can be uploaded, what it holds, whether it changes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "foxapilocalfile.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "foxapierror.h"

#define PIECE_BYTES (64 * 1024)

/* Formats that the service takes, by their first bytes: the shared MIME database
 * is not installed everywhere. A dot stands for any byte. */
static const struct
{
  const gchar *start;
  gsize length;
  const gchar *type;
  const gchar *extension;
} formats[] = {
  {"\xff\xd8\xff", 3, "image/jpeg", ".jpg"},
  {"\x89PNG\r\n\x1a\n", 8, "image/png", ".png"},
  {"GIF87a", 6, "image/gif", ".gif"},
  {"GIF89a", 6, "image/gif", ".gif"},
  {"BM....\0\0\0\0", 10, "image/bmp", ".bmp"},
  {"RIFF....WEBP", 12, "image/webp", ".webp"},
  {"II*\0", 4, "image/tiff", ".tiff"},
  {"MM\0*", 4, "image/tiff", ".tiff"},
  {"RIFF....WAVE", 12, "audio/wav", ".wav"},
  {"RIFF....AVI ", 12, "video/x-msvideo", ".avi"},
  {"....ftypavif", 12, "image/avif", ".avif"},
  {"....ftypavis", 12, "image/avif", ".avif"},
  {"....ftyphei", 11, "image/heic", ".heic"},
  {"....ftypmif1", 12, "image/heic", ".heic"},
  {"....ftypmsf1", 12, "image/heic", ".heic"},
  {"....ftypM4A", 11, "audio/mp4", ".m4a"},
  {"....ftypM4B", 11, "audio/mp4", ".m4a"},
  {"....ftypqt  ", 12, "video/quicktime", ".mov"},
  {"....ftyp", 8, "video/mp4", ".mp4"},
  {"....moov", 8, "video/quicktime", ".mov"},
  {"....mdat", 8, "video/quicktime", ".mov"},
  {"....wide", 8, "video/quicktime", ".mov"},
  {"\0\0\1\xba", 4, "video/mpeg", ".mpg"},
  {"FLV\1", 4, "video/x-flv", ".flv"},
  {"ID3", 3, "audio/mpeg", ".mp3"},
  {"OggS", 4, "audio/ogg", ".ogg"},
  {"fLaC", 4, "audio/flac", ".flac"},
};

static gboolean
matches (const gchar * pattern, const guchar * data, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    if (pattern[i] != '.' && (guchar) pattern[i] != data[i])
      return FALSE;
  }
  return TRUE;
}

/* The document type of Matroska stands among the first elements. */
static gboolean
is_webm (const guchar * data, gsize n)
{
  for (gsize i = 4; i + 4 <= MIN (n, 64); i++) {
    if (memcmp (data + i, "webm", 4) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
set_format (FoxapiLocalFile * self, const gchar * type, const gchar * extension)
{
  self->type = g_strdup (type);
  self->extension = g_strdup (extension);
  self->is_known = TRUE;
  return TRUE;
}

static gboolean
recognise (FoxapiLocalFile * self, const guchar * data, gsize n)
{
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    if (n >= formats[i].length
        && matches (formats[i].start, data, formats[i].length))
      return set_format (self, formats[i].type, formats[i].extension);
  }
  if (n >= 4 && memcmp (data, "\x1a\x45\xdf\xa3", 4) == 0)
    return is_webm (data, n) ? set_format (self, "video/webm", ".webm")
        : set_format (self, "video/x-matroska", ".mkv");
  /* A frame of MPEG audio without a tag: its layer tells AAC from MP3. */
  if (n >= 2 && data[0] == 0xff && (data[1] & 0xf6) == 0xf0)
    return set_format (self, "audio/aac", ".aac");
  if (n >= 2 && data[0] == 0xff && (data[1] & 0xe6) == 0xe2)
    return set_format (self, "audio/mpeg", ".mp3");
  return FALSE;
}

#define LE16(at) (data[at] | data[(at) + 1] << 8)
#define BE16(at) ((guint) data[at] << 8 | data[(at) + 1])
#define BE32(at) (BE16 (at) << 16 | BE16 ((at) + 2))

/* The frame header of a JPEG file stands behind segments of any number. */
static guint
measure_jpeg (const guchar * data, gsize n)
{
  for (gsize i = 2; i + 9 <= n && data[i] == 0xff; i += 2 + BE16 (i + 2)) {
    guchar marker = data[i + 1];

    if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8
        && marker != 0xcc)
      return MIN (BE16 (i + 5), BE16 (i + 7));
  }
  return 0;
}

/* The shorter side of an image, as far as its header says it plainly */
static guint
measure (const gchar * extension, const guchar * data, gsize n)
{
  if (g_str_equal (extension, ".jpg"))
    return measure_jpeg (data, n);
  if (n < 30)
    return 0;
  if (g_str_equal (extension, ".png") && memcmp (data + 12, "IHDR", 4) == 0)
    return MIN (BE32 (16), BE32 (20));
  if (g_str_equal (extension, ".webp") && memcmp (data + 12, "VP8X", 4) == 0)
    return MIN (LE16 (24) | data[26] << 16, LE16 (27) | data[29] << 16) + 1;
  if (g_str_equal (extension, ".webp") && memcmp (data + 12, "VP8 ", 4) == 0)
    return MIN (LE16 (26) & 0x3fff, LE16 (28) & 0x3fff);
  return 0;
}

/* Of a file that no format is known of the extension goes to the service, as far
 * as it looks like one: the rest of its name is its owner's affair. */
static void
guess (FoxapiLocalFile * self, const guchar * data, gsize n)
{
  g_autofree gchar *name = g_file_get_basename (self->file);
  const gchar *dot = strrchr (name, '.');
  gsize length = dot ? strlen (dot) : 0;
  g_autofree gchar *content_type = NULL;

  for (gsize i = 1; i < length; i++) {
    if (!g_ascii_isalnum (dot[i]))
      length = 0;
  }
  self->extension = length >= 2 && length <= 6 ?
      g_ascii_strdown (dot, length) : g_strdup ("");
  content_type = g_content_type_guess (name, data, n, NULL);
  self->type = g_content_type_get_mime_type (content_type);
  if (self->type == NULL)
    self->type = g_strdup ("application/octet-stream");
}

static GFileInfo *
query (GFile * file, GError ** error)
{
  return g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE ","
      G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_ACCESS_CAN_READ ","
      G_FILE_ATTRIBUTE_ETAG_VALUE "," G_FILE_ATTRIBUTE_ID_FILE,
      G_FILE_QUERY_INFO_NONE, NULL, error);
}

/* Size, time of the last change, device and inode */
static gchar *
get_version (GFileInfo * info)
{
  return g_strdup_printf ("%" G_GOFFSET_FORMAT " %s %s",
      g_file_info_get_size (info), g_file_info_get_etag (info),
      g_file_info_get_attribute_string (info, G_FILE_ATTRIBUTE_ID_FILE));
}

/* (transfer full) (nullable): of @path, which people write as they do for a shell;
 * %NULL if nothing is there */
gchar *
foxapi_local_file_find_uri (const gchar * path)
{
  g_autofree gchar *full = NULL;

  if (*path == '\0' || g_uri_peek_scheme (path) != NULL)
    return NULL;
  full = g_str_has_prefix (path, "~/") ?
      g_build_filename (g_get_home_dir (), path + 2, NULL) :
      g_canonicalize_filename (path, NULL);
  return g_file_test (full, G_FILE_TEST_EXISTS) ?
      g_filename_to_uri (full, NULL, NULL) : NULL;
}

/* RFC 8089: a file URI may name this host. */
static GFile *
get_file (const gchar * uri)
{
  g_autofree gchar *host = NULL, *path = NULL;

  path = g_filename_from_uri (uri, &host, NULL);
  if (path == NULL || (host != NULL && *host != '\0'
          && g_ascii_strcasecmp (host, "localhost") != 0))
    return NULL;
  return g_file_new_for_path (path);
}

/* Looks at the file without opening it: the end of a pipe may never come. @what
 * names the setting for the error. */
gboolean
foxapi_local_file_check (const gchar * uri, const gchar * what,
    goffset max_bytes, GError ** error)
{
  g_autoptr (GFile) file = get_file (uri);
  g_autoptr (GError) fault = NULL;
  g_autoptr (GFileInfo) info = file ? query (file, &fault) : NULL;
  goffset size = info ? g_file_info_get_size (info) : 0;
  g_autofree gchar *why = NULL;

  /* A link that leads nowhere */
  if (info != NULL
      && g_file_info_get_file_type (info) == G_FILE_TYPE_SYMBOLIC_LINK) {
    g_clear_object (&info);
    why = g_strdup (_("does not exist"));
  } else if (file == NULL)
    why = g_strdup (_("is not the URI of a file on this machine"));
  else if (g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    why = g_strdup (_("does not exist"));
  else if (info == NULL)
    why = g_strdup_printf (_("cannot be examined (%s)"), fault->message);
  else if (g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY)
    why = g_strdup (_("is a directory"));
  else if (g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR)
    why = g_strdup (_("is a pipe, a socket or a device, not a file"));
  else if (!g_file_info_get_attribute_boolean (info,
          G_FILE_ATTRIBUTE_ACCESS_CAN_READ))
    why = g_strdup (_("this process has no permission to read"));
  else if (size == 0)
    why = g_strdup (_("is empty"));
  else if (size > max_bytes)
    why = g_strdup_printf (_("has %lld bytes, more than the %lld that are "
            "allowed"), (long long) size, (long long) max_bytes);
  if (why == NULL)
    return TRUE;

  g_set_error (error, FOXAPI_ERROR, info ? FOXAPI_ERROR_SETTINGS :
      FOXAPI_ERROR_NOT_FOUND, _("%s names %s, which %s. Name another file "
          "or change this one, then start again. Nothing was sent."), what, uri,
      why);
  return FALSE;
}

static gboolean
read_content (FoxapiLocalFile * self, gboolean start_only,
    GCancellable * cancellable, GError ** error)
{
  g_autoptr (GFileInputStream) stream =
      g_file_read (self->file, cancellable, error);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guchar *piece = g_malloc (PIECE_BYTES);
  gsize n = PIECE_BYTES;

  if (stream == NULL)
    return FALSE;
  while (n == PIECE_BYTES) {
    if (!g_input_stream_read_all (G_INPUT_STREAM (stream), piece, PIECE_BYTES,
            &n, cancellable, error))
      return FALSE;
    g_checksum_update (checksum, piece, n);
    if (self->type == NULL && recognise (self, piece, n))
      self->short_side = measure (self->extension, piece, n);
    else if (self->type == NULL)
      guess (self, piece, n);
    if (start_only)
      return TRUE;
  }
  self->digest = g_strdup (g_checksum_get_string (checksum));
  return TRUE;
}

/* Of a file that has passed foxapi_local_file_check(). @start_only: its digest is not
 * needed. */
FoxapiLocalFile *
foxapi_local_file_read (const gchar * uri, gboolean start_only,
    GCancellable * cancellable, GError ** error)
{
  g_autoptr (FoxapiLocalFile) self = g_new0 (FoxapiLocalFile, 1);
  g_autoptr (GFileInfo) info = NULL;
  g_autoptr (GError) fault = NULL;

  self->uri = g_strdup (uri);
  self->file = get_file (uri);
  info = query (self->file, &fault);
  if (info != NULL) {
    self->size = g_file_info_get_size (info);
    self->version = get_version (info);
  }
  if (info != NULL && read_content (self, start_only, cancellable, &fault))
    return g_steal_pointer (&self);

  if (g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&fault));
  else
    g_set_error (error, FOXAPI_ERROR, FOXAPI_ERROR_NOT_FOUND,
        _("The file %s cannot be read (%s). Correct that, then start again. "
            "Nothing was sent."), uri, fault->message);
  return NULL;
}

void
foxapi_local_file_free (FoxapiLocalFile * self)
{
  g_free (self->uri);
  g_clear_object (&self->file);
  g_free (self->version);
  g_free (self->digest);
  g_free (self->type);
  g_free (self->extension);
  g_free (self->url);
  g_free (self);
}

GError *
foxapi_local_file_new_changed_error (FoxapiLocalFile * self)
{
  return g_error_new (FOXAPI_ERROR, FOXAPI_ERROR_READ,
      _("The file %s has changed while it was uploaded. Start again when it "
          "is complete. Nothing was submitted."), self->uri);
}

gboolean
foxapi_local_file_is_unchanged (FoxapiLocalFile * self, GError ** error)
{
  g_autoptr (GFileInfo) info = query (self->file, NULL);
  g_autofree gchar *version = info ? get_version (info) : NULL;

  if (g_strcmp0 (version, self->version) == 0)
    return TRUE;
  g_propagate_error (error, foxapi_local_file_new_changed_error (self));
  return FALSE;
}
