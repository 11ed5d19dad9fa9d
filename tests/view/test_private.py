"""Which settings of a run may stand in a paper."""

from monitor.run_dir import Snapshot
from monitor.view.report.private import names_of, paper_settings
from tests.snapshots import snapshot

HARMLESS = {"lr": 0.001, "optim": {"betas": [0.9, 0.98]}, "variant": "deep"}
PRIVATE = {
    "wandb_user": "x",
    "data_dir": "/home/anna/data",
    "server_ip": "10.0.0.7",
    "address": "a@b.org",
    "log_server": "10.0.0.7",
    "note_to_self": "for anna",
    "run_name": "best",
    "output_dir": "out",
}


def settings(config, names=("anna",)):
    return paper_settings(snapshot(val_loss=[1.0], run={"config": config}), names)


def test_settings_of_the_training_are_shown_flat():
    found = settings(HARMLESS)
    assert found.shown == {"lr": "0.001", "optim.betas": "0.9, 0.98", "variant": "deep"}
    assert found.hidden == ()


def test_no_setting_that_names_a_person_a_machine_or_a_place_is_shown():
    found = settings(PRIVATE)
    assert found.shown == {} and set(found.hidden) == set(PRIVATE)


def test_a_short_name_counts_as_a_word_and_a_long_one_inside_of_words():
    assert settings({"variant": "banana"}, ["ana"]).shown == {"variant": "banana"}
    assert settings({"variant": "ana_v2"}, ["ana"]).shown == {}
    assert settings({"variant": "susannas"}, ["anna"]).shown == {}


def test_the_people_of_a_run_are_found_in_its_records():
    seen: Snapshot = snapshot(val_loss=[1.0], run={"config": {"contact_email": "Bea"}, "name": "trial"})
    assert {"bea", "trial"} <= set(names_of([seen]))
