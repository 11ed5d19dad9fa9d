"""Crashes of what is read, written or fetched: each form is known, and the nearest line that is none is not."""

import pytest

from monitor.diagnosis.crash_kinds.files import KINDS
from tests.diagnosis.crash_kinds.rows import told

FORMS = [
    ("permission", "PermissionError: [Errno 13] Permission denied: '/data/x.pt'"),
    ("permission", "OSError: [Errno 30] Read-only file system: '/data/x.pt'"),
    ("permission", "bash: ./train.sh: Permission denied"),
    ("permission", "PermissionError: The directory is not writable by this user"),
    ("file_missing", "FileNotFoundError: [Errno 2] No such file or directory: 'train.jsonl'"),
    ("file_missing", "python: can't open file '/home/ana/trian.py': [Errno 2] No such file or directory"),
    ("file_missing", "OSError: Unable to open file: base.gin. Searched config paths: ['.']"),
    ("file_missing", "NotADirectoryError: [Errno 20] Not a directory: 'x'"),
    ("file_missing", "FileNotFoundError: no checkpoint in runs/7"),
    ("checkpoint_mismatch", "RuntimeError: Error(s) in loading state_dict for Net:"),
    ("checkpoint_mismatch", "ValueError: loaded state dict contains a parameter group that doesn't match"),
    ("checkpoint_mismatch", "ValueError: loaded state dict has a different number of parameter groups"),
    ("checkpoint_mismatch", "ValueError: Layer count mismatch when loading weights from file."),
    ("checkpoint_mismatch", "flax.errors.ScopeParamShapeError: Initializer expected (3,) and found (4,)"),
    ("checkpoint_mismatch", "ValueError: A total of 3 objects could not be loaded."),
    ("checkpoint_refused", "_pickle.UnpicklingError: Weights only load failed. This file can still be loaded."),
    ("damaged_file", "RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central directory"),
    ("damaged_file", "EOFError: Ran out of input"),
    ("damaged_file", "_pickle.UnpicklingError: invalid load key, 'v'."),
    ("damaged_file", "zipfile.BadZipFileError: File is not a zip file"),
    ("damaged_file", "SafetensorError: Error while deserializing header: HeaderTooLarge"),
    ("damaged_file", "OSError: Unable to synchronously open file (truncated file: eof = 96)"),
    ("damaged_file", "OSError: Unable to open file (file signature not found)"),
    ("damaged_file", "EOFError: Compressed file ended before the end-of-stream marker was reached"),
    ("wandb_login", "wandb.errors.UsageError: api_key not configured (no-tty). call wandb.login(key=[your_api_key])"),
    ("wandb_login", "wandb.errors.errors.AuthenticationError: API key verification failed"),
    ("wandb_login", "wandb.errors.CommError: Error communicating with wandb process"),
    ("login", "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url"),
    ("login", "You are trying to access a gated repo."),
    ("login", "datasets.exceptions.DatasetNotFoundError: Dataset 'a/b' doesn't exist on the Hub"),
    ("login", "HTTPError: 404 Client Error: Not Found"),
    ("login", "ValueError: Invalid user token."),
    ("login", "OSError: bert-bsae is not a valid model identifier listed on 'https://huggingface.co/models'"),
    ("offline", "OfflineModeIsEnabled: Cannot reach https://huggingface.co: offline mode is enabled."),
    ("offline", "LocalEntryNotFoundError: Cannot find the file; HF_HUB_OFFLINE is set"),
    ("network", "ConnectionError: HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url"),
    ("network", "socket.gaierror: [Errno -3] Temporary failure in name resolution"),
    ("network", "socket.gaierror: [Errno -2] Name or service not known"),
    ("network", "OSError: [Errno 101] Network is unreachable"),
    ("network", "requests.exceptions.ReadTimeout: HTTPSConnectionPool"),
    ("network", "urllib.error.URLError: <urlopen error timed out>"),
    ("network", "httpx.ConnectError: All connection attempts failed"),
    ("network", "We couldn't connect to 'https://huggingface.co' to load this file"),
    ("network", "LocalEntryNotFoundError: Connection error, and we cannot find the requested files"),
    ("network", "HTTPError: 503 Server Error: Service Unavailable"),
]
SIBLINGS = [
    "permission to write was asked",
    "FileNotFoundError",
    "OSError: Unable to open file: base.gin",
    "INFO: Error(s) in loading state_dict for Net were ignored",
    "WARNING: Error(s) in loading state_dict for Net were ignored",
    "a note: Error(s) in loading state_dict for Net",
    "ValueError: loaded state dict contains 12 tensors",
    "ValueError: A total of 3 objects could be loaded.",
    "Weights only were loaded; the optimizer starts anew",
    "RuntimeError: PytorchStreamWriter failed writing file data/0",
    "OSError: Unable to open file (unable to lock file, errno = 11)",
    "wandb: WARNING run is offline",
    "wandb.errors.UsageError: project name is too long",
    "epoch 401: client 3",
    "http status 404",
    "a model identifier listed on 'https://huggingface.co/models' was loaded",
    "offline evaluation is enabled",
    "ValueError: requests.exceptions.ReadTimeout was caught",
    "RuntimeError: 500 samples failed",
    "retries: 3",
]


@pytest.mark.parametrize(
    ("text", "happened", "advice"),
    [
        (
            "PermissionError: [Errno 13] Permission denied: '/data/x.pt'",
            "PermissionError: [Errno 13] Permission denied: '/data/x.pt'.",
            "Look with ls -ld who may write '/data/x.pt', and choose a folder that this user may write.",
        ),
        (
            "bash: ./train.sh: Permission denied",
            "bash: ./train.sh: Permission denied.",
            "Look with ls -ld who may read, write or execute it, and choose a place that this user may use.",
        ),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: 'train.jsonl'",
            "'train.jsonl' does not exist.",
            "Correct the path; a relative one counts from the folder in which the run was started.",
        ),
        (
            "FileNotFoundError: no checkpoint in runs/7",
            "FileNotFoundError: no checkpoint in runs/7.",
            "Correct the path; a relative one counts from the folder in which the run was started.",
        ),
        (
            "RuntimeError: Error(s) in loading state_dict for Net:",
            "The checkpoint does not fit this network or its optimizer.",
            "Compare the settings of the network with those of the run that saved the checkpoint (width, layers, "
            'classes); keys that begin with "module." were saved by DataParallel.',
        ),
        (
            "_pickle.UnpicklingError: Weights only load failed.",
            "The checkpoint holds more than tensors.",
            "Load it with torch.load(…, weights_only=False), if the file is your own: it can then run code.",
        ),
        (
            "EOFError: Ran out of input",
            "A file that it reads is empty, cut short or of another format.",
            "Look at the size of the file that it reads, and fetch it again or take an earlier one; of git-lfs a file "
            "of a few lines is only a pointer (git lfs pull).",
        ),
        (
            "wandb.errors.UsageError: api_key not configured",
            "wandb.errors.UsageError: api_key not configured.",
            "Run wandb login, set WANDB_API_KEY, or start it with WANDB_MODE=offline.",
        ),
        (
            "HTTPError: 404 Client Error: Not Found",
            "The server does not give this file to this user: the name is wrong, or a login is missing.",
            "Correct the name, or log in with an account that may read it (for the Hugging Face hub, HF_TOKEN).",
        ),
        (
            "OfflineModeIsEnabled: no",
            "OfflineModeIsEnabled: no.",
            "Fetch it once with offline mode off, on a machine with internet and into the same cache (HF_HOME), or "
            "give a local path.",
        ),
        (
            "OSError: [Errno 101] Network is unreachable",
            "It could not fetch what it needs from the network.",
            "Look whether the machine reaches that address (curl -I, proxy); for a node without internet, fetch the "
            "files before on a machine that has it (of the Hugging Face hub, then start with HF_HUB_OFFLINE=1).",
        ),
    ],
)
def test_what_happened_and_what_to_look_at(text, happened, advice):
    found = told(KINDS, text)
    assert (found.happened, found.advice) == (happened, advice)


def test_all_of_them_may_have_been_caught_and_these_say_more_than_their_line():
    assert all(kind.handled for kind in KINDS)
    adds = {kind.name for kind in KINDS if kind.adds}
    assert adds == {"checkpoint_mismatch", "checkpoint_refused", "damaged_file", "login", "network"}
