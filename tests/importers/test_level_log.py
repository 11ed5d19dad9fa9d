"""The offline runs of a folder are found without following a link that leads to itself or out of the folder."""

from monitor.importers.formats.level_log import files_of


def test_a_link_that_leads_to_itself_or_away_is_no_run(tmp_path):
    folder = tmp_path / "swanlab"
    folder.mkdir()
    (folder / "run-a.swanlab").write_bytes(b"a")
    (folder / "run-loop.swanlab").symlink_to(folder / "run-loop.swanlab")
    (tmp_path / "away").write_bytes(b"b")
    (folder / "run-away.swanlab").symlink_to(tmp_path / "away")
    assert files_of(folder, ("*.swanlab",)) == [folder / "run-a.swanlab"]
