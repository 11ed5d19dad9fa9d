"""`read_own`: a file that may hold what other users wrote is not read."""

import grp
import os
import pwd

import pytest

from monitor.run_dir.opening import OddFileError
from monitor.run_dir.ownership import read_own


def made(path, mode=0o600, data=b"[devices]\n"):
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_a_file_of_ones_own_is_read_up_to_one_byte_more_than_asked_for(tmp_path):
    assert read_own(made(tmp_path / "own.toml"), 100) == (b"[devices]\n", "")
    assert read_own(made(tmp_path / "long.toml"), 4) == (b"[devi", "")


def test_a_file_that_everybody_may_write_gives_nothing(tmp_path):
    data, why = read_own(made(tmp_path / "open.toml", 0o606), 100)
    assert data == b"" and why == f"everybody may write {tmp_path / 'open.toml'}"


def test_a_file_of_a_group_is_read_where_the_group_is_its_owners_alone(tmp_path, monkeypatch):
    path = made(tmp_path / "group.toml", 0o660)
    me = pwd.getpwuid(path.stat().st_uid)
    for name, members, gives in ((me.pw_name, [], b"[devices]\n"), (me.pw_name, ["bea"], b""), ("staff", [], b"")):
        group = grp.struct_group((name, "", me.pw_gid, members))
        monkeypatch.setattr(grp, "getgrgid", lambda _gid, group=group: group)
        os.chown(path, -1, me.pw_gid)
        data, why = read_own(path, 100)
        assert data == gives and why == ("" if gives else f"a group may write {path}")


def test_a_file_in_a_folder_that_everybody_may_write_gives_nothing(tmp_path):
    (tmp_path / "open").mkdir()
    path = made(tmp_path / "open" / "own.toml")
    (tmp_path / "open").chmod(0o777)
    assert read_own(path, 100) == (b"", f"everybody may write {tmp_path / 'open'}")
    (tmp_path / "open").chmod(0o1777)  # a sticky folder: what is not there yet may be planted
    assert read_own(path, 100)[0] == b""


def test_a_link_counts_by_the_folders_of_both_ends(tmp_path):
    (tmp_path / "open").mkdir()
    target = made(tmp_path / "open" / "own.toml")
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link.toml").symlink_to(target)
    assert read_own(tmp_path / "link.toml", 100)[0] == b""


def test_a_file_of_another_user_gives_nothing(tmp_path, monkeypatch):
    path = made(tmp_path / "theirs.toml")
    if os.geteuid() == 0:
        os.chown(path, 65_534, 65_534)
    else:
        another = os.geteuid() + 1
        monkeypatch.setattr(os, "geteuid", lambda: another)
    data, why = read_own(path, 100)
    assert data == b"" and why.startswith(f"{path} belongs to ")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OddFileError):
        read_own(tmp_path / "pipe", 100)
