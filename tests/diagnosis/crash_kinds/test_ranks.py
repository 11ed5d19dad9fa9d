"""Crashes of several processes of one training: each form is known, and the nearest line that is none is not."""

import pytest

from monitor.diagnosis.crash_kinds.ranks import KINDS, LOST
from tests.diagnosis.crash_kinds.rows import told

FORMS = [
    ("port", "OSError: [Errno 98] Address already in use"),
    ("port", "RuntimeError: The server socket has failed to bind. EADDRINUSE"),
    ("rank_device", "ncclInvalidUsage: Duplicate GPU detected : rank 1 and rank 0 both on CUDA device 1b000"),
    ("rank_unused", "RuntimeError: Expected to have finished reduction in the prior iteration before starting a new"),
    ("rank_address", "DistNetworkError: The client socket has timed out after 600000ms"),
    ("rank_address", "DistNetworkError: The client socket has failed to connect to any address"),
    ("rank_address", "Connection refused: is MASTER_ADDR right?"),
    ("rank_address", "torch.distributed.elastic.rendezvous.api.RendezvousConnectionError: no"),
    ("rank_address", "DistStoreError: Timed out after 1801 seconds waiting for clients. 1/2 clients joined."),
    ("rank_address", "RuntimeError: Timed out waiting for clients"),
    ("rank_network", "RuntimeError: NCCL error: unhandled system error"),
    ("rank_network", "ncclSystemError: System call failed"),
    ("rank_network", "ncclInvalidUsage: This usually reflects invalid usage of NCCL library."),
    ("peer", "torch.distributed.DistBackendError: NCCL communicator was aborted"),
    ("peer", "torch.distributed.DistStoreError: Socket Timeout"),
    ("peer", "ncclRemoteError: A call failed possibly due to a network error"),
    ("peer", "[1] is setting up NCCL communicator and retrieving ncclUniqueId"),
    ("peer", "Watchdog caught collective operation timeout: WorkNCCL(SeqNum=3)"),
    ("peer", "[../third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer [10.0.0.1]:1234"),
    ("peer", "RuntimeError: Connection reset by peer"),
    ("peer", "horovod.common.exceptions.HorovodInternalError: no"),
    ("peer", "jax: Barrier timed out"),
    ("peer", "the coordination service did not answer: heartbeat missed"),
]
SIBLINGS = [
    "the address is in use by this run",
    "1 GPU detected",
    "finished reduction in the prior iteration",
    "the client socket has connected",
    "ConnectionRefusedError: [Errno 111] Connection refused",
    "3 clients are waiting",
    "unhandled system message",
    "NCCL version 2.18.3",
    "DistBackendErrors: 0",
    "Watchdog is off",
    "gloo/transport/tcp/pair.cc:534: connected",
    "epoch 3: Connection reset by peer review",
    "Barrier was reached",
    "coordination service has started",
]


@pytest.mark.parametrize(
    ("line", "who"),
    [
        ("RuntimeError: bind to [::]:29500 (errno: 98 - Address already in use)", " (ss -ltnp 'sport = :29500' nam"),
        ("OSError: port 8080: Address already in use", " (ss -ltnp 'sport = :8080' names it)"),
        ("OSError: localhost:6006: Address already in use", " (ss -ltnp 'sport = :6006' names it)"),
        ("OSError: [Errno 98] Address already in use", ": end it if an earlier run has left it"),
        ("at 12:05 Address already in use", ": end it if an earlier run has left it"),
    ],
)
def test_the_port_is_named_where_the_line_has_it(line, who):
    found = told(KINDS, f"port 1234\n{line}\nport 4321")
    assert found.advice.startswith(f"Another process listens there{who}")
    assert found.advice.endswith("or choose another port, of torchrun with --master_port.")
    assert found.happened == f"{line}."


def test_a_collective_that_took_too_long_is_named_with_its_time():
    late = "Watchdog caught collective operation timeout: WorkNCCL(SeqNum=9, OpType=ALLREDUCE, Timeout(ms)=600000)"
    found = told(KINDS, f"{late} ran for 600123 milliseconds before timing out.")
    assert found.happened == "ALLREDUCE between the processes did not end within 10 min."
    assert told(KINDS, late).happened == LOST
    first = "Find the first error of the other processes in the log: one that ends early makes all others fail."
    assert found.advice == told(KINDS, late).advice == first
    twice = told(KINDS, f"{late} ran for 5400000 milliseconds")
    assert twice.happened == "ALLREDUCE between the processes did not end within 1 h 30 min."


@pytest.mark.parametrize(
    ("text", "happened", "advice"),
    [
        ("Duplicate GPU detected", "Two processes use the same GPU.", "Give each process a GPU of its own: torch.cuda"),
        (
            "Expected to have finished reduction in the prior iteration",
            "Expected to have finished reduction in the prior iteration.",
            "Parameters got no gradient in a pass: pass find_unused_parameters=True to DistributedDataParallel",
        ),
        (
            "Timed out waiting for clients",
            "A process could not reach the first one in time.",
            "Look whether each process has the same MASTER_ADDR and MASTER_PORT",
        ),
        ("ncclSystemError", "A call of NCCL to the system failed.", "NCCL_DEBUG=INFO names the call that failed"),
    ],
)
def test_what_happened_and_what_to_look_at(text, happened, advice):
    found = told(KINDS, text)
    assert found.happened == happened and found.advice.startswith(advice)


def test_a_port_that_is_taken_is_often_tried_again():
    assert [kind.name for kind in KINDS if kind.handled] == ["port"]
    assert [kind.name for kind in KINDS if not kind.adds] == ["port", "rank_unused"]
