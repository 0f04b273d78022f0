/* Bytes, a file, bytes: one input stream
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FOXAPI_TYPE_JOINED_STREAM (foxapi_joined_stream_get_type ())
G_DECLARE_FINAL_TYPE (FoxapiJoinedStream, foxapi_joined_stream, FOXAPI,
    JOINED_STREAM, GInputStream)

GInputStream *foxapi_joined_stream_new (GBytes * head, GInputStream * middle,
    guint64 middle_length, GBytes * tail);

G_END_DECLS
