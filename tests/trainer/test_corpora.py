"""Corpora on disk, in the exact published layout: PHOENIX-2014 and a manifest, and what is wrong with their clips."""

import json

import numpy as np
import pytest
from PIL import Image

from monitor.run_dir import Run, decode
from monitor.run_dir.errors import RefusedError, UsageError
from trainer.__main__ import main as train
from trainer.data.entries import Entry, read_manifest
from trainer.data.phoenix import eval_clean, read_phoenix
from trainer.data.preflight import Preflight, usable
from trainer.data.reading import PictureCache, read_features
from trainer.data.recorded import augment_vectors, recorded_corpus
from trainer.data.synthetic import quietly

SENTENCES = ["MORGEN REGEN", "NORD SONNE", "MORGEN SONNE", "REGEN NORD"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def picture(path, shade):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (21, 26), (shade, 0, 255 - shade)).save(path)


def phoenix(root, si5=False, frames=12, pictures=True):
    """A tiny release: 3 train clips a signer (01, 05), 2 dev and 2 test clips a signer."""
    base = root / ("phoenix-2014-signerindependent-SI5" if si5 else "phoenix-2014-multisigner")
    suffix = ".SI5" if si5 else ""
    for split, count in (("train", 3), ("dev", 2), ("test", 2)):
        lines = ["id|folder|signer|annotation"]
        for signer in ("Signer01", "Signer05"):
            if si5 and (signer == "Signer05") != (split != "train"):
                continue
            for number in range(count):
                clip = f"01April_2010_{split}_{signer}_{number}"
                lines.append(f"{clip}|{clip}/1/*.png|{signer}|{SENTENCES[number]}")
                for frame in range(frames if pictures else 0):
                    picture(
                        base / "features/fullFrame-210x260px" / split / clip / "1" / f"{clip}.{frame:06d}.png", frame
                    )
        path = base / "annotations" / "manual" / f"{split}{suffix}.corpus.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
    return root


def signers(entries, split):
    return {entry.signer for entry in entries if entry.split == split}


def test_the_multisigner_task_has_every_signer_in_every_split(tmp_path):
    entries = read_phoenix(phoenix(tmp_path), "multisigner", "raw", None)
    assert len(entries) == 14
    assert all(signers(entries, split) == {"Signer01", "Signer05"} for split in ("train", "val", "test"))
    assert entries[0].words == ("MORGEN", "REGEN") and entries[0].path.is_dir()


@pytest.mark.parametrize("released", [True, False], ids=["as released", "made from multisigner"])
def test_si5_scores_a_signer_that_train_never_sees(tmp_path, released):
    entries = read_phoenix(phoenix(tmp_path, si5=released), "si5", "raw", None)
    assert signers(entries, "train") == {"Signer01"}
    assert signers(entries, "val") == signers(entries, "test") == {"Signer05"}


def test_known_signers_clips_of_dev_are_a_split_of_their_own(tmp_path):
    entries = read_phoenix(phoenix(tmp_path), "si5", "raw", None, seen_clips=5)
    seen = [entry for entry in entries if entry.split == "seen"]
    assert {entry.signer for entry in seen} == {"Signer01"} and len(seen) == 2  # no more are there
    assert all("dev" in entry.clip_id and entry.path.is_dir() for entry in seen)
    assert len(entries) - len(seen) == len(read_phoenix(tmp_path, "si5", "raw", None))


def test_known_signers_beside_the_released_si5_come_from_the_multisigner_release(tmp_path):
    phoenix(tmp_path, si5=True)
    with pytest.raises(RefusedError, match="needs the development clips of the multisigner release"):
        read_phoenix(tmp_path, "si5", "raw", None, seen_clips=1)
    phoenix(tmp_path)
    entries = read_phoenix(tmp_path, "si5", "raw", None, seen_clips=1)
    (seen,) = [entry for entry in entries if entry.split == "seen"]
    assert seen.signer == "Signer01" and "multisigner" in str(seen.path)


def test_in_the_multisigner_task_everyone_is_known(tmp_path):
    with pytest.raises(RefusedError, match="every signer of val is known"):
        read_phoenix(phoenix(tmp_path), "multisigner", "raw", None, seen_clips=1)


def test_the_folder_of_the_release_itself_may_be_given(tmp_path):
    phoenix(tmp_path)
    assert read_phoenix(tmp_path / "phoenix-2014-multisigner", "multisigner", "raw", None)


def test_a_folder_without_the_release_says_what_was_looked_for(tmp_path):
    with pytest.raises(RefusedError, match=r"holds no PHOENIX-2014.*train\.corpus\.csv"):
        read_phoenix(tmp_path, "si5", "raw", None)


@pytest.mark.parametrize(
    ("annotated", "scored"),
    [
        ("MORGEN REGEN", "MORGEN REGEN"),
        ("loc-NORD cl-WOLKE lh-REGION poss-MEIN", "NORD WOLKE REGION MEIN"),
        ("__ON__ MORGEN __EMOTION__ REGEN __LEFTHAND__", "MORGEN REGEN"),
        ("S0NNE HABEN2 ZEIGEN", "SONNE HABEN ZEIGEN-BILDSCHIRM"),
        ("WIE AUSSEHEN WIE WETTER", "WIE-AUSSEHEN WIE WETTER"),
        ("A B C STADT", "A+B+C STADT"),
        ("A SCH NORD", "A+SCH NORD"),
        ("NORDRAUM RAUM WOLKE-PLUSPLUS", "NORD RAUM WOLKE"),
        ("REGEN REGEN MORGEN MORGEN REGEN", "REGEN MORGEN REGEN"),
        ("SONNE S0NNE", "SONNE"),
    ],
)
def test_the_clean_up_is_that_of_the_releases_scoring(annotated, scored):
    assert eval_clean(annotated.split()) == scored.split()


def manifest(folder, rows):
    path = folder / "clips.csv"
    lines = ["id,path,gloss,signer,split", *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def feature_corpus(folder, count=8, frames=24, width=6):
    rng = np.random.default_rng(0)
    rows = []
    for split in ("train", "val", "test"):
        for number in range(count if split == "train" else 3):
            name = f"{split}-{number}"
            array = rng.normal(size=(frames, width)).astype(np.float32)
            if number % 2:
                np.savez(folder / f"{name}.npz", features=array)
            else:
                np.save(folder / f"{name}.npy", array)
            rows.append((name, f"{name}.{'npz' if number % 2 else 'npy'}", SENTENCES[number % 4], "anna", split))
    return rows


def test_a_manifest_names_clips_relative_to_itself(tmp_path):
    entries = read_manifest(manifest(tmp_path, feature_corpus(tmp_path)))
    assert len(entries) == 14 and entries[0].path == tmp_path / "train-0.npy"
    corpus, report = recorded_corpus("manifest", entries, "landmarks", 24, quietly)
    assert corpus.frame_shape == (6,) and report.lines() == []
    assert corpus.vocabulary == ("<blank>", "MORGEN", "NORD", "REGEN", "SONNE")


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("id,path,gloss\n", RefusedError, "has no column"),
        ("id,path,gloss,signer,split\na,b,C,d,dev2\n", UsageError, "line 2: split 'dev2' is unknown"),
        ("id,path,gloss,signer,split\na,b,C,d,train\n", RefusedError, "names no clip of val"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_one_sentence(tmp_path, text, error, says):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(error, match=says):
        read_manifest(tmp_path / "m.csv")


def test_what_is_wrong_with_clips_is_counted_named_and_left_out(tmp_path):
    rows = feature_corpus(tmp_path)
    np.save(tmp_path / "nan.npy", np.full((20, 6), np.nan, np.float32))
    np.save(tmp_path / "still.npy", np.ones((20, 6), np.float32))
    np.save(tmp_path / "wide.npy", np.random.default_rng(1).normal(size=(20, 7)).astype(np.float32))
    (tmp_path / "broken.npy").write_bytes(b"not an array")
    rows += [
        ("missing", "nowhere.npy", "MORGEN", "anna", "train"),
        ("silent", "train-0.npy", "", "anna", "train"),
        ("nan", "nan.npy", "MORGEN", "anna", "train"),
        ("still", "still.npy", "MORGEN", "anna", "train"),
        ("wide", "wide.npy", "MORGEN", "anna", "train"),
        ("broken", "broken.npy", "MORGEN", "anna", "val"),
        ("twice", "val-0.npy", "MORGEN", "anna", "train"),
        ("odd", "val-1.npz", "SCHNEE", "anna", "val"),
    ]
    corpus, report = recorded_corpus("manifest", read_manifest(manifest(tmp_path, rows)), "landmarks", 24, quietly)
    left_out = {(reason.partition(" (")[0], split): ids for (reason, split), ids in report.left_out.items()}
    assert left_out == {
        ("missing file or folder", "train"): ["missing"],
        ("empty annotation", "train"): ["silent"],
        ("NaN or infinite features", "train"): ["nan"],
        ("frames of another shape than", "train"): ["wide"],
        ("unreadable", "val"): ["broken"],
        ("also in val or test", "train"): ["twice"],
    }
    assert report.noted == {
        ("features that never change", "train"): ["still"],
        ("holds words that train never shows", "val"): ["odd"],
    }
    assert len(corpus.splits["train"]) == 9
    assert any("missing file or folder: missing" in line for line in report.lines())


def test_nothing_usable_is_refused_with_the_reasons(tmp_path):
    rows = [("a", "a.npy", "MORGEN", "x", "train"), ("b", "b.npy", "MORGEN", "x", "val")]
    with pytest.raises(RefusedError, match="No usable train clip is left"):
        recorded_corpus("manifest", read_manifest(manifest(tmp_path, rows)), "landmarks", 24, quietly)


def test_a_pickle_is_never_loaded(tmp_path):
    np.save(tmp_path / "evil.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle"):
        read_features(tmp_path / "evil.npy")


def test_pictures_are_scaled_once_and_a_changed_clip_is_read_anew(tmp_path):
    clip = tmp_path / "clip"
    for frame in range(3):
        picture(clip / f"{frame:03d}.png", 10 * frame)
    cache = PictureCache(tmp_path / "cache", 12)
    first = cache.get(clip)
    assert first.shape == (3, 3, 12, 12) and first.dtype == np.uint8
    assert [int(frame[0].mean()) for frame in first] == [0, 10, 20]
    stamp = next((tmp_path / "cache").iterdir()).stat().st_mtime_ns
    cache.get(clip)
    assert [file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()] == [stamp]
    picture(clip / "003.png", 30)
    assert len(cache.get(clip)) == 4


def test_feature_vectors_are_distorted_only_when_asked(tmp_path):
    frames = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    assert augment_vectors(frames, np.random.default_rng(1), "none") is frames
    strong = augment_vectors(frames, np.random.default_rng(1), "strong")
    assert strong.dtype == np.float32 and strong.shape[1] == 6 and not np.array_equal(strong[:5], frames[:5])


def test_a_clip_of_two_splits_leaves_train(tmp_path):
    (tmp_path / "x").mkdir()
    entries = [Entry("a", tmp_path / "x", ("A",), "s", split) for split in ("train", "val")]
    report = Preflight()
    assert [entry.split for entry in usable(entries, report)] == ["val"]


TINY = ("--epochs", "1", "--device", "cpu", "--hidden_dim", "8", "--width", "0.1", "--augmentation", "strong")


def test_a_manifest_of_features_trains_and_says_in_the_run_what_was_left_out(tmp_path, capsys):
    rows = [*feature_corpus(tmp_path), ("missing", "nowhere.npy", "MORGEN", "anna", "train")]
    path = manifest(tmp_path, rows)
    run_dir = tmp_path / "run"
    assert train(["--data", "manifest", "--data_path", str(path), *TINY, "--output_dir", str(run_dir)]) == 0
    assert "missing file or folder: missing" in capsys.readouterr().err
    run = decode((run_dir / "run.json").read_bytes(), Run)
    assert run.data.left_out == {"train: missing file or folder": 1}
    assert run.floors.wer_constant is not None


@pytest.mark.parametrize("model", ["i3d", "mobilenet_v3"])
def test_pictures_of_phoenix_train(tmp_path, model):
    phoenix(tmp_path, frames=16)
    argv = ["--data", "phoenix2014", "--data_path", str(tmp_path), "--modality", "video", "--frame_size", "16"]
    run_dir = tmp_path / "run"
    assert train([*argv, "--model", model, *TINY, "--output_dir", str(run_dir)]) == 0
    record = json.loads((run_dir / "epochs.jsonl").read_text().splitlines()[0])
    assert record["val_wer"] >= 0 and record["metrics"]["test_wer"] >= 0


def test_features_of_phoenix_train_without_its_pictures(tmp_path):
    phoenix(tmp_path, pictures=False)
    features = tmp_path / "features"
    features.mkdir()
    for entry in read_phoenix(tmp_path, "si5", "raw", features):
        np.save(features / f"{entry.clip_id}.npy", np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32))
    argv = ["--data", "phoenix2014", "--data_path", str(tmp_path), "--features_path", str(features)]
    assert train([*argv, *TINY, "--output_dir", str(tmp_path / "run")]) == 0


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--data", "manifest"], "--data manifest needs --data_path"),
        (["--data", "phoenix2014", "--data_path", "x"], "needs --features_path, or --modality video"),
        (["--data", "digits", "--modality", "video"], "--modality video does not exist for the digits corpus"),
        (["--modality", "video", "--model", "landmark_tcn"], "cannot read the synthetic corpus as video"),
    ],
)
def test_a_corpus_without_its_place_is_one_sentence(argv, says, capsys):
    assert train(argv) == 64
    assert says in capsys.readouterr().err
