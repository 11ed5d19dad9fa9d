#!/bin/sh
# Makes sure that there are ssh and sshd to test with; ends with 1 and one line where they cannot be installed. The tests
# start their own sshd, on a free port of loopback, with keys and a configuration of their own, and end it.
# Two of them also need `ip`, for two networks: it is installed where that is possible, and they say so where it is not.
set -u

missing() {
    for name in ssh ssh-keygen /usr/sbin/sshd; do
        command -v "$name" >/dev/null 2>&1 || command -v "$(basename "$name")" >/dev/null 2>&1 || { echo "$name"; return; }
    done
}

[ -z "$(missing)" ] && command -v ip >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq openssh-server openssh-client iproute2; } >/dev/null 2>&1
fi
[ -z "$(missing)" ] && exit 0
echo "ssh: there is no $(missing) here and it could not be installed (Debian: apt-get install openssh-server)." >&2
exit 1
