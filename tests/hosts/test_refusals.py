"""What goes wrong on the way to another host is one sentence with what to do, soon, and never a question."""

from __future__ import annotations

import asyncio
import shlex
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from monitor.run_dir.folders import folders_of
from monitor.ui.places import Places
from monitor.writer import RunWriter
from tests.hosts.far import ROOT
from tests.hosts.test_reading import record, row_of
from tests.supervised import wait_for

pytestmark = pytest.mark.hosts


def said(following, secs=60.0):
    wait_for(lambda: following.problem(time.time()).partition(" Not heard")[0] not in ("", FIRST), secs)
    return following.problem(time.time())


FIRST = "Connecting to gpu3 for the first time."


def test_a_host_key_that_has_changed(far, follow):
    far.kill()
    far.make_key("host_key")
    far.start()
    _, following = follow()
    assert said(following) == (
        "The host key of gpu3 is not the one known here: another machine may answer under its name. Ask who runs it; "
        "if the change is meant, ssh-keygen -R gpu3 and then ssh gpu3 once."
    )
    assert following.connections == 0


def test_a_host_key_that_is_not_known(far, follow):
    far.known_hosts.write_text("")
    _, following = follow()
    assert said(following) == "The host key of gpu3 is not known here. Look at it once by hand: ssh gpu3"
    assert far.known_hosts.read_text() == "", "none is taken over unseen"


def test_a_login_that_would_ask_for_a_password_asks_nothing(far, follow):
    far.make_key("user_key")
    _, following = follow()
    assert said(following).startswith("gpu3 refuses the login without a password, and none is ever asked for here.")


def test_a_host_without_the_product(far, follow):
    _, following = follow("")
    assert said(following) == (
        "There is no vitalsigns on gpu3. Install it there, or say where it is: --program gpu3=PATH."
    )


def test_a_product_that_is_too_old_to_feed(far, follow):
    _, following = follow("sh -c 'echo \"error: No such option: --feed\" >&2; exit 64'")
    assert said(following).startswith("The Vitalsigns on gpu3 is older than this one")


def test_a_product_of_another_version(far, follow):
    other = (
        "import monitor.launcher.hosts.wire as w, sys; w.PROTOCOL = 99; from monitor.commands.cli import main; main()"
    )
    _, following = follow(shlex.join(["env", f"PYTHONPATH={ROOT}", sys.executable, "-c", other]))
    assert said(following).startswith("gpu3 has Vitalsigns '0.1.0' and this page '0.1.0': they do not understand")


def test_a_login_script_that_prints_disturbs_nothing(far, follow):
    with RunWriter(far.runs / "a") as run:
        record(run, 1, 3)
    folder, following = follow(f'sh -c \'echo Welcome; echo "{{}}"; exec {shlex.join(far.words)} "$@"\' --')
    wait_for(lambda: row_of(folder, "a"))
    assert following.problem(time.time()) == ""


def test_a_folder_that_is_not_there_is_said(far, follow):
    far.runs.rmdir()
    _, following = follow()
    assert said(following) == f"There is no folder {far.runs} there."


def takes(listener, port):
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def test_a_host_that_never_answers_keeps_no_other_and_not_the_page(far, follow):
    """The host accepts and says nothing: the other folder's rows, and its own from the cache, are there at once."""
    with RunWriter(far.runs / "a") as run:
        record(run, 1, 3)
    folder, following = follow()
    wait_for(lambda: row_of(folder, "a"))
    following.stop()
    far.kill()
    with socket.socket() as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the lines that were cut leave the port busy
        wait_for(lambda: takes(silent, far.port))  # another test's connection may have got the number meanwhile
        silent.listen()
        near = far.place / "near"
        with RunWriter(near / "n") as run:
            record(run, 1, 3)
        places = Places(folders_of([near, far.spec], [far.program]))
        places.start()
        try:

            async def go():
                while True:
                    look = await places.listing.latest()
                    if len(look.rows) == 2:
                        return places.all[1].following.problem(time.time()), look
                    await asyncio.sleep(0.02)

            # In a thread of its own: the browser of another test has a loop in this one.
            with ThreadPoolExecutor(1) as thread:
                given_up, look = thread.submit(lambda: asyncio.run(go())).result()
            assert not given_up, "the silent host is still waited for, in a thread of its own"
            assert sorted(row.run for row in look.rows) == ["gpu3:a", "near:n"]
            assert [group.far for group in look.groups] == [False, True]
            wait_for(lambda: "cannot be reached" in places.all[1].following.problem(time.time()))
        finally:
            places.stop()
