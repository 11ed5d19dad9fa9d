"""How often each rule that may say STOP was wrong, as measured: the figures stand in odds.json beside this file."""

from __future__ import annotations

from importlib.resources import files

import msgspec


class Odds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Critical on `wrong` of `of` runs that should have gone on. `runs` describes them; `date` as YYYY-MM-DD.

    `limits`: the rule's thresholds that the figure holds for; a test fails where those in force are others.
    """

    wrong: int
    of: int
    runs: str
    date: str
    command: str
    limits: dict[str, float]

    def __str__(self) -> str:
        return f"{self.wrong} of {self.of} {self.runs}"


ODDS: dict[str, Odds] = msgspec.json.decode((files(__package__) / "odds.json").read_bytes(), type=dict[str, Odds])
"""By the rule's name."""
