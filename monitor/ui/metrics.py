"""`/metrics` for Prometheus: off unless `serve --metrics`, behind the gate, which takes a token in a header here."""

from __future__ import annotations

import os
import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.ui.places import Places
from monitor.view.prometheus import CONTENT_TYPE, exposition

METRICS_PATH = "/metrics"
METRICS_VARIABLE = "VITALSIGNS_METRICS"


def is_on() -> bool:
    """Whether `serve --metrics` started this server."""
    return os.environ.get(METRICS_VARIABLE) == "1"


def metrics_route(base: str, places: Places) -> Route:
    """The route, which tells what the list of runs knows: at most one look a second, however many ask."""

    async def answer(_request: Request) -> Response:
        """The numbers in Prometheus' text format, as of the last look at the list."""
        rows = (await places.listing.latest()).rows
        text = await run_in_threadpool(exposition, rows, time.time())
        # A name that UTF-8 cannot hold must not cost the answer of all runs.
        return Response(text.encode("utf-8", "replace"), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    return Route(f"{base}{METRICS_PATH}", answer)
