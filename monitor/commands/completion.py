"""Print the completion script of a shell; it also defines `vitalsigns` as a short name for `python -m monitor`."""

from __future__ import annotations

import shlex
import sys
from typing import Annotated, Literal

import typer

from monitor.run_dir.errors import EXIT_OK

SHORT_NAME = "vitalsigns"
VARIABLE = "_VITALSIGNS_COMPLETE"


def run(
    shell: Annotated[
        Literal["bash", "zsh", "fish"],
        typer.Argument(help="The shell. Try it: source <(python -m monitor completion bash)"),
    ],
) -> int:
    """Exit code 0. The script goes to stdout as it is."""
    sys.stdout.write(script(shell, sys.executable))
    return EXIT_OK


def script(shell: str, python: str) -> str:
    """Defines the function `vitalsigns` and its completion, which asks this very interpreter."""
    from typer._completion_shared import get_completion_script

    call = f"{shlex.quote(python)} -m monitor"
    asked = get_completion_script(prog_name=SHORT_NAME, complete_var=VARIABLE, shell=shell)
    # The typed name is a function of the shell, which `env` cannot call: the interpreter is called instead.
    asked = asked.replace(f"{VARIABLE}=complete_bash $1", f"{VARIABLE}=complete_bash {call}")
    asked = asked.replace(f"{VARIABLE}=complete_zsh {SHORT_NAME}", f"{VARIABLE}=complete_zsh {call}")
    asked = asked.replace(f"(commandline -cp) {SHORT_NAME}", f"(commandline -cp) {call}")
    if shell == "fish":
        return f"function {SHORT_NAME}; {call} $argv; end\n{asked}\n"
    return f'{SHORT_NAME}() {{ {call} "$@"; }}\n{asked}\n'
