"""What of a run can be downloaded: its report and its numbers, made at the moment they are asked for, and its log."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from monitor.diagnosis.judging import judge_run
from monitor.diagnosis.prescriptions.registry import consider, prescribe
from monitor.launcher import existing
from monitor.run_dir import LOG_FILE
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.folders import Folders
from monitor.run_dir.opening import OddFileError, open_to_read
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from monitor.ui.budgets import Budget, budget_in
from monitor.ui.tokens import ROLES
from monitor.ui.visitors import role_in
from monitor.view.numbers import csv_of
from monitor.view.report.markdown import to_markdown
from monitor.view.report.page import to_html
from monitor.view.report.whole import report_of

MOST_WAITING = 4
KEPT_SECS = 10.0
RETRY_SECS = "3"
PIECE_BYTES = 262_144
WRITERS = {"html": (to_html, "text/html"), "md": (to_markdown, "text/markdown")}


class _InPieces(StreamingResponse):
    """What is read while it is sent."""

    def __init__(self, pieces: Iterator[str | bytes], media_type: str, headers: dict[str, str]) -> None:
        super().__init__(pieces, media_type=media_type, headers=headers)
        self.pieces = pieces


class _Desk:
    """Makes one download at a time in a thread of its own, so that pages do not wait for it; the last one is kept for a
    moment. View-only visitors have one of their own: they never delay a visitor who controls."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1)
        self._waiting = 0
        self._kept: tuple[str, float, Response] | None = None

    async def ask(self, name: str, make: Callable[[], Response], budget: Budget) -> Response:
        """What `make` makes, kept under `name` for a moment; a 429 where too many wait. `budget` pays."""
        if self._waiting >= MOST_WAITING:
            return _others_first()
        self._waiting += 1
        try:
            made, secs = await asyncio.get_running_loop().run_in_executor(self._worker, self._given, name, make)
        finally:
            self._waiting -= 1
        budget.seconds.take(secs)
        return made

    def _given(self, name: str, make: Callable[[], Response]) -> tuple[Response, float]:
        """What is sent, and the processor seconds that it took."""
        if self._kept is not None and self._kept[0] == name and time.monotonic() - self._kept[1] < KEPT_SECS:
            return self._kept[2], 0.0
        begun = time.thread_time()
        made = make()
        # A log is read while it is sent, so it can be sent once only.
        self._kept = None if isinstance(made, _InPieces) else (name, time.monotonic(), made)
        return made, time.thread_time() - begun


def _others_first() -> Response:
    """A 429 that says when to ask again."""
    said = "Other downloads are being made. Ask again in a few seconds."
    return PlainTextResponse(said, 429, {"Retry-After": RETRY_SECS})


class ReportRoute:
    """ASGI endpoint for `<run id>.html`, `.md`, `.csv` and `.log`. The gate in front has checked the token."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._desks = {role: _Desk() for role in ROLES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers with the file, with its error, or with a 429 while other downloads are being made."""
        name = str(Request(scope).path_params["name"])
        desk = self._desks[role_in(scope) or "look"]
        budget = budget_in(scope)
        with budget.download() as may:
            response = await desk.ask(name, lambda: self._made(name), budget) if may else _others_first()
            if isinstance(response, _InPieces):
                response.body_iterator = budget.pieces(response.pieces)
            await response(scope, receive, send)

    def _made(self, name: str) -> Response:
        address, _, form = name.rpartition(".")
        try:
            folder, run_id = self._folders.of(address)
        except MonitorError as problem:
            return PlainTextResponse(str(problem), 404)
        if form == "log":
            return _log(folder.path, run_id)
        if form == "csv":
            return _numbers(folder.path, run_id)
        if form not in WRITERS:
            return PlainTextResponse("There is RUN.html, RUN.md, RUN.csv and RUN.log.", 404)
        try:
            text = _written(folder.path, run_id, form)
        except MonitorError as problem:
            return PlainTextResponse(str(problem), 404)
        # Never shown by this server itself: what a run says stays out of the page that may control runs.
        headers = {
            "Content-Disposition": f'attachment; filename="{run_id}-report.{form}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(text, media_type=WRITERS[form][1], headers=headers)


def _log(runs_dir: Path, run_id: str) -> Response:
    try:
        descriptor = open_to_read(existing(runs_dir, run_id) / LOG_FILE)
    except MonitorError as problem:
        return PlainTextResponse(str(problem), 404)
    except (OSError, OddFileError):
        return PlainTextResponse(f"{run_id} has no log that can be read.", 404)
    headers = {"Content-Disposition": f'attachment; filename="{run_id}.log"'}
    return _InPieces(_pieces(descriptor), media_type="application/octet-stream", headers=headers)


def _numbers(runs_dir: Path, run_id: str) -> Response:
    try:
        snapshot = RunReader(existing(runs_dir, run_id)).read(time.time())
    except MonitorError as problem:
        return PlainTextResponse(str(problem), 404)
    headers = {"Content-Disposition": f'attachment; filename="{run_id}.csv"', "X-Content-Type-Options": "nosniff"}
    return _InPieces(csv_of(snapshot), media_type="text/csv", headers=headers)


def _written(runs_dir: Path, run_id: str, form: str) -> str:
    now = time.time()
    snapshot = RunReader(existing(runs_dir, run_id)).read(now)
    judged = judge_run(snapshot, now)
    options = prescribe(snapshot, judged.diagnosis)
    considered = consider(snapshot, judged.diagnosis)
    return WRITERS[form][0](report_of(snapshot, judged, status_of(snapshot), options, considered))


def _pieces(descriptor: int) -> Iterator[bytes]:
    """The file as it was at the request: one that goes on growing ends where it ended then."""
    with os.fdopen(descriptor, "rb") as log:
        left = os.fstat(descriptor).st_size
        while left > 0 and (piece := log.read(min(PIECE_BYTES, left))):
            left -= len(piece)
            yield piece
