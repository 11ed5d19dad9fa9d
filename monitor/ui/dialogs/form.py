"""The form of a start or a restart: a row for each setting, each problem shown at its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from monitor.launcher.relaunch.choices import SettingChoice, written
from monitor.ui import assets
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
"""Above this number of settings, those that are rarely changed are shown on request."""
NOT_AN_OPTION = "Write the option as key=value, for example label_smoothing=0.1."
MOST_CHARS = 4000


class Form:
    """The values in the form, as the browser has sent them so far; drawn by `draw` once their problems are known.

    `changes` are filled in, and `basis` names the values that stand there first: the parent's ("now"), a "default".
    """

    def __init__(
        self, name: str, choices: Sequence[SettingChoice], changes: Mapping[str, Any], basis: str = "now"
    ) -> None:
        self.name, self.basis = name, basis
        self.problems: dict[str, str] = {}
        """Setting → what is wrong with it; "" for the option that was added."""
        self._choices = list({choice.key: choice for choice in choices}.values())
        self._changes = changes
        self._others: list[str] = []
        self._values, self._another = _typed(self._key)
        self.wanted = self._wanted()

    @property
    def _key(self) -> str:
        return f"form_{self.name}"

    def complain(self, problem: str) -> None:
        """Keeps each line for the field that it begins with; a line without a field stands below the form."""
        known = {choice.key for choice in self._choices}
        for line in problem.splitlines():
            key = line.split(" ", 1)[0].rstrip(":")
            if key in known:
                self.problems[key] = line
            else:
                self._others.append(line)

    def draw(self) -> None:
        """The rows, and below them what belongs to none."""
        usual = SHOWN_FIRST if len(self._choices) > MANY else tuple(choice.key for choice in self._choices)
        first = {key: place for place, key in enumerate(usual)}
        ordered = sorted(self._choices, key=lambda choice: first.get(choice.key, len(first)))
        rows = [self._row(choice, usual=choice.key in first) for choice in ordered]
        data = {"name": self.name, "basis": self.basis, "rows": rows, "problems": self.problems}
        data |= {"values": self._values, "another": self._another}
        # What is typed stands in the session under the key, as `typed`. Its styles are the page's.
        mount = st.components.v2.component("vitalsigns_form", js=assets.form_script(), isolate_styles=False)
        mount(key=self._key, data=data, on_typed_change=lambda: None)
        for line in self._others:
            st.error(plain(line), icon=None)

    def _row(self, choice: SettingChoice, *, usual: bool) -> dict[str, Any]:
        return {
            "key": choice.key,
            "now": choice.now,
            "start": self._start(choice),
            "options": choice.options,
            "help": str(choice.rule.get("description") or ""),
            "why": choice.why,
            "usual": usual,
        }

    def _start(self, choice: SettingChoice) -> str:
        if choice.key in self._changes:
            return written(self._changes[choice.key])
        return choice.now if choice.proposed is None else choice.proposed

    def _wanted(self) -> dict[str, Any]:
        """What differs from the values that stand there first; an option that is in no list as it is written."""
        known = {choice.key for choice in self._choices}
        wanted: dict[str, Any] = {key: value for key, value in self._changes.items() if key not in known}
        for choice in self._choices:
            text = self._values.get(choice.key, self._start(choice)).strip()
            if text != choice.now:
                wanted[choice.key] = text
        key, sign, value = self._another.strip().partition("=")
        if sign and key.strip():
            wanted[key.strip()] = value.strip()
        elif key or sign:
            self.problems[""] = NOT_AN_OPTION
        return wanted


def _typed(key: str) -> tuple[dict[str, str], str]:
    """The typed values and the option that was added, as the browser has sent them, which may be anything."""
    typed = st.session_state.get(key, {}).get("typed")
    typed = typed if isinstance(typed, Mapping) else {}
    values, another = typed.get("values"), typed.get("another")
    texts = {
        name: value[:MOST_CHARS]
        for name, value in (values.items() if isinstance(values, Mapping) else ())
        if isinstance(value, str)
    }
    return texts, another[:MOST_CHARS] if isinstance(another, str) else ""
