#!/bin/sh
# Installs the Debian packages (12, 13) that gst-foxapi is built, run and tested with.
#
#   ./setup.sh             what building and the main job need
#   ./setup.sh test        what the tests need as well
#   ./setup.sh benchmarks  what the measurements need as well
#
# SPDX-License-Identifier: LGPL-2.1-or-later

set -eu

packages="
  gcc libc6-dev meson ninja-build pkg-config gettext
  libglib2.0-dev libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  libsoup-3.0-dev libjson-glib-dev libpng-dev nettle-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-base-apps
  gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
  gstreamer1.0-libav gstreamer1.0-x gstreamer1.0-alsa gstreamer1.0-pulseaudio
  glib-networking ca-certificates shared-mime-info fonts-dejavu-core
"
case "${1-}" in
  test)
    packages="$packages clang indent openssl tinyproxy libges-1.0-dev ges1.0-tools
      appstream graphviz python3 python3-gi python3-gst-1.0 gir1.2-gstreamer-1.0"
    ;;
  benchmarks) packages="$packages nginx-light curl openssl python3" ;;
esac

missing=
for package in $packages; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) ||
    state=
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || {
    echo "Not root, and no sudo. Have these packages installed:$missing" >&2
    exit 1
  }
  sudo=sudo
fi

echo "Installing:$missing"
$sudo apt-get update -q
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -q --no-install-recommends $missing
