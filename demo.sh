#!/bin/sh
# Sets up, builds, and runs the main job: a prompt becomes a video, made by the
# simulator on this machine instead of the real service. Nothing is charged.
#
#   ./demo.sh ["what the video shows"]
#
# SPDX-License-Identifier: LGPL-2.1-or-later

set -eu

cd "$(dirname "$0")"
prompt=${1-A graceful dance performance on a moonlit stage}
duration=3
build=build
out=$PWD/foxapi-demo

./setup.sh
[ -f "$build/build.ninja" ] || meson setup "$build"
ninja -C "$build"

mkdir -p "$out"
rm -f "$out/video.mp4" "$out/frames.png" "$out/url"

"$build/tests/sim/foxapi-sim" --generation-time 6 --port-file "$out/url" \
  > "$out/simulator.log" &
simulator=$!
trap 'kill -INT "$simulator" 2> /dev/null; wait "$simulator" || true' EXIT
until [ -s "$out/url" ]; do
  kill -0 "$simulator" || { cat "$out/simulator.log"; exit 1; }
  sleep 0.1
done

# What a user of the real service sets, but for the key and the address.
export FOXAPI_BASE_URL="$(cat "$out/url")"
export FOXAPI_API_KEY=test-key-0123456789
export GST_PLUGIN_PATH="$PWD/$build/gst/foxapi"
export GST_REGISTRY="$out/registry"

echo
echo "The pipeline: a prompt, $duration seconds, 720p, into a file."
echo
gst-launch-1.0 -e foxapivideosrc name=source prompt="$prompt" \
  duration="$duration" resolution=720p task-store="$out/tasks" \
  ! filesink location="$out/video.mp4"

echo
echo "What the service was asked:"
cat "$out/simulator.log"

echo
echo "What came back:"
gst-discoverer-1.0 "$out/video.mp4" > "$out/discovered.txt"
grep -E 'Duration:|container|video|audio|Width|Height|Frame rate' \
  "$out/discovered.txt"
"$build/docs/examples/contact-sheet" "$out/video.mp4" "$out/frames.png"

verify () {
  if grep -q "$2" "$out/discovered.txt"; then
    echo "As asked: $1"
  else
    echo "Not as asked: $1" >&2
    exit 1
  fi
}
echo
verify "$duration seconds" "Duration: 0:00:0$duration"
verify "1280 pixels wide" "Width: 1280"
verify "720 pixels high" "Height: 720"
verify "H.264 video" "H.264"
verify "AAC sound" "AAC"

echo
echo "The video:       $out/video.mp4"
echo "A few frames:    $out/frames.png"
