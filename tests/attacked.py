"""A served page under attack: two runs in it, one of them with hostile words, and one that trains."""

from __future__ import annotations

import pytest

from tests.fake_runs import healthy, overfitting
from tests.served import serving
from tests.supervised import LISTENS, end_everything, script, wait_for_state


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A served folder with two runs: one that is well, one whose words are hostile."""
    home = tmp_path_factory.mktemp("attacked")
    (home / "runs").mkdir()
    healthy(home / "runs")
    overfitting(home / "runs")
    (home / "runs" / "healthy" / "trainer.log").write_text("epoch 1\n")
    with serving(home) as served:
        yield served
        end_everything(served.runs)


@pytest.fixture
def live(there, tmp_path):
    """A run that trains, started through the command line."""
    name = f"live-{tmp_path.name[-12:]}".replace("_", "-")
    done = there.monitor("start", "--runs", there.runs, "--run-id", name, "--", *script(tmp_path, LISTENS))
    assert done.returncode == 0, done.stderr
    wait_for_state(there.runs / name, "running")
    yield name
    there.monitor("stop", name, "--runs", there.runs)
