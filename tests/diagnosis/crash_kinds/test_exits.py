"""What an exit code or a signal says alone, and what is said of one that is no known cause."""

import signal

import pytest

from monitor.diagnosis.crash_kinds.exits import NATIVE, SENT, by_exit, signal_of, unknown_exit
from monitor.run_dir.status import signal_name


@pytest.mark.parametrize(
    ("code", "number", "ended_by"),
    [(None, 9, 9), (137, None, 9), (137, 15, 15), (192, None, 64), (129, None, 1), (0, 9, 9)],
)
def test_a_shell_says_a_signal_by_128_more_than_its_number(code, number, ended_by):
    assert signal_of(code, number) == ended_by


@pytest.mark.parametrize("code", [None, 0, 1, 2, 127, 128, 193, 255])
def test_another_code_is_no_signal(code):
    assert signal_of(code, None) is None


@pytest.mark.parametrize(
    ("number", "name", "happened", "advice"),
    [
        (signal.SIGKILL, "host_memory", "Killed by SIGKILL", "Use fewer loader workers or read the data in parts"),
        (signal.SIGTERM, "scheduler", "Ended by SIGTERM", "Resume it from its checkpoint; if this was a time limit"),
        (signal.SIGINT, "interrupt", "Ctrl-C ended it.", "Resume it from its checkpoint, if that was not wanted."),
        (signal.SIGSEGV, "native_crash", "Ended by SIGSEGV: native code read or wrote memory that", "Start it with PY"),
        (signal.SIGBUS, "native_crash", "Ended by SIGBUS: native code used memory that is not there", "Look at the ro"),
        (signal.SIGABRT, "native_crash", "Ended by SIGABRT: native code gave up by itself.", "Start it with PYTHONF"),
        (signal.SIGFPE, "native_crash", "Ended by SIGFPE: native code divided by zero.", "Start it with PYTHONFAULTH"),
        (signal.SIGILL, "native_crash", "Ended by SIGILL: a native library uses an instruction", "Install builds for"),
    ],
)
def test_a_signal_that_is_a_cause(number, name, happened, advice):
    for found in (by_exit(None, number), by_exit(128 + number, None)):
        assert found.name == name
        assert found.happened.startswith(happened) and found.advice.startswith(advice)


@pytest.mark.parametrize("number", [*SENT, signal.SIGUSR2, None])
def test_a_signal_that_something_else_sends_is_no_cause(number):
    assert by_exit(None, number) is None


@pytest.mark.parametrize(
    ("number", "happened", "advice"),
    [
        (signal.SIGHUP, "the terminal or the connection that it was started from was closed", "Start it with nohup,"),
        (signal.SIGXCPU, "its limit of processor time was reached", "Raise that limit (ulimit -t, or the job's)."),
        (signal.SIGXFSZ, "a file reached the largest size", "Raise that limit (ulimit -f), or write smaller files."),
        (signal.SIGPIPE, "the program that read its output ended", "Write its output to a file, not into a command"),
        (signal.SIGUSR1, "a scheduler sends it before a time limit", "Let the script handle it and save, or take --s"),
    ],
)
def test_a_signal_that_was_sent_says_by_what(number, happened, advice):
    found = unknown_exit(None, number, trained=False, by_make=False)
    assert (found.name, found.happened) == ("signal", f"Ended by {signal_name(number)}: {happened}.")
    assert found.advice.startswith(advice)
    assert number in SENT and number not in NATIVE


def test_of_any_other_signal_one_is_asked_to_find_who_sends_it():
    found = unknown_exit(140, None, trained=True, by_make=True)
    assert found.happened == "Ended by SIGUSR2."
    assert found.advice == "Find out what sends SIGUSR2: the job, the container or a script."


@pytest.mark.parametrize("code", [None, 0])
def test_nothing_is_said_of_an_exit_that_is_not_known_or_good(code):
    assert unknown_exit(code, None, trained=False, by_make=False) is None


USUAL = "Read the end of its log, and look in the script for what ends it with code {}: sys.exit, os._exit or a command"


@pytest.mark.parametrize(
    ("code", "trained", "by_make", "advice"),
    [
        (1, False, False, USUAL.format(1)),
        (2, False, False, "Read the end of its log: code 2 is usually a command that was called wrongly"),
        (2, True, False, USUAL.format(2)),
        (2, False, True, "make ends with code 2 whatever its command ended with"),
        (2, True, True, "make ends with code 2 whatever its command ended with"),
        (3, True, True, USUAL.format(3)),
        (126, False, False, "A command could not be executed: look at its rights (chmod +x)"),
        (126, True, False, "A command could not be executed: look at its rights (chmod +x)"),
        (127, False, True, "A command was not found: look at PATH"),
    ],
)
def test_what_a_code_means_depends_on_what_ran(code, trained, by_make, advice):
    found = unknown_exit(code, None, trained=trained, by_make=by_make)
    assert (found.name, found.happened) == ("exit_code", f"It ended with exit code {code}.")
    assert found.advice.startswith(advice)


def test_what_native_code_did_is_said_with_where_to_look():
    found = by_exit(None, signal.SIGSEGV)
    assert found.happened == "Ended by SIGSEGV: native code read or wrote memory that is not its own."
    assert found.advice == (
        "Start it with PYTHONFAULTHANDLER=1, which writes the Python lines that led there into the log; suspect the "
        "newest change of a compiled package, then its version."
    )
    assert all(what and advice.endswith(".") for what, advice in (*NATIVE.values(), *SENT.values()))
