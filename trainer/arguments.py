"""The command line of the trainer, made from the Config: flags, help, and where the run goes.

An option's value is: what was typed, else what the preset says, else the default.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from monitor.run_dir.errors import UsageError
from trainer import config as options
from trainer.config import PROPERTIES, Config
from trainer.presets import PRESETS, preset


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed command line. `given` holds only what was typed: a resumed run compares it with its own config."""

    config: Config
    given: dict[str, Any] = {}
    output_dir: Path | None = None
    resume: bool = False
    schema: bool = False
    ray_workers: int = 0


class Parser(argparse.ArgumentParser):
    """argparse exits with 2 on its own; a usage error is 64 here and has one sentence."""

    def error(self, message: str) -> NoReturn:
        """Raises UsageError in place of argparse's exit."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.")


def parser() -> argparse.ArgumentParser:
    """Every key of Config as a flag, in both spellings (--batch_size and --batch-size)."""
    made = Parser(
        prog="python -m trainer", description="Train a CTC model and write a run directory.", allow_abbrev=False
    )
    made.add_argument("--preset", help=f"Named values to start from: {_preset_names()}.")
    made.add_argument("--output_dir", "--output-dir", type=Path, help="The run directory to write.")
    made.add_argument("--resume", action="store_true", help="Go on from the last checkpoint in --output_dir.")
    made.add_argument(
        *_spellings("ray_workers"), type=int, default=0, metavar="N", help="Train in N workers of a Ray (Ray Train)."
    )
    made.add_argument("--schema", action="store_true", help="Print every option as JSON Schema and exit.")
    for key, schema in PROPERTIES.items():
        made.add_argument(*_spellings(key), dest=key, metavar=_metavar(schema), help=_help(schema))
    return made


def parse(argv: list[str]) -> Invocation:
    """The invocation that `argv` asks for. Raises UsageError for anything that is not allowed."""
    known = vars(parser().parse_args(argv))
    typed = {key: known[key] for key in PROPERTIES if known[key] is not None}
    data = options.parse("data", typed.get("data", "synthetic"))
    base = preset(known["preset"], data) if known["preset"] is not None else {}
    checked = options.check({**base, **typed})
    return Invocation(
        config=checked,
        given={key: getattr(checked, key) for key in (*base, *typed)},
        output_dir=known["output_dir"],
        resume=known["resume"],
        schema=known["schema"],
        ray_workers=known["ray_workers"],
    )


def schema() -> dict[str, Any]:
    """JSON Schema of all options, with the presets of each corpus beside it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Vitalsigns trainer",
        "type": "object",
        "properties": PROPERTIES,
        "presets": PRESETS,
    }


def schema_text() -> str:
    """Every option with its type, range and help, as JSON."""
    return json.dumps(schema(), indent=2)


def _spellings(key: str) -> list[str]:
    return list(dict.fromkeys([f"--{key}", f"--{key.replace('_', '-')}"]))


def _metavar(schema: dict[str, Any]) -> str:
    return "|".join(schema["enum"]) if "enum" in schema else {"integer": "N", "number": "X"}.get(schema["type"], "TEXT")


def _help(schema: dict[str, Any]) -> str:
    limits = f" From {schema['minimum']:g} to {schema['maximum']:.12g}." if "minimum" in schema else ""
    default = "none" if schema["default"] == "" else schema["default"]
    return f"{schema['description']}{limits} Default: {default}.".replace("%", "%%")


def _preset_names() -> str:
    return "; ".join(f"{', '.join(names)} ({data})" for data, names in PRESETS.items())
