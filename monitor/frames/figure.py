"""A run's curves as a Plotly figure, in the colours of the page."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from monitor.rules.primary import primary_of
from monitor.run_dir import Snapshot
from monitor.run_dir.metric import read
from monitor.view import palette

CURVES = {"train_loss": ("train loss", "train"), "val_loss": ("val loss", "val")}


def of(snapshot: Snapshot) -> go.Figure:
    """Losses by epoch, and the primary metric below them; of a run without evaluations train loss by step."""
    metric = primary_of(snapshot)
    rows = 1 if metric is None else 2
    made = make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    if not snapshot.epochs:
        points = [(float(step.step), step.train_loss) for step in snapshot.steps if step.train_loss is not None]
        made.add_trace(_line(points, "train loss", "train"), row=1, col=1)
    for name, (title, colour) in CURVES.items():
        made.add_trace(_line(_points(snapshot, name), title, colour), row=1, col=1)
    unit = (snapshot.run.units if snapshot.run is not None else {}).get("loss", "")
    made.update_yaxes(title_text=f"loss ({unit})" if unit else "loss", row=1, col=1)
    if metric is not None:
        for name, title, colour in (
            (metric.train, f"train {metric.label}", "train"),
            (metric.name, metric.title, "val"),
        ):
            points = [(epoch, metric.fraction(value)) for epoch, value in _points(snapshot, name)]
            if points:
                made.add_trace(_line(points, title, colour), row=2, col=1)
        made.update_yaxes(title_text=metric.title, tickformat=".0%" if metric.is_share else None, row=2, col=1)
    made.update_xaxes(title_text="epoch" if snapshot.epochs else "step", row=rows, col=1)
    return made.update_layout(
        template="plotly_white", hovermode="x unified", title=snapshot.run_id.replace("<", "&lt;"), showlegend=True
    )


def _points(snapshot: Snapshot, name: str) -> list[tuple[float, float]]:
    """(epoch, value) where it was measured: a line goes over the rows that have none."""
    rows = ((record.epoch, read(record, name)) for record in snapshot.epochs)
    return [(epoch, value) for epoch, value in rows if value is not None]


def _line(points: list[tuple[float, float]], title: str, colour: str) -> go.Scatter:
    xs, ys = zip(*points, strict=True) if points else ((), ())
    return go.Scatter(x=xs, y=ys, name=title, mode="lines", line={"color": palette.light(colour), "width": 2})
