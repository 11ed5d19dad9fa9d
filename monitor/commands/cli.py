"""`python -m monitor`: the verbs, and the one place where an error becomes a sentence and an exit code.

A verb's module is imported when the verb is used: `list` must not wait for what `serve` needs.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from monitor.commands.completion import SHORT_NAME, VARIABLE
from monitor.commands.examples import GROUPS, epilog_of, group_of
from monitor.run_dir.audit import set_origin
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, EXIT_USAGE, MonitorError, UsageError

VERBS = {
    "list": "list_",
    "show": "show",
    "check": "check",
    "diagnose": "diagnose",
    "report": "report",
    "compare": "compare",
    "ledger": "ledger",
    "predictions": "predictions",
    "log": "log",
    "import": "import_",
    "attach": "attach",
    "start": "start",
    "stop": "stop",
    "restart": "restart",
    "resume": "resume",
    "ack": "ack",
    "watch": "watch",
    "notify": "notify",
    "away": "away",
    "metric": "metric",
    "rules": "rules",
    "label": "label",
    "archive": "trash:archive_verb",
    "restore": "trash:restore_verb",
    "export": "export",
    "paper": "paper",
    "audit": "audit",
    "serve": "serve",
    "link": "link",
    "mcp": "mcp",
    "completion": "completion",
}
"""Verb → module in monitor/commands with a function `run`, or "module:function" where it holds several verbs."""

INTERRUPTED = 130
ASKED_FROM = "VITALSIGNS_ASKED_FROM"
"""Set by a page on another host that asks for an act over ssh: the way by which it was asked, for the audit."""


class LazyVerbs(TyperGroup):
    """Looks a verb up by importing its module."""

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of their groups; imports none of them."""
        return [verb for verbs in GROUPS.values() for verb in verbs]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Raises UsageError for an unknown one, with the name that comes nearest."""
        if cmd_name not in VERBS:
            near = difflib.get_close_matches(cmd_name, VERBS, n=1)
            hint = f"did you mean {near[0]}?" if near else "see python -m monitor --help."
            raise UsageError(f"unknown command {cmd_name!r}; {hint}")
        return command(cmd_name)


def command(verb: str) -> Any:
    """The command behind a verb."""
    name, _, function = VERBS[verb].partition(":")
    module = importlib.import_module(f"{__package__}.{name}")
    act = getattr(module, function or "run")
    one = typer.Typer(add_completion=False)
    one.command(
        verb,
        help=act.__doc__ if function else module.__doc__,
        epilog=epilog_of(verb),
        rich_help_panel=group_of(verb),
        context_settings=getattr(module, "SETTINGS", None),
    )(act)
    return typer.main.get_command(one)


app = typer.Typer(cls=LazyVerbs, add_completion=False, no_args_is_help=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def verbs(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Watch training runs, see what is wrong with them, stop and restart them.

    Exit codes: 0 well, 1 warning, 2 critical, 3 unreadable run, 4 not enough data, 5 refused, 64 wrong usage.
    """
    if version:
        from vitalsigns import __version__

        sys.stdout.write(f"vitalsigns {__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise UsageError("no command given; python -m monitor --help lists the commands.")


def main(argv: list[str] | None = None) -> int:
    """Runs one command line and returns its exit code; a user's mistake is one sentence on stderr."""
    asked_from = "".join(sign for sign in os.environ.get(ASKED_FROM, "") if sign.isprintable())[:120]
    set_origin(f"ssh, {asked_from}" if asked_from else "terminal")
    try:
        if VARIABLE in os.environ:
            return _complete(os.environ[VARIABLE])
        code = app(sys.argv[1:] if argv is None else argv, standalone_mode=False, prog_name="python -m monitor")
        sys.stdout.flush()
        return code if isinstance(code, int) else EXIT_OK
    except MonitorError as problem:
        return _say(str(problem), problem.exit_code)
    except typer.TyperException as problem:
        return _say(_sentence(problem), EXIT_USAGE)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe has had enough (`| head`); Python would complain once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except OSError as problem:
        return _say(f"{problem.filename or 'the disk'}: {problem.strerror or problem}.", EXIT_REFUSED)


def _complete(instruction: str) -> int:
    """Answers a shell that wants to complete a command line (monitor.commands.completion)."""
    from typer.completion import completion_init, shell_complete

    completion_init()
    return shell_complete(typer.main.get_command(app), {}, SHORT_NAME, VARIABLE, instruction)


def _say(sentence: str, code: int) -> int:
    from monitor.commands.common import harmless

    for line in sentence.splitlines() or [""]:
        sys.stderr.write(f"error: {harmless(line)}\n")
    return code


def _sentence(problem: Any) -> str:
    """What the option parser objects to, ending with the step that mends it."""
    text = problem.format_message() if hasattr(problem, "format_message") else str(problem)
    context = getattr(problem, "ctx", None)
    where = context.command_path if context is not None else "python -m monitor"
    return f"{text.strip().rstrip('.')}; see {where} --help."
