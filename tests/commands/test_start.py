"""`start`: options that contradict each other are refused before anything is started."""

import pytest

from monitor.commands.cli import main
from monitor.commands.start import _job_of
from monitor.run_dir.errors import EXIT_REFUSED, EXIT_USAGE, UsageError

COMMAND = ["--", "true"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--stop-with", "KILL", *COMMAND], "--stop-with KILL: must be INT or TERM."),
        (["--demo", *COMMAND], "--demo brings its own command; give no other."),
        (["--", "--lr", "1"], "start has no option --lr. Options come before --, the command after it."),
        (["--dry-run", *COMMAND], "start takes --dry-run only with --on k8s; nothing was started."),
        (["--on", "slurm", "--foreground", *COMMAND], "--on cannot be combined with --foreground, --device"),
        (["--on", "ray", "--device", "cpu", *COMMAND], "--on cannot be combined with --foreground, --device"),
        (["--seeds", "3", "--run-id", "x", *COMMAND], "--seeds cannot be combined with --foreground, --run-id"),
        (["--seeds", "3", "--on", "k8s", "--dry-run", *COMMAND], "--seeds cannot be combined with"),
        (["--gpus", "1", *COMMAND], "--partition, --gpus, --time, --nodes and --sbatch need --on slurm or --on ray."),
        (["--time", "1:00:00", *COMMAND], "need --on slurm or --on ray."),
        (["--on", "pbs", *COMMAND], "--on pbs: must be slurm, ray, ray://HOST:PORT or k8s."),
        (["--on", "slurm://host", *COMMAND], "--on slurm://host: must be slurm, ray, ray://HOST:PORT or k8s."),
        (["--on", "ray", "--partition", "gpu", *COMMAND], "are options of SLURM; Ray has none of them."),
        (["--on", "k8s", "--dry-run"], "There is no command to start; give it after --."),
    ],
)
def test_what_contradicts_itself_is_one_sentence_and_starts_nothing(words, said, tmp_path, capsys):
    assert main(["start", "--runs", str(tmp_path / "runs"), *words]) == EXIT_USAGE
    assert said in capsys.readouterr().err and not (tmp_path / "runs").exists()


def test_a_job_of_kubernetes_is_described_and_never_submitted(tmp_path, capsys):
    assert main(["start", "--runs", str(tmp_path), "--on", "k8s", *COMMAND]) == EXIT_REFUSED
    assert "are described, not submitted: add --dry-run" in capsys.readouterr().err
    words = ["--on", "k8s", "--dry-run", "--name", "n", "--grace", "7", *COMMAND]
    assert main(["start", "--runs", str(tmp_path), *words]) == 0
    told = capsys.readouterr().out
    assert "terminationGracePeriodSeconds: 37" in told
    words = " ".join(line.strip()[2:] for line in told.splitlines() if line.strip().startswith("- "))
    assert '"--grace" "7" "--" "true"' in words and "--stop-with" not in words, "what is usual is not repeated"


def test_without_an_engine_there_is_no_job_and_with_one_it_has_what_was_asked():
    assert _job_of(None, "", 0, "", 1, 1, "") is None
    job = _job_of("slurm", "gpu", 2, "1:00:00", 1, 1, "--exclusive")
    assert (job.engine, job.partition, job.gpus) == ("slurm", "gpu", 2)
    with pytest.raises(UsageError, match="are options of SLURM"):
        _job_of("ray", "", 0, "", 2, 1, "")
