"""Show or set the away policy: what happens if a run goes bad while you are away (tell, stop or fix)."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor import launcher
from monitor.commands.common import (
    DEFAULT_RUNS,
    IfBadHoursOption,
    JsonOption,
    RunArgument,
    RunsOption,
    console,
    find_run,
    now,
    print_json,
    who,
)
from monitor.diagnosis.away import act_of, policy_from, policy_of, words
from monitor.run_dir.errors import EXIT_OK


def run(
    run: RunArgument,
    do: Annotated[
        str | None, typer.Argument(metavar="[tell|stop|fix]", help="The new policy; default: show the current one.")
    ] = None,
    runs: RunsOption = DEFAULT_RUNS,
    if_bad_hours: IfBadHoursOption = None,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0. A changed policy is shown as it is afterwards."""
    run_dir = find_run(runs, run)
    if do is not None:
        launcher.set_policy(run_dir, policy_from(do, if_bad_hours, who(), now()))
    policy, act = policy_of(run_dir), act_of(run_dir)
    if as_json:
        print_json({"run_id": run_dir.name, "policy": policy, "act": act})
        return EXIT_OK
    console().print(f"If {run_dir.name} goes bad while you are away: {words(policy)}.", soft_wrap=True)
    if act is not None:
        child = f" Started in its place: {act.child_id}." if act.child_id else f" {act.problem}" if act.problem else ""
        console().print(f"The policy has acted (it acts once per run): {act.did}. {act.line}{child}", soft_wrap=True)
    return EXIT_OK
