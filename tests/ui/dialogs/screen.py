"""A stand-in for Streamlit in the dialogs: what was shown, and what a person has typed and clicked, by key."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from monitor.launcher.relaunch.code import CodeChange
from monitor.launcher.relaunch.plan import RestartPlan, RestartRequest

SAYS = ("write", "caption", "markdown", "info", "warning", "error", "toast", "code")
REFUSED = "It is refused."


class Query(dict[str, str]):
    """The words behind the address of the page."""

    def from_dict(self, words: dict[str, str]) -> None:
        self.clear()
        self.update(words)


class Screen:
    """`said`: (how, text) in order. `typed`: key → value of a field, or whether a button was clicked."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.offered: dict[str, Any] = {}
        """Key → the choices, or the label of a button."""
        self.disabled: set[str] = set()
        self.tables: list[Any] = []
        self.typed: dict[str, Any] = {}
        self.reruns = 0
        self.session_state: dict[str, Any] = {}
        self.query_params = Query()
        self.context = SimpleNamespace(headers={})

    def texts(self, how: str) -> list[str]:
        """What was said in one way, in order."""
        return [text for kind, text in self.said if kind == how]

    def __getattr__(self, name: str) -> Any:
        if name in SAYS:
            return lambda text, *_, **__: self.said.append((name, text))
        raise AttributeError(name)

    def radio(self, _: str, options: Any, index: int = 0, *, key: str, **__: Any) -> Any:
        self.offered[key] = list(options)
        return self.typed.get(key, self.offered[key][index])

    selectbox = radio

    def multiselect(self, _: str, options: Any, *, key: str) -> Any:
        self.offered[key] = list(options)
        return self.typed.get(key, [])

    def checkbox(self, label: str, *, key: str) -> bool:
        self.offered[key] = label
        return bool(self.typed.get(key, False))

    def text_input(self, _: str, value: str = "", *, key: str, **__: Any) -> str:
        return str(self.typed.get(key, value))

    text_area = text_input

    def number_input(self, _: str, least: float, most: float, value: float, step: float, *, key: str) -> float:
        self.offered[key] = (least, most, value, step)
        return float(self.typed.get(key, value))

    def button(self, label: str, *, key: str, disabled: bool = False, **_: Any) -> bool:
        self.offered[key] = label
        if disabled:
            self.disabled.add(key)
        return bool(self.typed.get(key, False)) and not disabled

    def dataframe(self, table: Any, **_: Any) -> None:
        self.tables.append(table)

    def columns(self, widths: Any) -> list[Screen]:
        return [self] * (widths if isinstance(widths, int) else len(widths))

    def container(self, *_: Any, **__: Any) -> Screen:
        return self

    expander = container

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def rerun(self) -> None:
        self.reruns += 1


def inside(dialog: Callable[..., None]) -> Callable[..., None]:
    """What a dialog draws, without Streamlit's window around it."""
    return inspect.unwrap(dialog)


class Asked:
    """Stands for a function of the launcher: keeps its arguments, and answers or refuses."""

    def __init__(self, answer: Any = None, refusal: Exception | None = None) -> None:
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        self._answer, self._refusal = answer, refusal

    def __call__(self, *args: Any, **named: Any) -> Any:
        self.calls.append((args, named))
        if self._refusal is not None:
            raise self._refusal
        return self._answer


def restart_plan(child: str = "r-2", **parts: Any) -> RestartPlan:
    """A plan as the launcher makes it, of the run `r` in `runs`."""
    about: dict[str, Any] = {
        "argv": ["python", "t.py"],
        "command": f"python t.py {child}",
        "diff": [("lr", 0.1, 0.05)],
        "cwd": Path("/work"),
        "request": RestartRequest(changes={"seed": 7}),
        "code": CodeChange(True),
        **parts,
    }
    return RestartPlan(runs_dir=about.pop("runs_dir", Path("runs")), parent_id="r", child_id=child, **about)
