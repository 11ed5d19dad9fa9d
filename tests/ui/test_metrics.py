"""/metrics: off unless asked for, and the numbers of the last look at the list."""

import asyncio
from types import SimpleNamespace

import pytest

from monitor.ui import metrics
from monitor.view.rows import RowBook
from tests import fake_runs


@pytest.mark.parametrize(("value", "on"), [("1", True), ("0", False), ("", False), (None, False), ("true", False)])
def test_it_is_on_only_where_serve_has_said_so(value, on, monkeypatch):
    monkeypatch.delenv(metrics.METRICS_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(metrics.METRICS_VARIABLE, value)
    assert metrics.is_on() is on


def answered(rows, base=""):
    async def latest():
        return SimpleNamespace(rows=rows)

    route = metrics.metrics_route(base, SimpleNamespace(listing=SimpleNamespace(latest=latest)))
    return route, asyncio.run(route.endpoint(None))


def test_it_answers_with_the_numbers_of_the_list_in_prometheus_own_format(tmp_path):
    fake_runs.healthy(tmp_path)
    route, response = answered(RowBook(tmp_path).rows(5.0), "/base")
    assert route.path == "/base/metrics" and response.status_code == 200
    assert response.headers["content-type"] == metrics.CONTENT_TYPE
    assert response.headers["cache-control"] == "no-store"
    assert response.body.decode().startswith("# HELP vitalsigns_") and 'run="healthy"' in response.body.decode()


def test_a_name_that_utf8_cannot_hold_costs_no_answer(monkeypatch):
    monkeypatch.setattr(metrics, "exposition", lambda rows, now: f"{rows} \udcff")
    assert answered([])[1].body == b"[] ?"
