"""How a file of a run is opened and made: plain files only, private unless the folder is shared; and the one place
where any fault is caught."""

import os
import stat

import pytest

from monitor.run_dir.errors import guarded
from monitor.run_dir.opening import (
    OddFileError,
    is_shared,
    is_within,
    make_folder,
    open_foreign,
    open_to_read,
    open_to_write,
)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode) & 0o777


@pytest.fixture
def plain(tmp_path):
    path = tmp_path / "plain"
    path.write_bytes(b"x")
    return path


def test_a_plain_file_is_opened_by_all_three(plain):
    for opened in (open_to_read(plain), open_to_write(plain, os.O_WRONLY)):
        os.close(opened)
    with open_foreign(plain) as file:
        assert file.read() == b"x"


def test_what_is_not_there_is_the_systems_own_error(tmp_path):
    for open_it in (open_to_read, open_foreign):
        with pytest.raises(FileNotFoundError):
            open_it(tmp_path / "nowhere")


def test_a_link_is_refused_in_a_run_and_followed_outside_of_one(plain):
    link = plain.with_name("link")
    link.symlink_to(plain)
    for act in (lambda: open_to_read(link), lambda: open_to_write(link, os.O_WRONLY)):
        with pytest.raises(OddFileError, match="link is a link or a pipe"):
            act()
    open_foreign(link).close()


@pytest.mark.parametrize("open_it", [open_to_read, open_foreign, lambda path: open_to_write(path, os.O_WRONLY)])
def test_a_pipe_a_device_and_a_folder_are_no_files(tmp_path, open_it):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OddFileError):
        open_it(tmp_path / "pipe")
    with pytest.raises((OddFileError, IsADirectoryError)):
        open_it(tmp_path)


def test_a_device_that_never_ends_is_refused_where_a_link_may_be_followed(tmp_path):
    (tmp_path / "zero").symlink_to("/dev/zero")
    with pytest.raises(OddFileError, match="zero is no regular file"):
        open_foreign(tmp_path / "zero")


@pytest.fixture(params=[0o000, 0o077], ids=["umask 000", "umask 077"])
def umask(request):
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_what_is_made_is_its_owners_alone_whatever_the_umask(tmp_path, umask):
    make_folder(tmp_path / "a" / "b")
    os.close(open_to_write(tmp_path / "a" / "b" / "file", os.O_WRONLY))
    assert [mode(tmp_path / name) for name in ("a", "a/b", "a/b/file")] == [0o700, 0o700, 0o600]


def test_in_a_folder_given_to_the_group_what_is_made_can_be_read_by_it(tmp_path, umask):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o2770)
    make_folder(tmp_path / "shared" / "run")
    os.close(open_to_write(tmp_path / "shared" / "run" / "file", os.O_WRONLY))
    assert is_shared(tmp_path / "shared") and not is_shared(tmp_path) and not is_shared(tmp_path / "nowhere")
    assert [mode(tmp_path / "shared" / name) for name in ("run", "run/file")] == [0o750, 0o640]


def test_a_folder_that_is_there_is_kept_unless_it_must_be_new(tmp_path, plain):
    make_folder(tmp_path)
    with pytest.raises(FileExistsError):
        make_folder(tmp_path, exist_ok=False)
    with pytest.raises(NotADirectoryError):
        make_folder(plain)
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(NotADirectoryError, match="link or a file"):
        make_folder(tmp_path / "link")


def test_a_link_stays_within_only_if_it_leads_to_a_neighbour(tmp_path):
    runs = tmp_path / "runs"
    (runs / "a").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (runs / "latest").symlink_to("a")
    (runs / "out").symlink_to(tmp_path / "outside")
    (runs / "up").symlink_to("..")
    assert [is_within(runs, runs / name) for name in ("a", "latest", "out", "up")] == [True, True, False, False]


def test_what_goes_well_is_returned_and_the_instead_is_not_asked():
    assert guarded(lambda: 3, lambda fault: pytest.fail("asked")) == 3


def test_any_fault_is_handed_to_the_instead():
    assert guarded(lambda: 1 / 0, lambda fault: type(fault).__name__) == "ZeroDivisionError"


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_request_to_end_goes_through(end):
    def ends():
        raise end

    with pytest.raises(end):
        guarded(ends, lambda fault: "caught")


def test_a_fault_of_the_instead_is_seen():
    with pytest.raises(KeyError):
        guarded(lambda: 1 / 0, lambda fault: {}["x"])


@pytest.fixture
def secret(tmp_path):
    """A file of the reader's own in another folder."""
    path = tmp_path / "secret"
    path.write_bytes(b"private")
    path.chmod(0o600)
    return path


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def test_a_hard_link_to_a_file_outside_is_neither_read_nor_written_nor_cut_off(run, secret):
    os.link(secret, run / "trainer.log")
    for act in (open_to_read, lambda path: open_to_write(path, os.O_WRONLY | os.O_TRUNC, in_common=True)):
        with pytest.raises(OddFileError, match=r"trainer\.log is a hard link"):
            act(run / "trainer.log")
    assert secret.read_bytes() == b"private" and mode(secret) == 0o600


def test_a_file_with_two_names_in_its_own_folder_is_one_that_is_being_made(run):
    (run / "state.json").write_bytes(b"{}")
    os.link(run / "state.json", run / ".state.json.tmp")
    os.close(open_to_read(run / "state.json"))


def test_cutting_off_empties_a_file_of_ours(plain):
    os.close(open_to_write(plain, os.O_WRONLY | os.O_TRUNC))
    assert plain.read_bytes() == b""


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT CHECKED: only root can give a file to another account")
def test_a_file_of_another_owner_than_its_folder_is_left_alone_unless_others_may_write_there(run):
    (run / "trainer.log").write_bytes(b"moved here")
    os.chown(run, 64001, 64001)
    with pytest.raises(OddFileError, match="belongs to another user"):
        open_to_read(run / "trainer.log")
    run.chmod(0o2770)
    os.close(open_to_read(run / "trainer.log"))


def test_what_a_group_appends_to_in_common_is_made_so_and_only_there(tmp_path):
    for folder, wanted in (("own", 0o600), ("shared", 0o640), ("common", 0o660)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder).chmod({"own": 0o700, "shared": 0o2750, "common": 0o2770}[folder])
        os.close(open_to_write(tmp_path / folder / "audit.jsonl", os.O_WRONLY, in_common=True))
        assert mode(tmp_path / folder / "audit.jsonl") == wanted
