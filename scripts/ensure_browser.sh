#!/bin/sh
# Makes sure that the browser tests find a Chromium: the system's, else the test tool's own, else the distribution's.
# Usage: ensure_browser.sh PYTHON
set -u
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
"$1" -m playwright install chromium && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium && exit 0
fi
echo "No Chromium found and none could be installed. Install one (Debian: apt-get install chromium), then run this again." >&2
exit 1
