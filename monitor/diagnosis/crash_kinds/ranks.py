"""Crashes of several processes that train one network: addresses, time-outs, one that ended early."""

from __future__ import annotations

import re

from monitor.diagnosis.crash_kinds.kind import Kind, anywhere, line_of, quoted
from monitor.run_dir.words import age

FIRST_ERROR = "Find the first error of the other processes in the log: one that ends early makes all others fail."
LOST = "The processes of this run lost each other: one ended, stopped answering or could not be reached."


def _peer(_: re.Match[str], text: str) -> str:
    late = re.search(r"OpType=(\w+).*?ran for (\d+) milliseconds", text)
    return f"{late[1]} between the processes did not end within {age(int(late[2]) / 1000)}." if late else LOST


def _port(match: re.Match[str], text: str) -> str:
    """The advice, with the number of the port where the line has it."""
    port = re.search(r"\]:(\d{2,5})\b|port[:=]? ?(\d{2,5})\b|:(\d{4,5})\b", line_of(match, text))
    who = f" (ss -ltnp 'sport = :{quoted(port)}' names it)" if port else ""
    return (
        f"Another process listens there{who}: end it if an earlier run has left it, or choose another port, "
        "of torchrun with --master_port."
    )


KINDS = (
    Kind(
        "port",
        anywhere(r"[Aa]ddress already in use|EADDRINUSE"),
        _port,
        handled=True,
    ),
    Kind(
        "rank_device",
        anywhere(r"Duplicate GPU detected"),
        "Give each process a GPU of its own: torch.cuda.set_device(local_rank) before init_process_group.",
        "Two processes use the same GPU.",
        adds=True,
    ),
    Kind(
        "rank_unused",
        anywhere(r"Expected to have finished reduction in the prior iteration"),
        "Parameters got no gradient in a pass: pass find_unused_parameters=True to DistributedDataParallel, or leave "
        "the layers out that the loss does not use.",
    ),
    Kind(
        "rank_address",
        anywhere(
            r"client socket has (?:timed out|failed to connect)",
            r"Connection refused.*(?:MASTER_|rendezvous|TCPStore)|RendezvousConnectionError",
            r"Timed out (?:after \d+ seconds )?waiting for clients",
        ),
        "Look whether each process has the same MASTER_ADDR and MASTER_PORT, whether that machine is reached from the "
        "others, and whether as many processes were started as the world size says.",
        "A process could not reach the first one in time.",
        adds=True,
    ),
    Kind(
        "rank_network",
        anywhere(r"unhandled system error|\bncclSystemError\b|\bncclInvalidUsage\b"),
        "NCCL_DEBUG=INFO names the call that failed: usually the network interface (NCCL_SOCKET_IFNAME) or too little "
        "room in /dev/shm.",
        "A call of NCCL to the system failed.",
        adds=True,
    ),
    Kind(
        "peer",
        anywhere(
            r"\bDistBackendError\b|\bDist(?:Store|Network)Error: |NCCL error in: ",
            r"\bnccl(?:UnhandledCuda|Internal|Remote)Error\b",
            r"setting up NCCL communicator|store->get\(",
            r"Watchdog caught collective operation timeout|Process group watchdog thread terminated",
            r"gloo/transport/\S+ .*(?:Connection (?:closed|reset) by peer|Timed out waiting)",
            r"^RuntimeError: (?:Socket Timeout|Connection reset by peer|Broken pipe)",
            r"\bHorovodInternalError\b|Horovod has been shut down",
            r"Barrier timed out|coordination service .*(?:heartbeat|unavailable)",
        ),
        FIRST_ERROR,
        _peer,
        adds=True,
    ),
)
