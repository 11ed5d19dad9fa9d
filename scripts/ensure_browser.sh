#!/bin/sh
# Makes sure that the browser tests find a Chromium: the system's, else the test tool's own, else the distribution's.
# Where the system's has a headless shell of the same version (Debian), that is installed too: the same engine without the
# user interface, which costs a sixth of the processor time for each new window. Without it the tests run all the same.
# Usage: ensure_browser.sh PYTHON
set -u
version=$(dpkg-query -W -f='${Version}' chromium 2>/dev/null)
if [ -n "$version" ] && [ "$(id -u)" = 0 ] && ! command -v chromium-headless-shell >/dev/null 2>&1; then
    DEBIAN_FRONTEND=noninteractive timeout 120 apt-get install -y -qq --no-remove "chromium-headless-shell=$version" >/dev/null 2>&1 ||
        echo "Left out: Chromium's headless shell, which could not be installed; the tests take Chromium itself."
fi
for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
"$1" -m playwright install chromium && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium && exit 0
fi
echo "No Chromium found and none could be installed. Install one (Debian: apt-get install chromium), then run this again." >&2
exit 1
