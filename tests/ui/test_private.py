"""A file of secrets: read only if it is the user's alone, and known by its mark when it changes."""

import os

import pytest

from monitor.ui.private import NotPrivateError, mark_of, read_private


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(b"abcdef")
    path.chmod(0o600)
    return path


def test_a_file_of_the_user_alone_is_read_up_to_the_most(secret):
    assert read_private(secret, 100) == b"abcdef"
    assert read_private(secret, 3) == b"abc"
    secret.chmod(0o400)
    assert read_private(secret, 100) == b"abcdef"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o602, 0o644])
def test_a_file_that_others_may_touch_is_not_trusted(secret, mode):
    secret.chmod(mode)
    with pytest.raises(NotPrivateError, match="could be read by others"):
        read_private(secret, 100)


def test_another_users_file_is_not_trusted(secret, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: secret.stat().st_uid + 1)
    with pytest.raises(NotPrivateError, match="could be read by others"):
        read_private(secret, 100)


def test_what_is_no_plain_file_is_said_and_what_is_not_there_is_no_fault_of_its_rights(tmp_path):
    with pytest.raises(NotPrivateError, match="is no plain file"):
        read_private(tmp_path, 100)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(NotPrivateError, match="is no plain file"):
        read_private(tmp_path / "pipe", 100)
    with pytest.raises(FileNotFoundError):
        read_private(tmp_path / "none", 100)


def test_its_mark_changes_with_what_it_holds_its_rights_and_its_file(secret, tmp_path):
    marks = [mark_of(tmp_path / "none"), mark_of(secret), mark_of(secret)]
    assert marks[0] == () and marks[1] == marks[2] != ()
    secret.chmod(0o400)
    changed = mark_of(secret)
    os.utime(secret, ns=(1, 1))
    older = mark_of(secret)
    (tmp_path / "other").write_bytes(b"abcdef")
    (tmp_path / "other").replace(secret)
    assert len({marks[1], changed, older, mark_of(secret)}) == 4
