"""Whether a file can hold only what the user, or root, put into it.

Settings decide what is sent where and what is judged by which limit: the file of another user of the machine, planted
in a folder above a project, must not be obeyed.
"""

from __future__ import annotations

import grp
import io
import os
import pwd
import stat
from pathlib import Path

from monitor.run_dir.opening import open_foreign

ACL = "system.posix_acl_access"


def read_own(path: Path, most_bytes: int) -> tuple[bytes, str]:
    """The bytes of a plain file, and why others may have written it ("" where only the user and root can).

    A longer file gives `most_bytes` + 1 bytes, one that others may have written gives none.
    Raises OSError, and OddFileError (a ValueError) for a pipe or a device.
    """
    with io.BufferedReader(open_foreign(path)) as file:
        why = _why(path, os.fstat(file.fileno())) or _why_folders(path)
        return b"" if why else file.read(most_bytes + 1), why


def _why_folders(path: Path) -> str:
    """Who writes a folder may put another file into it. In a folder with the sticky bit (/tmp) no user may replace what
    is another's, so a project of the user's may stand in one; but every user may plant there what is not there yet, so
    settings may not."""
    for place in dict.fromkeys((path.absolute(), path.resolve())):
        for folder in place.parents:
            found = folder.lstat()
            safe_inside = found.st_mode & stat.S_ISVTX and folder != place.parent
            if why := _why(folder, found, may_write_in=bool(safe_inside)):
                return why
    return ""


def _why(path: Path, found: os.stat_result, may_write_in: bool = False) -> str:
    if found.st_uid not in (0, os.geteuid()):
        return f"{path} belongs to {_name(found.st_uid)}"
    if stat.S_ISLNK(found.st_mode) or may_write_in:
        return ""
    if found.st_mode & stat.S_IWOTH:
        return f"everybody may write {path}"
    if found.st_mode & stat.S_IWGRP and not _is_private_group(path, found):
        return f"a group may write {path}"
    return ""


def _is_private_group(path: Path, found: os.stat_result) -> bool:
    """Whether the group is the owner's alone, as most systems make one for each user (with umask 002)."""
    if hasattr(os, "listxattr") and ACL in os.listxattr(path, follow_symlinks=False):
        return False  # with access lists the group's bits are those of all whom the list names
    try:
        group = grp.getgrgid(found.st_gid)
        owner = pwd.getpwuid(found.st_uid)
    except KeyError:
        return False
    return group.gr_gid == owner.pw_gid and group.gr_name == owner.pw_name and set(group.gr_mem) <= {owner.pw_name}


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
