#!/bin/sh
# Installs programs of others that tests hold our files against, or set clocks by, where that is possible: Debian,
# as root. Without them the tests that need one are skipped, and say which.
set -u
packages="flac opus-tools vorbis-tools oggz-tools mp3val mpg123 faad faketime"
missing=""
for program in flac opusinfo ogginfo oggz-validate mp3val mpg123 faad faketime; do
  command -v "$program" >/dev/null || missing="$missing $program"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive timeout 240 sh -c "apt-get install -y -q $packages || { apt-get update -q && apt-get install -y -q $packages; }" >/dev/null 2>&1 && exit 0
fi
echo "not installed, so tests that need one of them are skipped:$missing (Debian: apt-get install $packages)"
