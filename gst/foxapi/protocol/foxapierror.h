/* Errors of the protocol library
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FOXAPI_ERROR (foxapi_error_quark ())

/* The classes that an application sees as GstResourceError (docs/errors.md) */
typedef enum
{
  FOXAPI_ERROR_SETTINGS,        /* a setting breaks a rule: found here, or 400,
                                   413, 422 */
  FOXAPI_ERROR_NOT_AUTHORIZED,  /* no key, or 401, 402, 403 */
  FOXAPI_ERROR_NOT_FOUND,       /* no such task, result or local file */
  FOXAPI_ERROR_BUSY,            /* 429 */
  FOXAPI_ERROR_CONNECT,         /* the connection failed, where no money is at
                                   stake */
  FOXAPI_ERROR_READ,            /* the result is incomplete, or has changed */
  FOXAPI_ERROR_FAILED,          /* 5xx, an unusable answer, a failed task */
} FoxapiErrorCode;

/* Was a task made and charged? (docs/service.md) */
typedef enum
{
  FOXAPI_CHARGE_NOT_ASKED,      /* it was no submission */
  FOXAPI_CHARGE_NO,
  FOXAPI_CHARGE_MAYBE,          /* nobody can know */
} FoxapiCharge;

typedef enum
{
  FOXAPI_CALL_SUBMIT,           /* the one that costs money */
  FOXAPI_CALL_ASK,
  FOXAPI_CALL_UPLOAD,
  FOXAPI_CALL_LIST_MODELS,
} FoxapiCall;

/* An answer of HTTP, as far as it was read */
typedef struct
{
  guint status;
  const gchar *request_id;      /* header x-request-id, may be NULL */
  const gchar *body;
  gsize length;
} FoxapiErrorAnswer;

/* Every error of this domain carries these. */
typedef struct
{
  guint http_status;            /* 0: there was no answer */
  gchar *code;                  /* the service's words, or NULL */
  gchar *type;
  gchar *request_id;            /* the service's name for the call, or NULL */
  FoxapiCharge charge;
  gboolean passing;             /* the same call may be made again */
  gboolean timed_out;           /* the connection stood, but was silent */
  gint64 retry_after_us;        /* the service's Retry-After, -1 for none */
} FoxapiErrorDetails;

GQuark foxapi_error_quark (void);

/* NULL for an error of another domain */
const FoxapiErrorDetails *foxapi_error_get_details (const GError * error);
FoxapiErrorDetails *foxapi_error_edit_details (GError * error);

GError *foxapi_error_new_from_answer (FoxapiCall call,
    const FoxapiErrorAnswer * answer, const gchar * unusable, const gchar * api_key);
GError *foxapi_error_new_from_transport (FoxapiCall call, const GError * cause,
    gboolean sent);
GError *foxapi_error_new_task_failed (const gchar * status, const gchar * code,
    const gchar * type, const gchar * message);

gchar *foxapi_error_quote_page (const gchar * body, gsize length,
    const gchar * api_key);
/* Both give %NULL for %NULL; the key may be NULL */
gchar *foxapi_error_quote (const gchar * text, const gchar * api_key);
gchar *foxapi_redact (const gchar * text, const gchar * api_key);

G_END_DECLS
