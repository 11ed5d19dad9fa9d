"""The names in a run directory: one thing has one name, and none leads out of it."""

from monitor.run_dir.records import file_names

NAMES = {name: value for name, value in vars(file_names).items() if name.isupper()}
IN_THE_FOLDER = {name: value for name, value in NAMES.items() if name.endswith(("_FILE", "_DIR", "_CHECKPOINT"))}


def test_no_two_names_are_one():
    assert len(set(NAMES.values())) == len(NAMES)


def test_every_name_is_of_one_folder_or_one_variable():
    assert all(value.replace("_", "").replace(".", "").isalnum() for value in IN_THE_FOLDER.values())
    others = NAMES.keys() - IN_THE_FOLDER.keys()
    assert others == {"RUN_DIR_VARIABLE", "GENERATION_VARIABLE"}
    assert all(NAMES[name].startswith("VITALSIGNS_") for name in others)


def test_what_is_appended_to_and_what_is_replaced_whole_have_endings_of_their_own():
    appended = {value for value in IN_THE_FOLDER.values() if value.endswith(".jsonl")}
    assert appended == {"epochs.jsonl", "steps.jsonl", "clips.jsonl", "decodes.jsonl", "alerts.jsonl"}
