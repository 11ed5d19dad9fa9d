"""Crashes before or beside the training: the command, files, packages, checkpoints, the network."""

from __future__ import annotations

import re

from monitor.diagnosis.crash_kinds.kind import Kind, anywhere, error, line_of, naming, quoted

ASKED = (
    r"unrecognized arguments: |the following arguments are required: |argument \S+: |ambiguous option: |expected "
    r"|one of the arguments |invalid choice|too few arguments"
)
PROGRAMS = r"ffmpeg|ffprobe|sox|git|git-lfs|nvcc|ninja|g\+\+|gcc|c\+\+|nvidia-smi|java"


def _missing(match: re.Match[str], _: str) -> str:
    return f"{quoted(match)} does not exist." if quoted(match) else ""


def _import(match: re.Match[str], _: str) -> str:
    return f"An import failed: {quoted(match)}."


OPTION = re.compile(
    r"(?<![\w-])(--?[A-Za-z][\w.-]*)|(?:override|Key|flag|argument|for|specify) '([\w.-]+)"
    r"|(?:required|value): ([\w., -]+)"
)


def _usage(match: re.Match[str], text: str) -> str:
    """The advice, with the option that the line names."""
    said = re.sub(r"^.*?\b(?:error|Error): ", "", line_of(match, text))
    named = OPTION.search(said)
    verb = "Give" if re.search(r"required|[Mm]issing|must specify", said) else "Correct"
    option = quoted(named) if named else "what it names"
    return f"{verb} {option} in the command: the script's --help lists its options."


INTERRUPTED = ("Ctrl-C ended it.", "Resume it from its checkpoint, if that was not wanted.")

KINDS = (
    Kind(
        "usage",
        anywhere(
            rf"^(?!srun|slurmstepd|sbatch)(?:python\S* -m )?[\w./-]+: error: (?={ASKED})",
            r"^\S+\.py: error: ",
            r"^(?:│ )?(?:Error: )?(?:No such (?:option|command)|Missing (?:option|argument|parameter))",
            r"^(?:│ )?(?:Error: )?(?:Invalid value for|Got unexpected extra arguments?|Option .* requires an argument)",
            r"^(?:\S+ )?(?:FATAL|ERROR:?) (?:Flags parsing error: |Could not consume arg: )",
            r"^Could not override '|Key '[^']+' is not in struct|^You must specify '",
            r"MissingMandatoryValue: |arguments are not used by the HfArgumentParser: ",
        ),
        _usage,
        handled=True,
    ),
    Kind(
        "program",
        anywhere(
            rf"^FileNotFoundError: \[Errno 2\] No such file or directory: '({PROGRAMS})'",
            r"^(?:\S+: (?:line \d+: )?)(\S+): command not found",
            r"(Ninja) is required to load C\+\+ extensions|(CUDA_HOME) environment variable is not set",
        ),
        naming("Install {}, or put its folder on PATH (on a cluster: module load).", ""),
        handled=True,
    ),
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
            r"^(?:FileNotFoundError|NotADirectoryError): .+",
        ),
        "Correct the path; a relative one counts from the folder in which the run was started.",
        _missing,
        handled=True,
    ),
    Kind(
        "library",
        anywhere(r"version `(GLIBC(?:XX)?_[\d.]+)' not found"),
        naming(
            "Use a newer container, module or conda environment (libstdcxx-ng, with its lib folder first in "
            "LD_LIBRARY_PATH), or a build of the package for this system: its library has no {}.",
            "",
        ),
        "A library of the system is older than the package needs.",
        adds=True,
        handled=True,
    ),
    Kind(
        "library",
        anywhere(r"^(?:ImportError|OSError): .*undefined symbol: ", r"^ImportError: DLL load failed while importing"),
        "Build or install that package again for the torch and CUDA that are installed now.",
        "A compiled package does not fit the version of the library that it was built against.",
        adds=True,
        handled=True,
    ),
    Kind(
        "library",
        anywhere(
            r"^(?:ImportError|OSError): (\S+\.so[\d.]*): cannot open shared object file",
            r"Could not load library (\S+\.so[\d.]*)",
        ),
        naming(
            "Install the package of the system, or of pip for CUDA (nvidia-…), that holds {}, or put its folder into "
            "LD_LIBRARY_PATH.",
            "",
        ),
        "A library of the system is missing.",
        adds=True,
        handled=True,
    ),
    Kind(
        "import",
        anywhere(r"^ImportError: (cannot import name .+?)\.?$"),
        "Install the version of that package that has the name, or correct the name; a file of your own called like "
        "the package hides it.",
        _import,
        handled=True,
    ),
    Kind(
        "import",
        anywhere(r"^(?:ModuleNotFoundError|ImportError): (.+?)\.?$"),
        "Install what is missing in the Python that the run is started with, or correct the name.",
        _import,
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
        "Correct the name, or log in (HF_TOKEN or the hub's login command) with an account that may read it.",
        "The server does not give this file to this user: the name is wrong, or a login is missing.",
        adds=True,
        handled=True,
    ),
    Kind(
        "network",
        anywhere(
            r"Max retries exceeded|Temporary failure in name resolution",
            r"Name or service not known|Network is unreachable|^requests\.exceptions\.\w*(?:Connection|Timeout)\w*: ",
            r"^(?:urllib\.error\.URLError|httpx\.\w+|httpcore\.\w+|aiohttp\.client_exceptions\.\w+): ",
            r"We couldn't connect to '|OfflineModeIsEnabled|LocalEntryNotFoundError|offline mode is enabled",
            r"\b(?:429|500|502|503|504) (?:Client|Server) Error",
        ),
        "Look whether the machine reaches that address (curl -I, proxy); on a node without internet, fetch the files "
        "before on one that has it, and start with HF_HUB_OFFLINE=1.",
        "It could not fetch what it needs from the network.",
        adds=True,
        handled=True,
    ),
    Kind(
        "start_method",
        error(
            r"Cannot re-initialize CUDA in forked subprocess",
            r"An attempt has been made to start a new process before",
        ),
        'Put the start under if __name__ == "__main__": and use the start method "spawn" where CUDA is in use.',
        handled=True,
    ),
    Kind(
        "batch_of_deepspeed",
        error(r"(?:AssertionError: )?Check batch related parameters\. "),
        "Make train_batch_size = micro batch x accumulation x processes in the DeepSpeed config, or leave one of them "
        'out or at "auto".',
        handled=True,
    ),
    Kind(
        "compiler",
        anywhere(r"^torch\._(?:dynamo|inductor)\.exc\.\w+: ", r"^CUDAMismatchException|DeepSpeed Op Builder: "),
        "Start it once without torch.compile or the extension; where that runs, look at the compiler (gcc, CC) and at "
        "whether the CUDA of nvcc is that of torch.version.cuda.",
        "Compiling failed, not the training itself.",
        adds=True,
    ),
    Kind(
        "interrupt",
        anywhere(r"^KeyboardInterrupt\b"),
        INTERRUPTED[1],
        INTERRUPTED[0],
        adds=True,
        handled=True,
    ),
)
