"""Where a script loads a checkpoint is read from its source, and nothing is taken for that which loads none."""

import pytest

from monitor.launcher.relaunch.loads import load_in
from monitor.run_dir import Launch


@pytest.mark.parametrize(
    "line",
    [
        "model.load_state_dict(torch.load(path))",
        "state = pickle.load(stream)",
        "accelerator.load_state(folder)",
        "first, params = checkpoints.restore_checkpoint(folder, params)",
        "checkpointer.recover_if_possible()",
        "trainer.fit(model, ckpt_path='last')",
        "trainer.train(resume_from_checkpoint=args.resume)",
        "callbacks = [keras.callbacks.BackupAndRestore(folder)]",
        "model = AutoModel.from_pretrained(args.out)",
        "at = int(open('out/last.ckpt').read())",
        "saved = Path('checkpoint/ckpt'); at = int(saved.read_text())",
        "weights = np.load('snapshot.npz')",
        "loadCheckpoint(model)",
        "trainer.resume_or_load(resume=False)",
        "brain = Brain(modules, checkpointer=hparams['checkpointer'])",
    ],
)
def test_a_call_that_may_load_a_checkpoint_is_named_with_its_line(tmp_path, line):
    (tmp_path / "train.py").write_text(f"import torch\n{line}\n")
    said = load_in(Launch(run_id="r", created_at=1.0, script=str(tmp_path / "train.py"), imported={"train.py": "0"}))
    assert said is not None and said.startswith("train.py, line 2: ")


@pytest.mark.parametrize(
    "line",
    [
        "torch.save(model.state_dict(), 'last.pt')",
        "pickle.dump(state, open('out/last.ckpt', 'wb'))",
        "wandb.init(resume='allow')",
        "trainer.fit(model, ckpt_path=None)",
        "trainer.train(resume_from_checkpoint=False)",
        "model = AutoModel.from_pretrained('gpt2')",
        "words = np.load('train.npy'); text = open('data.txt').read()",
        "os.makedirs('checkpoints', exist_ok=True)",
        "p.add_argument('--load', default=None)",
        "loader = DataLoader(load_dataset('wikitext'))",
    ],
)
def test_what_saves_reads_data_or_begins_a_log_loads_no_checkpoint(tmp_path, line):
    (tmp_path / "train.py").write_text(f"{line}\n")
    assert (
        load_in(Launch(run_id="r", created_at=1.0, script=str(tmp_path / "train.py"), imported={"train.py": "0"})) == ""
    )


def test_a_load_in_what_the_script_imports_is_found_and_unknown_code_is_not_called_free_of_one(tmp_path):
    (tmp_path / "train.py").write_text("import lib.saving\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "saving.py").write_text("\ndef back(path):\n    return torch.load(path)\n")
    launch = Launch(
        run_id="r", created_at=1.0, script=str(tmp_path / "train.py"), imported={"train.py": "0", "lib/saving.py": "1"}
    )
    assert load_in(launch) == "lib/saving.py, line 3: torch.load"
    assert load_in(Launch(run_id="r", created_at=1.0, script=str(tmp_path / "train.py"))) is None
    assert (
        load_in(Launch(run_id="r", created_at=1.0, script=str(tmp_path / "gone.py"), imported={"gone.py": "0"})) is None
    )
    assert (
        load_in(Launch(run_id="r", created_at=1.0, script=str(tmp_path / "train.sh"), imported={"train.sh": "0"}))
        is None
    )
