"""How right the rules are: labelled curves replayed evaluation by evaluation, beside the verdicts of other tools.

DIR holds `labels.csv` (id, family, labels, consensus, alarm_row …) and `<id>.csv` (epoch, train_loss, val_loss,
val_wer …). No rule sees what comes later. Overfitting and loss-only are scored where both raters agree, the other
classes on the first rater's words; a curve counts as flagged if the flag was up at any evaluation.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.rules import forecasts, held_out, picture, speed
from benchmarks.rules.curves import CLASSES, Curve, read_curves
from benchmarks.rules.peers import PEERS, losses
from benchmarks.rules.replay import Replay, replay, should_go_on
from benchmarks.rules.scores import Outcome, score
from monitor.rules.registry import RULES

SCALES = (0.1, 10.0)


def measure(curves: Sequence[Curve], by_folder: Sequence[Curve] = ()) -> dict[str, Any]:
    """Every figure that the tables show; the keys are those of `--json`. `by_folder`: the curves with their folder in
    place of their family, where there are several: thresholds are chosen on one and counted on the other too."""
    replays = []
    for number, curve in enumerate(curves):
        replays.append(replay(curve))
        progress("replaying", (number + 1) / len(curves))
    judged = [curve for curve in curves if "overfitting" in curve.verdicts]
    return {
        "measured_on": {
            "curves": len(curves),
            "families": len({curve.family for curve in curves}),
            "evaluations": sum(len(curve.records) for curve in curves),
            "overfitting": sum(curve.verdicts["overfitting"] for curve in judged),
            "not_overfitting": sum(not curve.verdicts["overfitting"] for curve in judged),
            "loss_only": sum(curve.verdicts.get("loss_only", False) for curve in curves),
        },
        "ours": {claim: score(_outcomes(replays, claim)) for claim in CLASSES if claim != "healthy"}
        | {"healthy": _healthy(replays)},
        "peers": {
            name: score([Outcome(c, c.verdicts.get("overfitting"), said(*losses(c))) for c in curves])
            for name, said in PEERS.items()
        },
        "stop_grade": _stop_grade(replays),
        "stop_grade_held_out": held_out.stop_odds(curves),
        "not_scale_free": _not_scale_free(replays),
        "held_out": held_out.cross_validated(curves, lambda share: progress("holding families out", share)),
        "not_learning_held_out": held_out.not_learning(curves),
        "folders_held_out": {
            "overfitting": held_out.cross_validated(by_folder, lambda share: progress("holding folders out", share)),
            "not_learning": held_out.not_learning(by_folder),
        }
        if by_folder
        else {},
        "with_noise": held_out.with_noise(curves),
        "forecast": forecasts.measure(curves),
        "speed": speed.measure(),
    }


def _outcomes(replays: Sequence[Replay], claim: str) -> list[Outcome]:
    return [Outcome(found.curve, found.curve.verdicts.get(claim), found.up(claim)) for found in replays]


def _healthy(replays: Sequence[Replay]) -> dict[str, Any]:
    """Healthy is what no rule speaks on: recall is the share of healthy runs without any warning but a user's limit."""
    outcomes = [
        Outcome(o.curve, o.truth, ~o.flags.any(keepdims=True) if len(o.flags) else o.flags)
        for o in _outcomes(replays, "healthy")
    ]
    warned = [Outcome(found.curve, None, found.up("healthy")) for found in replays]
    figures = score(outcomes)
    rates = score(warned)
    name = "alarms_per_100_healthy_evaluations"
    figures |= {name: rates[name], f"{name}_interval": rates[f"{name}_interval"]}
    return figures | {"median_lead": None, "median_lead_interval": None}


def _stop_grade(replays: Sequence[Replay]) -> dict[str, Any]:
    """For each rule that may say STOP: the runs on which it became critical and should not have."""
    table = {}
    for rule in (rule.name for rule in RULES if rule.may_stop):
        well = [found for found in replays if should_go_on(found.curve, rule, found.critical[rule])]
        wrong = [found.curve.id for found in well if found.critical[rule].any()]
        table[rule] = {"false_alarm_rate": len(wrong) / len(well) if well else None, "runs": len(well), "false": wrong}
    healthy = [found for found in replays if found.curve.verdicts.get("healthy")]
    stopped = [found.curve.id for found in healthy if "STOP" in found.verdicts]
    return {"rules": table, "healthy_runs": len(healthy), "healthy_runs_told_to_stop": stopped}


def _not_scale_free(replays: Sequence[Replay]) -> list[str]:
    """Curves on which `overfitting` says anything else when every loss is a tenth or ten times as large."""
    different = []
    for found in replays:
        for factor in SCALES:
            scaled = held_out.outcome_of(found.curve.scaled(factor), held_out.DEFAULTS).flags
            if (scaled != found.warned["overfitting"]).any():
                different.append(f"{found.curve.id} x{factor:g}")
    return different


def progress(what: str, share: float) -> None:
    """A bar on the terminal, nothing where the output is read by a program."""
    if sys.stderr.isatty():
        filled = round(30 * share)
        sys.stderr.write(
            f"\r{what:<22}[{'#' * filled}{' ' * (30 - filled)}] {share:4.0%}{' ' if share < 1 else chr(10)}"
        )


COLUMNS = ("precision", "recall", "false_alarm_rate")


def table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown: a share, its 95 % interval in brackets, in the next column its family-weighted value."""
    lines = [
        "| | runs | precision | recall | false alarms | by family | per 100 healthy evaluations | lead | loss-only |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, found in rows.items():
        weighted = " ".join(_two(found["family_weighted"][column]) for column in COLUMNS)
        lead = "–" if found["median_lead"] is None else f"{found['median_lead']:+g}".replace("-", "−")
        lines.append(
            f"| {name} | {found['runs']} | "
            + " | ".join(_with_interval(found, column) for column in COLUMNS)
            + f" | {weighted} | {_two(found['alarms_per_100_healthy_evaluations'])}"
            + f" | {lead}{_leads(found['median_lead_interval'])} | {found['on_loss_only']}/{found['loss_only_runs']} |"
        )
    return "\n".join(lines)


def _with_interval(found: Mapping[str, Any], name: str) -> str:
    if found[name] is None:
        return "–"
    low, high = found[f"{name}_interval"]
    return f"{_two(found[name])} ({_two(low)}–{_two(high)})"


def _leads(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f" ({interval[0]:+g} to {interval[1]:+g})".replace("-", "−")


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".removeprefix("0") if value < 1 else f"{value:.2f}"


def report(found: Mapping[str, Any]) -> str:
    on = found["measured_on"]
    forecast, crossings = found["forecast"], found["forecast"]["crossings"]
    noisy = [
        f"- noise of {100 * float(size):g} %: precision {_two(row['precision'])}, recall {_two(row['recall'])}, "
        f"false alarms {_two(row['false_alarm_rate'])}, lead {row['median_lead']:+g}"
        for size, row in found["with_noise"].items()
        if row["median_lead"] is not None
    ]
    stop = found["stop_grade"]
    return "\n".join(
        [
            f"{on['curves']} curves of {on['families']} families, {on['evaluations']} evaluations; "
            f"{on['overfitting']} overfit, {on['not_overfitting']} do not, {on['loss_only']} rise in loss only.",
            "",
            table(
                {f"ours: {claim}": figures for claim, figures in found["ours"].items()}
                | {"ours: not_learning, families held out": found["not_learning_held_out"]}
                | {f"ours: {claim}, folders held out": figures for claim, figures in found["folders_held_out"].items()}
            ),
            "",
            table(
                {"ours": found["ours"]["overfitting"], "ours, families held out": found["held_out"], **found["peers"]}
            ),
            "",
            f"Not scale-free: {', '.join(found['not_scale_free']) or 'none'}.",
            "`overfitting` on curves with noise:",
            *noisy,
            "Critical on runs that should go on: "
            + ", ".join(f"{rule} {len(row['false'])} of {row['runs']}" for rule, row in stop["rules"].items())
            + f"; STOP on {len(stop['healthy_runs_told_to_stop'])} of {stop['healthy_runs']} healthy runs.",
            "The same, with limits chosen on other families: "
            + ", ".join(
                f"{rule} {len(row['false'])} of {row['runs']}" for rule, row in found["stop_grade_held_out"].items()
            )
            + ".",
            f"Inside the band that promises {_two(forecast['share_promised'])}: gap {_two(forecast['gap']['inside'])} "
            f"of {forecast['gap']['runs']} runs, val WER {_two(forecast['val_wer']['inside'])} "
            f"of {forecast['val_wer']['runs']} runs.",
            f"Crossings foretold: {crossings['foretold']}, came: {crossings['came']}, "
            f"inside the band: {crossings['inside_band']}.",
            f"Judging {found['speed']['evaluations']} evaluations: {found['speed']['full_ms']:.0f} ms, "
            f"one more: {found['speed']['one_more_ms']:.1f} ms of CPU.",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rules", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--curves",
        type=Path,
        required=True,
        nargs="+",
        metavar="DIR",
        help="folders of labelled curves, judged as one set",
    )
    parser.add_argument("--json", action="store_true", help="every figure, with the ids behind it")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="draw ours beside the others")
    args = parser.parse_args()
    try:
        of_folders = {str(folder): read_curves(folder) for folder in args.curves}
    except FileNotFoundError as problem:
        sys.stderr.write(f"error: {problem.filename} is not there. Give the folder that holds labels.csv and curves.\n")
        return 64
    except (KeyError, ValueError) as problem:
        sys.stderr.write(
            f"error: {', '.join(map(str, args.curves))}: {problem!r}. "
            "Compare labels.csv and the curves' columns with --help.\n"
        )
        return 64
    curves = [curve for found in of_folders.values() for curve in found]
    by_folder = [replace(curve, family=folder) for folder, found in of_folders.items() for curve in found]
    found = measure(curves, by_folder if len(of_folders) > 1 else ())
    if args.picture:
        args.picture.write_text(picture.draw(found["ours"]["overfitting"], found["peers"]), encoding="utf-8")
    print(json.dumps(found, indent=1) if args.json else report(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
