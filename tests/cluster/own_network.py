"""A network of its own for what listens on all addresses: loopback alone. Run as a program it only tries.

Ends with 1 where this machine or this user may not have one.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
from collections.abc import Callable
from fcntl import ioctl

CLONE_NEWNET, SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8913, 0x8914, 1


def enter_own_network() -> Callable[[], None]:
    """This thread, and every process that it starts, has loopback alone until what it returns is called.

    Raises OSError where that is not allowed; the thread has its old network then.
    """
    libc, before = ctypes.CDLL(None, use_errno=True), os.open("/proc/thread-self/ns/net", os.O_RDONLY)

    def leave() -> None:
        if libc.setns(before, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(before)

    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            [flags] = struct.unpack("16xH22x", ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sH22x", b"lo", 0)))
            ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | IFF_UP))
    except OSError:
        leave()
        raise
    return leave


if __name__ == "__main__":
    try:
        enter_own_network()()
    except (OSError, AttributeError):
        sys.exit(1)
