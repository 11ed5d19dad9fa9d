"""Restart with changes: a child run, reviewed before it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from monitor import launcher
from monitor.diagnosis.away import word_of
from monitor.diagnosis.moment import ASKED, planned_epochs
from monitor.diagnosis.prescriptions.choosing import (
    agreed,
    can_be_restarted_with,
    judged_words,
    lettered,
    too_fresh,
)
from monitor.diagnosis.prescriptions.prescription import Prescription
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import Diagnosis
from monitor.diagnosis.wait_or_restart import OTHER_PACE
from monitor.launcher.relaunch.choices import choices, written
from monitor.launcher.relaunch.options import described_run
from monitor.launcher.relaunch.plan import RestartPlan, RestartRequest
from monitor.launcher.relaunch.warm import SCRATCH, checkpoint_about, epoch_words, takes_weights, weights_of
from monitor.run_dir import Away, Snapshot, words
from monitor.run_dir.checkpoints import saves_checkpoints
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.words import monitor_line
from monitor.ui.dialogs.away import choose
from monitor.ui.dialogs.device import pick_device
from monitor.ui.dialogs.form import Form
from monitor.ui.dialogs.parts import act, asked_by, code, dialog, go_to, plain, shown_before
from monitor.ui.dialogs.race import pick_others, plans_beside, review_others
from monitor.ui.dialogs.review import review_restart, review_surroundings

OWN = "My own changes"
NOT_YET = "Nothing can be started yet; the message above says why."


@dialog("Restart with changes", width="large")
def restart(run_dir: Path, snapshot: Snapshot, diagnosis: Diagnosis, wanted: str | None, live: bool) -> None:
    """A child run: what to change, the starting weights, and always in sight below them what would start.

    `wanted` is the id of the prescription that fills in the form, None for the user's own changes.
    """
    # Containers: what comes and goes in one moves nothing below it, which would stand there twice for a moment.
    top, rows, below, foot = st.container(), st.container(), st.container(), st.container(key="foot_restart")
    with top:
        option, others, start_from, stops, device = _ways(run_dir, snapshot, diagnosis, wanted, live)
    changes = {key: after for key, (_, after) in option.changes.items()} if option is not None else {}
    described = described_run(snapshot.launch, snapshot.run)
    known = choices(run_dir, snapshot.launch, described)
    form = Form(f"{run_dir.name}_{option.id if option is not None else 'own'}", known, changes)
    shown = foot.container()
    at, words_of, cancel, go = foot.columns((1.1, 4, 1, 1.9), vertical_alignment="bottom")
    expected = _judged(option, snapshot, diagnosis, form, at, words_of)
    words_of.caption(plain(cost_words(snapshot, option, form.wanted)))
    plan = None
    if expected is not None:
        plan = _plan(run_dir, form, RestartRequest(expected=expected, start_from=start_from, device=device), stops)
    with rows:
        form.draw()
    if form.problems:
        plan = None
    with shown:
        beside = plans_beside(plan, others, snapshot, stops) if plan is not None else None
    plans = [plan, *beside] if plan is not None and beside is not None else []
    with below:
        away = choose(Away(), "restart")
        if plans:
            review_surroundings(plans[0])
            if line := _terminal_line(plans[0], form, away, live and not stops, option, others):
                st.caption("The same from a terminal:")
                code(line)
    with shown:
        may_start = bool(plans) and review_restart(plans[0], plans[1:])
        review_others(plans[0], plans[1:]) if plans else st.markdown(NOT_YET)
        refusal = st.container()
    if cancel.button("Cancel", width="stretch", key="cancel_restart"):
        st.rerun()
    child = f"{len(plans)} children" if len(plans) > 1 else "child"
    label = f"Stop parent and start {child}" if stops else f"Start {child}"
    clicked = go.button(label, type="primary", width="stretch", disabled=not may_start, key="confirm_restart")
    clicked = clicked and may_start
    with refusal:
        if plans and shown_before("restart", " ".join(each.digest for each in plans), clicked):
            _start(plans, stops, away)


def _ways(
    run_dir: Path, snapshot: Snapshot, diagnosis: Diagnosis, wanted: str | None, live: bool
) -> tuple[Prescription | None, list[Prescription], str | None, bool, str | None]:
    """Which option it is, which are to start beside it, what they start from, whether the parent is stopped first, and
    the device."""
    left, right = st.columns(2)
    with left:
        options = prescribe(snapshot, diagnosis)
        option = _pick_option(options, wanted)
        others = pick_others(options, option)
    with right:
        start_from = _pick_start(run_dir, snapshot)
    left, right = st.columns(2)
    with left:
        stops = live and _stops_parent(saves_checkpoints(snapshot))
    with right:
        device = pick_device(run_dir.parent, snapshot.launch)
    return option, others, start_from, stops, device


def cost_words(snapshot: Snapshot, option: Prescription | None, wanted: Mapping[str, Any]) -> str:
    """What the child takes: its planned epochs at the parent's pace, and what the option says of itself."""
    planned, known = planned_epochs(snapshot, wanted), snapshot.progress
    secs = known.epoch_secs if known is not None else None
    parts = [option.cost] if option is not None else []
    if planned is not None:
        takes = f", about {words.age(planned * secs)} at the pace of its parent" if secs and planned * secs >= 1 else ""
        slower = takes and not OTHER_PACE.isdisjoint(wanted)
        parts.append(f"up to epoch {planned:g}{takes}{', which these changes alter' if slower else ''}")
    return f"Cost: {'; '.join(parts)}." if parts else "Cost: not known, as no number of epochs is planned."


def _pick_option(options: Sequence[Prescription], wanted: str | None) -> Prescription | None:
    """Which option of the diagnosis fills in the form; an option that edits code is described."""
    named = {f"{letter}  {each.title}": each for letter, each in lettered(options) if can_be_restarted_with(each)}
    if not named:
        return None
    labels = [*named, OWN]
    first = next((place for place, each in enumerate(named.values()) if each.id == wanted), len(named))
    picked = named.get(str(st.selectbox("What to change", labels, first, key="restart_option")))
    if picked is not None and picked.code_edit:
        st.info(f"**Code edit**  {plain(picked.code_edit)} Edit it first; this dialog checks the code for changes.")
    return picked


def _pick_start(run_dir: Path, snapshot: Snapshot) -> str | None:
    """What the child starts from; None: the same as the parent."""
    launch = snapshot.launch
    if launch is None or not takes_weights(launch, snapshot.run):
        st.caption("Starts as its parent did. Its run has a folder of its own.")
        return None
    warm = bool(weights_of(launch, snapshot.run))
    starts: dict[str, str | None] = {"the same weights as the parent started from": None} if warm else {}
    starts |= {"scratch": SCRATCH if warm else None}
    best, last = checkpoint_about(run_dir, "best"), checkpoint_about(run_dir, "last")
    if best:
        starts[f"best-WER checkpoint (epoch {plain(str(best.get('best_epoch', '?')))})"] = "best"
    if last:
        starts[f"last checkpoint ({plain(epoch_words(last))})"] = "last"
    return starts[str(st.radio("Start from", list(starts), horizontal=True, key="start_from"))]


def _stops_parent(saves: bool) -> bool:
    ways = (
        "stop it first (checkpoint kept)" if saves else "stop it first (no checkpoint reported)",
        "leave it running",
    )
    return st.radio("Parent", ways, horizontal=True, key="parent_way") == ways[0]


def _judged(
    option: Prescription | None,
    snapshot: Snapshot,
    diagnosis: Diagnosis,
    form: Form,
    at: DeltaGenerator,
    words_of: DeltaGenerator,
) -> dict[str, Any] | None:
    """The expectation that is kept with the child; None with the reason where it cannot be judged at that epoch."""
    kept = agreed(option, snapshot, form.wanted)
    if "epoch" not in kept:
        return kept
    default = float(kept["epoch"])
    # Another default is another field: one that was typed for 60 epochs means nothing for 5.
    epoch = at.number_input(
        "Judged at epoch",
        min_value=min(1.0, default),
        value=default,
        step=1.0,
        format="%g",
        key=f"judge_at_{default:g}",
    )
    text = f": {kept['text']}" if kept.get("text") else " against its parent"
    words_of.markdown(f"**{plain(judged_words(kept))}**{plain(text)}")
    chosen_by = str(kept["epoch_by"]) if float(epoch) == default else ASKED
    if remark := too_fresh(snapshot, diagnosis.worst, float(epoch), chosen_by):
        words_of.caption(f"▲ {plain(remark)}")
    try:
        return kept if float(epoch) == default else agreed(option, snapshot, form.wanted, float(epoch))
    except MonitorError as problem:
        words_of.error(plain(str(problem)), icon=None)
        return None


def _plan(run_dir: Path, form: Form, request: RestartRequest, stops: bool) -> RestartPlan | None:
    """The plan, or None with the reason at its field. The changes are the form's."""
    try:
        return launcher.plan_restart(
            run_dir.parent,
            run_dir.name,
            form.wanted,
            expected=request.expected,
            start_from=request.start_from,
            device=request.device,
            stop_parent=stops,
        )
    except MonitorError as problem:
        form.complain(str(problem))
        return None


def _terminal_line(
    plan: RestartPlan,
    form: Form,
    away: Away,
    keeps_parent: bool,
    option: Prescription | None,
    others: Sequence[Prescription],
) -> str:
    """ "" where there is none: beside other options --set would hold for every child."""
    line = ["restart", plan.parent_id, "--runs", str(plan.runs_dir)]
    given = {key: written(value) for key, value in form.wanted.items()}
    as_it_is = option is not None and given == {key: written(after) for key, (_, after) in option.changes.items()}
    if others and not as_it_is:
        return ""
    if plan.expected.get("prescription"):
        line += ["--option", str(plan.expected["prescription"])]
    line += [word for each in others for word in ("--option", each.id)]
    if not others:
        line += [word for key, value in form.wanted.items() for word in ("--set", f"{key}={value}")]
    line += ["--from", plan.request.start_from] if plan.request.start_from else []
    line += ["--device", plan.request.device or "none"] if plan.request.device is not None else []
    line += ["--judge-at", f"{plan.expected['epoch']:g}"] if plan.expected.get("epoch_by") == ASKED else []
    line += ["--if-bad", word_of(away)] if away.do != "tell" else []
    line += ["--if-bad-hours", f"{away.budget_hours:g}"] if away.budget_hours else []
    line += ["--keep-parent"] if keeps_parent else []
    return monitor_line(*line, *(["--trust-command"] if plan.stranger else []))


def _start(plans: Sequence[RestartPlan], stops: bool, away: Away) -> None:
    first = plans[0]
    how: dict[str, Any] = {"stop_parent": stops, "asked_by": asked_by(), "trusted": bool(first.stranger), "away": away}
    act(lambda: go_to(first.runs_dir, launcher.restart_together(plans, **how)[0]))
