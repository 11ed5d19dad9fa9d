"""Name, note, tags and pin of a run: kept beside the runs."""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st

from monitor.launcher.hosts.acting import act_there
from monitor.run_dir.folders import served
from monitor.run_dir.labels import LONGEST_NOTE, LONGEST_TITLE, Label, label, label_of, tags_in
from monitor.ui.dialogs.parts import act, asked_by, confirmed, dialog, plain, way_now


@dialog("Name, note, tags", width="small")
def label_run(folder: Path, run_id: str) -> None:
    """Changes what people say of a run; the run itself stays as it is."""
    known = label_of(folder, run_id)
    place = served().holding(folder)
    there = f" on {place.host}" if place.host else ""
    st.caption(plain(f"For {run_id}. Kept in labels.json beside the runs{there}; the run's own folder stays as it is."))
    title = st.text_input("Name", known.title, max_chars=LONGEST_TITLE, key=f"label_title_{run_id}")
    note = st.text_area("Note", known.note, max_chars=LONGEST_NOTE, key=f"label_note_{run_id}")
    tags = st.text_input("Tags, with spaces between them", " ".join(known.tags), key=f"label_tags_{run_id}")
    pinned = st.checkbox("Pin to the top of the list", known.pinned, key=f"label_pin_{run_id}")
    if confirmed("Save", "label"):
        title, note = title.strip(), note.strip()
        said = Label(title=title, note=note, tags=tags_in(tags), pinned=pinned, at=time.time(), by=asked_by())
        if place.host:
            act(lambda: act_there(place, "label", run_id, *changes(known, said), asked_from=way_now()))
        else:
            act(lambda: label(folder, run_id, said))


def changes(known: Label, wanted: Label) -> list[str]:
    """The options of `label` that make the one label of the other."""
    return [
        f"--name={wanted.title}",
        f"--note={wanted.note}",
        *(f"--tag={tag}" for tag in wanted.tags if tag not in known.tags),
        *(f"--untag={tag}" for tag in known.tags if tag not in wanted.tags),
        "--pin" if wanted.pinned else "--unpin",
    ]
