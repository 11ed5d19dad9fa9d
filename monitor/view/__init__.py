"""Snapshot + judgement → exactly what is shown: words, numbers and columns as plain JSON-able dicts.

Everything in one frame comes from one snapshot, so what is painted together agrees. Nothing here can control a run.
"""

from __future__ import annotations

from monitor.view.frame import frame
from monitor.view.predictions import predictions
from monitor.view.rows import run_rows
from monitor.view.series import Since
from monitor.view.words import resume_words, stop_words

__all__ = ["Since", "frame", "predictions", "resume_words", "run_rows", "stop_words"]
