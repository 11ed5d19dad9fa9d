"""Several runs in one file: the only one is taken, a named one found, and a question names them all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.importers.items import NothingYetError
from monitor.importers.several import MOST_NAMED, chosen, container, label
from monitor.run_dir.errors import UnreadableRunError


def test_a_path_that_is_there_names_no_run_in_it(tmp_path):
    (tmp_path / "mlflow.db").write_text("")
    assert container(tmp_path / "mlflow.db") == (tmp_path / "mlflow.db", "")
    assert label(tmp_path / "mlflow.db") == "mlflow.db"
    assert container(tmp_path / "no" / "such" / "file") == (tmp_path / "no" / "such" / "file", "")


def test_the_rest_of_a_path_behind_a_file_or_in_a_folder_names_the_run(tmp_path):
    (tmp_path / "mlflow.db").write_text("")
    assert container(tmp_path / "mlflow.db" / "gentle" / "owl") == (tmp_path / "mlflow.db", "gentle/owl")
    assert label(tmp_path / "mlflow.db" / "owl") == "mlflow.db/owl"
    assert container(tmp_path / "owl") == (tmp_path, "owl")
    assert label(tmp_path / "owl") == "owl"


def test_the_only_run_needs_no_name_and_without_any_it_is_waited_for(tmp_path):
    assert chosen(tmp_path, "", {"id1": "owl"}, "MLflow") == "id1"
    assert chosen(tmp_path, "owl", {"id1": "owl", "id2": "fox"}, "MLflow") == "id1"
    assert chosen(tmp_path, "id2", {"id1": "owl", "id2": "fox"}, "MLflow") == "id2"
    with pytest.raises(NothingYetError, match="holds no run of MLflow yet"):
        chosen(tmp_path, "", {}, "MLflow")


@pytest.mark.parametrize(
    ("part", "runs", "said"),
    [
        ("", {"1": "owl", "2": "fox"}, "holds 2 runs: owl, fox. Give one of them: {place}/owl"),
        ("cat", {"1": "owl", "2": "fox"}, "holds no run cat, but owl, fox. Give one of them: {place}/owl"),
        ("owl", {"1": "owl", "2": "owl"}, "holds 2 runs called owl: owl = 1, owl = 2. Give one of them: {place}/1"),
        ("", {"1": "owl", "2": ""}, "holds 2 runs: owl, 2. Give one of them: {place}/owl"),
        ("cat", {"1": "owl"}, "holds no run cat, but owl. Give one of them: {place}/owl"),
    ],
)
def test_what_is_not_clear_is_asked_with_a_name_that_is_usable(tmp_path, part, runs, said):
    with pytest.raises(UnreadableRunError) as asked:
        chosen(tmp_path, part, runs, "MLflow")
    assert str(asked.value) == f"{tmp_path} {said.format(place=tmp_path)}"


def test_of_many_runs_a_few_are_named(tmp_path):
    with pytest.raises(UnreadableRunError, match=r"r9 and 3 more\. Give one"):
        chosen(tmp_path, "", {str(number): f"r{number}" for number in range(MOST_NAMED + 3)}, "MLflow")


@given(st.dictionaries(st.sampled_from("1234"), st.sampled_from(["owl", "fox", ""]), min_size=2))
def test_the_name_that_a_question_proposes_is_an_answer_to_it(runs):
    with pytest.raises(UnreadableRunError) as asked:
        chosen("f.db", "", runs, "MLflow")
    assert chosen("f.db", str(asked.value).rpartition("/")[2], runs, "MLflow") == next(iter(runs))
