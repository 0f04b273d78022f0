/* The simulator's own test: what its cases share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "foxapisim.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* A short, valid submission */
#define GOOD_BODY \
    "{\"model\":\"wan-2.7-reference-to-video\",\"prompt\":\"A fox\"}"

/* One answer, complete */
typedef struct
{
  guint status;
  SoupMessageHeaders *headers;
  gchar *text;                  /* the body, to its first NUL */
} Reply;

typedef struct
{
  FoxapiSim *sim;
  SoupSession *session;
} Fixture;

Fixture *fixture_new (FoxapiSimOptions options);
void fixture_free (Fixture * fixture);

/* @header is one more header, "Name: value", or NULL */
Reply *call (Fixture * fixture, const gchar * method, const gchar * url,
    const gchar * header, const gchar * type, GBytes * body);
/* A call to the API with its key; GET without a body */
Reply *call_api (Fixture * fixture, const gchar * path, const gchar * type,
    GBytes * body);
Reply *submit (Fixture * fixture, const gchar * json);
/* @disposition: of the part with the file, behind "form-data; " */
Reply *upload (Fixture * fixture, GBytes * bytes, const gchar * disposition,
    const gchar * file_name);
void reply_free (Reply * reply);
/* The value of the answer's first member of this name that is a string */
gchar *reply_dup_string (Reply * reply, const gchar * member);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reply, reply_free)

void add_render_tests (void);

G_END_DECLS
