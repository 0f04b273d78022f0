/* The simulator's own test: what its cases share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapisim.h"

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

/* A short, valid submission */
#define GOOD_BODY \
    "{\"model\":\"wan-2.7-reference-to-video\",\"prompt\":\"A fox\"}"

/* One answer, complete, or the error in place of it */
typedef struct
{
  guint status;
  SoupMessageHeaders *headers;
  GBytes *body;
  GError *error;
} Reply;

typedef struct
{
  FoxapiSim *sim;
  SoupSession *session;
} Fixture;

Fixture *fixture_new (const FoxapiSimOptions * options);
void fixture_free (Fixture * fixture);

/* @header is one more header, "Name: value", or NULL */
Reply *call (Fixture * fixture, const gchar * method, const gchar * url,
    const gchar * header, const gchar * type, GBytes * body);
Reply *submit (Fixture * fixture, const gchar * json);
Reply *ask (Fixture * fixture, const gchar * id);
Reply *fetch (Fixture * fixture, const gchar * url, const gchar * header);
void reply_free (Reply * reply);

JsonNode *reply_get (Reply * reply, const gchar * path);
gchar *reply_dup_string (Reply * reply, const gchar * path);
gint64 reply_get_int (Reply * reply, const gchar * path);
gchar *reply_dup_message (Reply * reply);

/* So many violations have been recorded since the last time */
void check_violations (Fixture * fixture, guint n);

/* Submits, moves the task to its end, and returns its link. */
gchar *make_result (Fixture * fixture);

/* A GET in plain sockets: everything that came, and how it ended (NULL: the
 * peer closed) */
GByteArray *raw_get (Fixture * fixture, const gchar * url, GError ** error);
/* Where the body begins in what came */
gsize find_body (GByteArray * bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reply, reply_free)

void add_fault_tests (void);
void add_render_tests (void);

G_END_DECLS
