/* Errors of the protocol library
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FOXAPI_ERROR (foxapi_error_quark ())

/**
 * FoxapiErrorCode:
 * @FOXAPI_ERROR_SETTINGS: a setting breaks a rule of the service (found here,
 *   or HTTP 400, 413, 422)
 * @FOXAPI_ERROR_NOT_AUTHORIZED: no key, or HTTP 401, 402, 403
 * @FOXAPI_ERROR_NOT_FOUND: no such task, result or local file
 * @FOXAPI_ERROR_BUSY: HTTP 429
 * @FOXAPI_ERROR_CONNECT: the service was not reached, or the connection was
 *   lost where nothing is at stake
 * @FOXAPI_ERROR_READ: the result arrived incomplete or changed on the way
 * @FOXAPI_ERROR_FAILED: the service failed, or gave an unusable answer, or the
 *   task did
 *
 * What went wrong, coarsely: the same classes that an application sees as
 * #GstResourceError (INTERFACE.md, bus messages).
 *
 * Since: 0.1
 */
typedef enum
{
  FOXAPI_ERROR_SETTINGS,
  FOXAPI_ERROR_NOT_AUTHORIZED,
  FOXAPI_ERROR_NOT_FOUND,
  FOXAPI_ERROR_BUSY,
  FOXAPI_ERROR_CONNECT,
  FOXAPI_ERROR_READ,
  FOXAPI_ERROR_FAILED,
} FoxapiErrorCode;

/**
 * FoxapiCharge:
 * @FOXAPI_CHARGE_NOT_ASKED: the error is not that of a submission
 * @FOXAPI_CHARGE_NO: certainly no task was made, nothing was charged
 * @FOXAPI_CHARGE_MAYBE: it cannot be known
 *
 * The last column of API.md's table of errors.
 *
 * Since: 0.1
 */
typedef enum
{
  FOXAPI_CHARGE_NOT_ASKED,
  FOXAPI_CHARGE_NO,
  FOXAPI_CHARGE_MAYBE,
} FoxapiCharge;

/**
 * FoxapiCall:
 * @FOXAPI_CALL_SUBMIT: the call that costs money
 * @FOXAPI_CALL_ASK: a question about a task
 * @FOXAPI_CALL_UPLOAD: the upload of a local reference
 *
 * The calls of the service; what an error means depends on which it was.
 *
 * Since: 0.1
 */
typedef enum
{
  FOXAPI_CALL_SUBMIT,
  FOXAPI_CALL_ASK,
  FOXAPI_CALL_UPLOAD,
} FoxapiCall;

/**
 * FoxapiErrorDetails:
 * @http_status: status of the answer, 0 if there was none
 * @code: (nullable): the service's `error.code`
 * @type: (nullable): the service's `error.type`
 * @charge: was a task charged?
 * @passing: trying again later makes sense, and is safe unless @charge is
 *   %FOXAPI_CHARGE_MAYBE
 * @retry_after_us: the service's `Retry-After` in microseconds, -1 if absent
 *
 * What rides on every #GError of the domain %FOXAPI_ERROR.
 *
 * Since: 0.1
 */
typedef struct
{
  guint http_status;
  gchar *code;
  gchar *type;
  FoxapiCharge charge;
  gboolean passing;
  gboolean timed_out;           /* the connection stood, but was silent */
  gint64 retry_after_us;
} FoxapiErrorDetails;

GQuark foxapi_error_quark (void);

const FoxapiErrorDetails *foxapi_error_get_details (const GError * error);
FoxapiErrorDetails *foxapi_error_edit_details (GError * error);

GError *foxapi_error_new_from_status (FoxapiCall call, guint status,
    const gchar * body, gsize body_length, const gchar * api_key);
GError *foxapi_error_new_from_transport (FoxapiCall call, const GError * cause,
    gboolean sent);
GError *foxapi_error_new_unusable (FoxapiCall call, const gchar * why);

gchar *foxapi_error_quote (const gchar * text, const gchar * api_key);
gchar *foxapi_redact (const gchar * text, const gchar * api_key);

G_END_DECLS
