/* Nothing of a bin outlives it: a client under GStreamer's leaks tracer, which
 * looks when everything has been taken down.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "binharness.h"

#define PICTURE "videotestsrc num-buffers=1 ! " \
    "video/x-raw,width=320,height=240 ! bin.image_0"
#define MOTION "videotestsrc num-buffers=30 ! " \
    "video/x-raw,width=320,height=240,framerate=25/1 ! bin.video_0"

static const LeakWay ways[] = {
  {-1, {0}, "! fakesink"},
  {-1, {0}, "placeholder=none is-live=false ! fakesink"},
  {-1, {0},
      "placeholder=pattern show-progress=true ! fakesink bin. ! fakesink"},
  {-1, {0}, "next-prompts=<Wolf,Bear> ! fakesink"},
  {-1, {0}, "! fakesink " PICTURE},
  {-1, {0}, "reference-seconds=1 ! fakesink " MOTION},
  {-1, {0}, "placeholder=reference ! fakesink " PICTURE},
  {-1, {0}, "duration=77 ! fakesink"},
  {FOXAPI_SIM_SUBMIT, {.status = 422}, "! fakesink"},
  {FOXAPI_SIM_SUBMIT, {.status =
              422}, "placeholder=none on-error=warning ! fakesink"},
  {FOXAPI_SIM_ASK, {.status = 404}, "! fakesink"},
  {FOXAPI_SIM_RESULT, {.status = 404}, "! fakesink"},
  {FOXAPI_SIM_SUBMIT, {.hold = TRUE}, "! fakesink"},
  {FOXAPI_SIM_SUBMIT, {.hold = TRUE}, "placeholder=none ! fakesink " PICTURE},
  {FOXAPI_SIM_ASK, {.hold = TRUE}, "show-progress=true ! fakesink"},
  {FOXAPI_SIM_RESULT, {.hold = TRUE}, "! fakesink"},
  {FOXAPI_SIM_RESULT, {.hold_at = 1000}, "! fakesink"},
};

TEST (test_leaks)
{
  harness_assert_no_leak (&ways[__i__], bin_spawn);
}

static const Test tests[] = {
  BIN_CASE ("objects", bin_setup),
  ROWS (test_leaks, ways),
};

CHECK_MAIN (binleaks, tests)
