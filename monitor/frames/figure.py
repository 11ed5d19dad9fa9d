"""A run's curves as a Plotly figure, in the colours of the page."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from monitor.run_dir import Snapshot
from monitor.view import palette

ERRORS = "val_wer"
CURVES = {"train_loss": ("train loss", "train"), "val_loss": ("val loss", "val")}


def of(snapshot: Snapshot) -> go.Figure:
    """Losses by epoch, and val WER below them where it was logged; of a run without evaluations train loss by step."""
    with_errors = any(record.val_wer is not None for record in snapshot.epochs)
    made = make_subplots(rows=1 + with_errors, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    if not snapshot.epochs:
        points = [(float(step.step), step.train_loss) for step in snapshot.steps if step.train_loss is not None]
        made.add_trace(_line(points, "train loss", "train"), row=1, col=1)
    for name, (title, colour) in CURVES.items():
        made.add_trace(_line(_points(snapshot, name), title, colour), row=1, col=1)
    unit = (snapshot.run.units if snapshot.run is not None else {}).get("loss", "")
    made.update_yaxes(title_text=f"loss ({unit})" if unit else "loss", row=1, col=1)
    if with_errors:
        made.add_trace(_line(_points(snapshot, ERRORS), "val WER", "val"), row=2, col=1)
        made.update_yaxes(title_text="val WER", tickformat=".0%", row=2, col=1)
    made.update_xaxes(title_text="epoch" if snapshot.epochs else "step", row=1 + with_errors, col=1)
    return made.update_layout(
        template="plotly_white", hovermode="x unified", title=snapshot.run_id.replace("<", "&lt;"), showlegend=True
    )


def _points(snapshot: Snapshot, name: str) -> list[tuple[float, float]]:
    """(epoch, value) where it was measured: a line goes over the rows that have none."""
    rows = ((record.epoch, getattr(record, name)) for record in snapshot.epochs)
    return [(epoch, value) for epoch, value in rows if value is not None]


def _line(points: list[tuple[float, float]], title: str, colour: str) -> go.Scatter:
    xs, ys = zip(*points, strict=True) if points else ((), ())
    return go.Scatter(x=xs, y=ys, name=title, mode="lines", line={"color": palette.light(colour), "width": 2})
