"""Which settings of a run may stand in a paper: nothing that names a person, a machine, a place or the run itself.

What is not known to be harmless is left out: of texts only single words are taken. No list knows every name; a setting
such as `variant = smith` passes, and is the author's to see.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath
from typing import Any

from monitor.run_dir import Snapshot
from monitor.run_dir.audit import user_name
from monitor.run_dir.field_names import plain
from monitor.run_dir.redaction import redacted
from monitor.view.settings import flattened

WHOSE = frozenset(
    re.findall(
        r"\w+",
        "user username login owner author authors email mail contact who account entity team group lab institution "
        "host hostname hosts node nodes nodename nodelist machine server address ip url uri endpoint cluster partition "
        "name run run_name run_id runid id uuid exp experiment exp_name experiment_name exp_id job job_id job_name "
        "trial trial_id trial_name project project_name tag tags note notes comment description desc message git",
    )
)
"""Settings that say whose run it is, where it ran or what it is called, and nothing of how it was trained."""
PERSONAL = frozenset({"user", "username", "email", "host", "hostname", "author", "owner"})
"""Words that make any name with one of them such a setting: `wandb_user`, `db_host`."""
WHERE = frozenset(
    re.findall(
        r"\w+",
        "out output output_dir out_dir output_path save_dir save_path log_dir logdir checkpoint_dir ckpt_dir work_dir "
        "workdir run_dir default_root_dir results_dir exp_dir tensorboard_dir",
    )
)
"""Where a run writes, which differs between seeds and makes no other training."""
WORD = re.compile(r"[\w.,:+\-]{1,40}( ?[|,;] ?[\w.+\-]{1,40}){0,7}")
IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
HOMES = frozenset({"home", "Users", "users"})
LONG = 4
"""From so many letters on, the name of a user or a machine is looked for inside of words, too."""


@dataclass(frozen=True)
class PaperSettings:
    """`shown`: what may stand in a paper. `hidden`: what may not, of that `other` makes another training of it."""

    shown: dict[str, str]
    hidden: tuple[str, ...]
    other: tuple[tuple[str, str], ...]


def paper_settings(run: Snapshot, names: Sequence[str]) -> PaperSettings:
    """A run's settings without its seed. `names`: what no word of a paper may hold (`names_of`)."""
    shown: dict[str, str] = {}
    hidden: list[str] = []
    other: list[tuple[str, str]] = []
    config: Mapping[str, Any] = redacted(run.run.config) if run.run is not None else {}
    for key, value in flattened(config):
        text = _text(value)
        if _is_harmless(key, text, names):
            shown[key] = text
        else:
            hidden.append(key)
            if not (_says_whose(key) or plain(key) in WHERE or _holds(str(value), [run.run_id])):
                other.append((key, repr(value)))
    return PaperSettings(shown, tuple(hidden), tuple(sorted(other)))


def names_of(runs: Iterable[Snapshot]) -> list[str]:
    """The users, machines and runs that are known of: of this process, and of the records."""
    found = {user_name(), *_machine(socket.gethostname())}
    for run in runs:
        found |= {run.run_id, run.run.name if run.run is not None else ""}
        if run.launch is not None:
            found |= {*_machine(run.launch.host), *re.split(r"\W+", run.launch.asked_by)}
            parts = PurePath(run.launch.cwd).parts
            found |= {person for above, person in pairwise(parts) if above in HOMES}
        if run.run is not None:
            found |= _machine(run.run.environment.host)
            found |= {text for key, text in flattened(run.run.config) if _is_personal(key) and isinstance(text, str)}
    return sorted(name.casefold() for name in found if len(name) > 1 and not name.isdigit())


def _machine(host: str) -> set[str]:
    """Its whole name, and that without its domain."""
    return {host, host.partition(".")[0]}


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)) and all(isinstance(each, (str, int, float)) for each in value):
        return ", ".join(map(str, value))
    return str(value)


def _is_harmless(key: str, text: str, names: Sequence[str]) -> bool:
    if _says_whose(key) or plain(key) in WHERE or not re.fullmatch(r"[\w. \-]{1,60}", key):
        return False
    is_plain = WORD.fullmatch(text) is not None and IPV4.search(text) is None
    return is_plain and not _holds(key, names) and not _holds(text, names)


def _says_whose(key: str) -> bool:
    return plain(key.rsplit(".", 1)[-1]) in WHOSE or _is_personal(key)


def _is_personal(key: str) -> bool:
    return bool(PERSONAL & set(plain(key).split("_")))


def _holds(text: str, names: Iterable[str]) -> bool:
    """Whether one of the names stands in it: a short one only as a word of its own."""
    found = text.casefold()
    for name in map(str.casefold, names):
        if len(name) >= LONG and name in found:
            return True
        if name and re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", found):
            return True
    return False
