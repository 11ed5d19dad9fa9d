"""Attacks on the numbers for Prometheus: reading them without a token of theirs, and more than them with one.

Each test is one attack of docs/security.md, named there by the first sentence of its docstring.
"""

from __future__ import annotations

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.fake_runs import healthy, overfitting
from tests.served import serving


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    home = tmp_path_factory.mktemp("metrics")
    (home / "runs").mkdir()
    healthy(home / "runs")
    overfitting(home / "runs")
    with serving(home, "--metrics") as served:
        yield served


def token_of(there, may, *more):
    done = there.monitor("link", "--runs", there.runs, "--json", "--name", f"prom {may}", "--may", may, *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["token"]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_without_a_token_of_its_own_nobody_reads_the_numbers(there):
    """A stranger asks for the numbers: without a token, with a wrong one, a proxy's, a hash, a revoked one."""
    token = token_of(there, "metrics")
    assert there.ask("/metrics", headers=bearer(token)).status == 200
    kept = json.loads((there.home / "state" / "vitalsigns" / "links.json").read_text())["links"]
    for wrong in ("", "x" * 32, token[:-1], token_of(there, "proxy"), kept[0]["mark"], there.control):
        answer = there.ask("/metrics", headers=bearer(wrong))
        assert answer.status == 401 and b"vitalsigns_run" not in answer.body
    assert there.ask("/metrics").status == there.ask("/metrics?token=" + "x" * 32).status == 401
    assert there.ask("/metrics", headers={**bearer(token), "Host": "evil.example"}).status == 421
    assert there.ask("/metrics", "POST", headers=bearer(token)).status == 401
    assert there.monitor("link", "--runs", there.runs, "--revoke", "prom metrics").returncode == 0
    assert there.ask("/metrics", headers=bearer(token)).status == 401


def test_the_numbers_token_opens_nothing_else(there):
    """Who has the token of the numbers asks for the page, a report, a cookie and both sockets."""
    token = token_of(there, "metrics")
    for path in ("/", "/vs/report/healthy.md", "/metrics/../", "/vs/live", "/_stcore/host-config"):
        assert there.ask(path, headers=bearer(token)).status == 401, path
    answer = there.ask(f"/?token={token}")
    assert answer.status == 401 and "set-cookie" not in answer.headers
    told = there.ask(f"/metrics?token={token}")
    assert told.status == 200 and "set-cookie" not in told.headers


def test_the_numbers_are_those_of_the_list(there):
    """Not an attack: a program with its token reads what the list shows."""
    answer = there.ask("/metrics", headers=bearer(token_of(there, "metrics")))
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = [each for family in text_string_to_metric_families(answer.body.decode()) for each in family.samples]
    verdicts = {each.labels["run"]: each.labels["verdict"] for each in samples if each.name == "vitalsigns_run_verdict"}
    assert set(verdicts) == {"healthy", "overfitting"}
    listed = json.loads(there.monitor("list", "--runs", there.runs, "--json").stdout)["runs"]
    assert {each["run_id"]: each["verdict"] for each in listed} == verdicts
    flags = dict.fromkeys(verdicts, 0.0)
    for each in samples:
        if each.name == "vitalsigns_run_flags_open":
            flags[each.labels["run"]] += each.value
    assert flags["overfitting"] > 0
    assert there.ask("/metrics", token=there.look).status == 200, "who may look may read them too"


def test_the_numbers_are_off_unless_they_are_asked_for(tmp_path):
    """A dashboard without --metrics is asked for the numbers with a good token."""
    (tmp_path / "runs").mkdir()
    healthy(tmp_path / "runs")
    with serving(tmp_path) as plain:
        assert plain.ask("/metrics", headers=bearer(token_of(plain, "metrics"))).status == 401
        assert b"vitalsigns_run" not in plain.ask("/metrics", token=plain.control).body
