"""The colours, each once: page, first paint, door, report and pictures take theirs from here.

A colour has a name and two values, (light, dark); contrast figures stand in docs/log.md. .streamlit/config.toml repeats
the few that Streamlit needs, and tests/view/test_palette.py holds it to these.
"""

from __future__ import annotations

from string import ascii_uppercase

COLOURS: dict[str, tuple[str, str]] = {
    "surface": ("#ffffff", "#151a21"),
    "sunken": ("#eceff3", "#0a0c10"),
    "page": ("#f6f7f9", "#0d1015"),
    "text": ("#12161c", "#e9edf3"),
    "muted": ("#4a5462", "#aab4c2"),
    "faint": ("#5f6a79", "#8e99a9"),
    "hairline": ("#d8dde4", "#2a313b"),
    "edge": ("#7c8796", "#6f7b8b"),
    "accent": ("#4338ca", "#a5a8ff"),
    "on-accent": ("#ffffff", "#12131f"),
    "crit-fill": ("#b3141b", "#c4282e"),
    "on-crit": ("#ffffff", "#ffffff"),
    "crit-on-light": ("#8d0f15", "#8d0f15"),
    "crit": ("#b3141b", "#ff8a84"),
    "crit-tint": ("#fdecec", "#3a1416"),
    "warn": ("#8a4b00", "#f5b554"),
    "warn-tint": ("#fff3dc", "#33240a"),
    "info": ("#1d5a8c", "#7fbdf0"),
    "info-tint": ("#e8f2fb", "#10263a"),
    "ok": ("#0b6b6b", "#5fcfc4"),
    "ok-tint": ("#e3f4f3", "#0c2a28"),
    "unknown": ("#4a5462", "#aab4c2"),
    "train": ("#0069a8", "#5ab0f0"),
    "val": ("#c2410c", "#ff9a5c"),
    "sub": ("#7a4300", "#ffc66b"),
    "sub-chip": ("#ffe9c7", "#3a2807"),
    "del": ("#a01320", "#ff9aa0"),
    "del-chip": ("#fbdde0", "#3b1519"),
    "ins": ("#5b2a9d", "#cdb0ff"),
    "ins-chip": ("#ebe1fa", "#2a1b45"),
    "plum": ("#a1287d", "#ff8fd0"),
    "olive": ("#4f6b12", "#b9d45f"),
}
"""`train` and `val` are the two curves of a run that is drawn alone; every other line is a yardstick, in `muted`.
Several runs have a colour each: `val`, `train`, `ins`, `ok`, `plum`, `olive`, `muted`, `text`."""
CONDITIONS = ("train", "val", "ins", "ok", "muted", "crit")
"""Of the curves of a paper, which are called A, B …"""
TAB_ICONS = {
    "STOP": COLOURS["crit-fill"][0],
    "LOOK": "#c77700",
    "KEEP GOING": COLOURS["ok"][0],
    "FAILED": COLOURS["crit-fill"][0],
    "LOST": COLOURS["crit-fill"][0],
    "other": COLOURS["faint"][0],
}
"""Of the icon in the browser's tab, by verdict: one value each, seen on light and dark tabs."""


def curve(name: str) -> str:
    """The colour name of a curve."""
    if len(name) == 1 and name in ascii_uppercase:
        return CONDITIONS[ascii_uppercase.index(name) % len(CONDITIONS)]
    return name if name in ("train", "val") else "muted"


def light(name: str) -> str:
    """The colour of this name in the light theme, #rrggbb."""
    return COLOURS[name][0]


def properties(*names: str, dark: bool) -> str:
    """The named colours of one scheme, or all, as CSS custom properties, --vs-NAME."""
    return "".join(f"--vs-{name}:{COLOURS[name][dark]};" for name in names or COLOURS)


def properties_of_both(*names: str) -> str:
    """The named colours as CSS custom properties that follow the reader's scheme; needs `color-scheme: light dark`."""
    return "".join(f"--vs-{name}:light-dark({','.join(COLOURS[name])});" for name in names)
