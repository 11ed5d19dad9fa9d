"""The dialogs about a log: follow one on this machine, and confirm how a run's log is read.

They show the proposal made from a file, never its lines; only the control link opens them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import streamlit as st

from monitor.importers.free_text.evidence import WORTH_A_LOOK, Figures
from monitor.importers.mapping import SourceMapping
from monitor.launcher import attaching
from monitor.launcher.proposing import AttachRequest, Proposal, propose, reading_of
from monitor.run_dir.errors import UsageError
from monitor.run_dir.words import monitor_line
from monitor.ui.dialogs.parts import act, asked_by, attempt, code, confirmed, dialog, go_to, plain

MOST_BYTES = 500_000_000
"""A page must stay responsive; a longer log is attached to from a terminal."""
FIELDS = {"train_loss": "Train loss", "val_loss": "Val loss", "val_wer": "Val WER"}
NONE = "(none)"
UNITS = {"as detected": None, "percent": True, "fraction": False}


@dialog("Follow a log", width="large")
def follow(runs_dir: Path) -> None:
    """A path on this machine, what was found in the log, and one button."""
    st.write(
        "Follows the log of a training that is already running, however it was started, or a file or folder that its "
        "tool writes (results.csv, event files …)."
    )
    typed = st.text_input("Log on this machine", key="log_path", placeholder="/path/to/train.log").strip()
    pid = st.text_input("Process id (pid), to be able to stop it from here", key="log_pid").strip()
    if not typed:
        st.caption("The same from a terminal:")
        code("python -m monitor attach path/to/train.log")
        return
    request, look = attempt(lambda: _request(typed, pid)), partial(_proposal, runs_dir, Path(typed).expanduser())
    proposal = attempt(partial(look, request)) if request else None
    if not request or not proposal:
        return
    st.markdown(f"**{plain(proposal.said)}** Is that right?")
    _table(proposal.figures)
    with st.expander("Change columns"):
        columns, percent = _change("follow", proposal.mapping, proposal.names)
    if columns or percent is not None:
        request = AttachRequest(request.asked_by, request.name, request.pid, columns, percent)
        changed = attempt(partial(look, request))
        if not changed:
            return
        proposal = changed
        st.markdown(f"**{plain(proposal.said)}**")
        _table(proposal.figures)
    _say_more(proposal, request)
    if confirmed("Yes, follow it", "follow"):
        act(lambda: go_to(runs_dir, attaching.attach(runs_dir, proposal, request)))


@dialog("Is the log read correctly?", width="large")
def confirm_reading(run_dir: Path) -> None:
    """What was found in the log of a started script, for a person to confirm."""
    by = asked_by()
    read = attempt(lambda: reading_of(run_dir, AttachRequest(by)))
    if not read:
        return
    st.markdown(f"**{plain(read.said)}** Is that right?")
    _table(read.figures)
    with st.expander("Change columns"):
        columns, percent = _change("reading", read.mapping, read.names)
    if columns or percent is not None:
        changed = attempt(lambda: reading_of(run_dir, AttachRequest(by, columns=columns, percent=percent)))
        if not changed:
            return
        read = changed
        st.markdown(f"**{plain(read.said)}**")
        _table(read.figures)
    if confirmed("Yes", "reading", leave="Not now"):
        act(lambda: attaching.settle_reading(run_dir, by, read.mapping))


def _request(typed: str, pid: str) -> AttachRequest:
    if not Path(typed).expanduser().is_absolute():
        raise UsageError(f"{typed} is not an absolute path; start it with / or ~.")
    if pid and not (pid.isdecimal() and int(pid) < 2**31):
        raise UsageError(f"{pid} is not a process id; give a whole number.")
    request = AttachRequest(asked_by(), pid=int(pid) if pid else None)
    if request.pid is not None:
        attaching.identity_of(request.pid)
    return request


def _proposal(runs_dir: Path, path: Path, request: AttachRequest) -> Proposal:
    size = path.stat().st_size if path.is_file() else 0
    if size > MOST_BYTES:
        raise UsageError(
            f"{path.name} is too large for this page ({size:,} bytes). Use a terminal: {monitor_line('attach', path)}"
        )
    return propose(runs_dir, path, request)


def _table(figures: Figures) -> None:
    rows = figures.rows()
    st.dataframe(rows, hide_index=True, width="stretch")
    if rows:
        st.caption(WORTH_A_LOOK)


def _change(form: str, mapping: SourceMapping, names: tuple[str, ...]) -> tuple[Mapping[str, str], bool | None]:
    """What differs from the proposal: (field → name, percent or fraction)."""
    now = {use.field: use.column for use in mapping.uses}
    choices = [NONE, *names]
    columns = {}
    for place, (field, label) in zip(st.columns(len(FIELDS)), FIELDS.items(), strict=True):
        known = now.get(field, NONE)
        chosen = place.selectbox(label, choices, choices.index(known) if known in choices else 0, key=f"{form}_{field}")
        if chosen not in (known, NONE):
            columns[field] = str(chosen)
    unit = st.radio("Unit of WER in the log", list(UNITS), horizontal=True, key=f"{form}_unit")
    return columns, UNITS[str(unit)]


def _say_more(proposal: Proposal, request: AttachRequest) -> None:
    if proposal.samples:
        st.write(f"The log also holds predictions: {proposal.samples:,} so far.")
    if proposal.known is not None:
        st.write(f"This log was followed before as **{plain(proposal.known.name)}**; it continues in that run.")
    if request.pid is None and proposal.writers:
        st.caption(plain(f"It is written by process {', '.join(proposal.writers)}."))
