"""What a server lets go of once nobody looks at a run any more."""

from monitor.diagnosis.summaries import QUICK_BYTES, is_quick
from monitor.diagnosis.verdict import judge
from monitor.rules import columns, rising
from monitor.run_dir import EPOCHS_FILE, SUMMARY_FILE
from monitor.run_dir.reader import RunReader
from monitor.ui.live import give_back
from tests.fake_runs import healthy, overfitting

NOW = 2e9


def test_what_was_kept_of_a_run_is_let_go_and_the_judgement_stays_the_same(tmp_path):
    one, other = overfitting(tmp_path), healthy(tmp_path)
    seen = {folder: RunReader(folder).read(NOW) for folder in (one, other)}
    before = judge(seen[one], NOW)
    judge(seen[other], NOW)
    name = f"{one}/{one.name}"
    assert name in rising._MEMORY._kept
    give_back(one)
    assert name not in rising._MEMORY._kept and f"{other}/{other.name}" in rising._MEMORY._kept
    assert columns._KEPT == {}
    assert judge(seen[one], NOW) == before


def test_the_first_words_do_not_wait_for_a_very_long_run(tmp_path):
    run_dir = healthy(tmp_path)
    assert is_quick(run_dir)
    with (run_dir / EPOCHS_FILE).open("ab") as file:
        file.truncate(QUICK_BYTES)
    assert not is_quick(run_dir)
    (run_dir / SUMMARY_FILE).write_text("{}")
    assert is_quick(run_dir)
