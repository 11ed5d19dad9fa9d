"""The form of a restart: a field for each setting, each problem shown at its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from monitor.launcher.relaunch.choices import Choice, written
from monitor.ui.dialogs.parts import plain

SHOWN_FIRST = (
    "augmentation",
    "dropout",
    "weight_decay",
    "learning_rate",
    "hidden_dim",
    "batch_size",
    "epochs",
    "seed",
)
MANY = 10
"""Above this number of settings, those that are rarely changed are collapsed."""


@dataclass
class Form:
    """The values that differ from the parent, and the place under each field where its problem is shown."""

    name: str
    basis: str = "now"
    """What the initial values are: the parent's ("now"), or a "default"."""
    wanted: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Any] = field(default_factory=dict)

    def complain(self, problem: str) -> None:
        """Shows each line at the field that it begins with; a line without a field stands below the form."""
        for line in problem.splitlines():
            place = self.places.get(line.split(" ", 1)[0].rstrip(":"))
            (place or st).error(plain(line), icon=None)


def fill_in(name: str, choices: Sequence[Choice], changes: Mapping[str, Any], basis: str = "now") -> Form:
    """Draws the fields with `changes` filled in; `name` distinguishes forms with different initial values."""
    form = Form(name, basis)
    known = {choice.key: choice for choice in choices}
    needed = [choice.key for choice in choices if choice.proposed is not None]
    usual = SHOWN_FIRST if len(choices) > MANY else tuple(known)
    first = [key for key in dict.fromkeys((*changes, *needed, *usual)) if key in known]
    _fields(form, [known[key] for key in first], changes)
    rest = [choice for choice in choices if choice.key not in first]
    with st.expander(f"{len(rest)} more settings" if rest else "Another option"):
        _fields(form, rest, {})
        _another(form)
    unknown = {key: value for key, value in changes.items() if key not in known}
    form.wanted = {**unknown, **form.wanted}
    return form


def _fields(form: Form, choices: Sequence[Choice], changes: Mapping[str, Any]) -> None:
    columns = st.columns(2)
    for place, choice in enumerate(choices):
        with columns[place % 2]:
            typed = _field(form, choice, changes)
            form.places[choice.key] = st.empty()
        if typed != choice.now:
            form.wanted[choice.key] = typed


def _field(form: Form, choice: Choice, changes: Mapping[str, Any]) -> str:
    proposed = choice.now if choice.proposed is None else choice.proposed
    start = written(changes[choice.key]) if choice.key in changes else proposed
    label = f"{choice.key} ({form.basis} {choice.now or 'not set'})"
    if choice.why:
        label += f": {choice.why}"
    label = plain(label)
    key, explained = f"f_{form.name}_{choice.key}", plain(str(choice.rule.get("description") or ""))
    if choice.options and start in choice.options:
        return str(st.selectbox(label, choice.options, choice.options.index(start), help=explained or None, key=key))
    return st.text_input(label, start, help=explained or None, key=key).strip()


def _another(form: Form) -> None:
    """An option that the parent did not have; with its dashes it is passed on as it is written."""
    typed = st.text_input("Add an option (key=value)", "", key=f"f_{form.name}_another").strip()
    key, sign, value = typed.partition("=")
    if typed and (not sign or not key.strip()):
        st.error("Write the option as key=value, for example label_smoothing=0.1.", icon=None)
    elif typed:
        form.wanted[key.strip()] = value.strip()
