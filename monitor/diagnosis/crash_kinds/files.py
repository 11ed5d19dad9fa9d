"""Crashes of what is read, written or fetched: paths, rights, checkpoints, logins, the network."""

from __future__ import annotations

import re

from monitor.diagnosis.crash_kinds.kind import Kind, anywhere, error, naming, quoted


def _missing(match: re.Match[str], _: str) -> str:
    return f"{quoted(match)} does not exist." if quoted(match) else ""


KINDS = (
    Kind(
        "permission",
        anywhere(
            r"(?:Permission denied|Read-only file system)(?:: ('[^']*'))?|^PermissionError: (?!.*Permission denied)",
        ),
        naming(
            "Look with ls -ld who may write {}, and choose a folder that this user may write.",
            "Look with ls -ld who may read, write or execute it, and choose a place that this user may use.",
        ),
        handled=True,
    ),
    Kind(
        "file_missing",
        anywhere(
            r"^FileNotFoundError: \[Errno 2\] No such file or directory: ('[^']*')",
            r"^\S+: can't open file ('[^']*'): \[Errno 2\]",
            r"^OSError: Unable to open file: \S+\. Searched config paths",
            r"^(?:FileNotFoundError|NotADirectoryError): .+",
        ),
        "Correct the path; a relative one counts from the folder in which the run was started.",
        _missing,
        handled=True,
    ),
    Kind(
        "checkpoint_mismatch",
        error(
            r"Error\(s\) in loading state_dict for ",
            r"loaded state dict (?:contains a parameter group|has a different number of parameter groups)",
            r"Layer count mismatch when loading weights|.*ScopeParamShapeError",
            r"A total of \d+ objects could not be loaded",
        ),
        "Compare the settings of the network with those of the run that saved the checkpoint (width, layers, classes); "
        'keys that begin with "module." were saved by DataParallel.',
        "The checkpoint does not fit this network or its optimizer.",
        adds=True,
        handled=True,
    ),
    Kind(
        "checkpoint_refused",
        error(r"Weights only load failed"),
        "Load it with torch.load(…, weights_only=False), if the file is your own: it can then run code.",
        "The checkpoint holds more than tensors.",
        adds=True,
        handled=True,
    ),
    Kind(
        "damaged_file",
        error(
            r"PytorchStreamReader failed reading (?:zip archive|file)",
            r"Ran out of input|invalid load key|pickle data was truncated|File is not a zip file",
            r"Error while deserializing header",
            r"Unable to (?:synchronously )?open file \((?:truncated file|file signature not found|bad object header)",
            r"Compressed file ended before the end-of-stream marker was reached",
        ),
        "Look at the size of the file that it reads, and fetch it again or take an earlier one; "
        "of git-lfs a file of a few lines is only a pointer (git lfs pull).",
        "A file that it reads is empty, cut short or of another format.",
        adds=True,
        handled=True,
    ),
    Kind(
        "wandb_login",
        anywhere(r"api_key not configured|^wandb\.\S*(?:AuthenticationError|CommError): "),
        "Run wandb login, set WANDB_API_KEY, or start it with WANDB_MODE=offline.",
        handled=True,
    ),
    Kind(
        "login",
        anywhere(
            r"\b(?:401|403) Client Error|GatedRepoError|You are trying to access a gated repo",
            r"RepositoryNotFoundError|DatasetNotFoundError|\b404 Client Error|Invalid user token",
            r"is not a valid model identifier listed on",
        ),
        "Correct the name, or log in with an account that may read it (for the Hugging Face hub, HF_TOKEN).",
        "The server does not give this file to this user: the name is wrong, or a login is missing.",
        adds=True,
        handled=True,
    ),
    Kind(
        "offline",
        anywhere(r"OfflineModeIsEnabled|offline mode is enabled|LocalEntryNotFoundError: .*HF_HUB_OFFLINE"),
        "Fetch it once with offline mode off, on a machine with internet and into the same cache (HF_HOME), or give a "
        "local path.",
        handled=True,
    ),
    Kind(
        "network",
        anywhere(
            r"Max retries exceeded|Temporary failure in name resolution",
            r"Name or service not known|Network is unreachable|^requests\.exceptions\.\w*(?:Connection|Timeout)\w*: ",
            r"^(?:urllib\.error\.URLError|httpx\.\w+|httpcore\.\w+|aiohttp\.client_exceptions\.\w+): ",
            r"We couldn't connect to '|LocalEntryNotFoundError",
            r"\b(?:429|500|502|503|504) (?:Client|Server) Error",
        ),
        "Look whether the machine reaches that address (curl -I, proxy); for a node without internet, fetch the files "
        "before on a machine that has it (of the Hugging Face hub, then start with HF_HUB_OFFLINE=1).",
        "It could not fetch what it needs from the network.",
        adds=True,
        handled=True,
    ),
)
