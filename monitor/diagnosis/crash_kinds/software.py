"""Crashes before or beside the training: the options of the command, programs, packages, compilers."""

from __future__ import annotations

import re

from monitor.diagnosis.crash_kinds.kind import Kind, anywhere, error, line_of, naming, quoted
from monitor.diagnosis.crash_kinds.missing import CORRECT, advice_for, missing_place

ASKED = (
    r"unrecognized arguments: |the following arguments are required: |argument \S+: |ambiguous option: |expected "
    r"|one of the arguments |invalid choice|too few arguments"
)
PROGRAMS = r"ffmpeg|ffprobe|sox|git|git-lfs|nvcc|ninja|g\+\+|gcc|c\+\+|nvidia-smi|java"


def _import(match: re.Match[str], _: str) -> str:
    return f"An import failed: {quoted(match)}."


MISSING = re.compile(r"No module named '([\w.]+)'")
PACKAGES = {
    "pkg_resources": "'setuptools<81'",
    "distutils": "setuptools",
    "cv2": "opencv-python",
    "PIL": "Pillow",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "yaml": "PyYAML",
    "attr": "attrs",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "Levenshtein": "python-Levenshtein",
    "umap": "umap-learn",
}
"""Modules whose package for pip has another name."""


def _install(match: re.Match[str], _: str) -> str:
    """The advice for a module that is missing: of pip, or of the project itself."""
    missing = MISSING.search(match[1])
    package = PACKAGES.get(missing[1].partition(".")[0]) if missing else None
    if package:
        return f"Install {package} in the Python that the run is started with: pip's name of that module."
    return (
        "Install what is missing in the Python that the run is started with, or correct the name; where it is a folder "
        "of the project, begin the command with env PYTHONPATH=. in the folder above it."
    )


OPTION = re.compile(
    r"(?<![\w-])(--?[A-Za-z][\w.-]*)|(?:override|Key|flag|argument|for|specify) '([\w.-]+)"
    r"|(?:required|value): ([\w., -]+)"
)


def _usage(match: re.Match[str], text: str) -> str:
    """The advice, with the option that the line names."""
    said = re.sub(r"^.*?\b(?:error|Error): ", "", line_of(match, text))
    named = OPTION.search(said)
    if missing_place(said) is not None:
        return advice_for(quoted(named)) if named else CORRECT
    verb = "Give" if re.search(r"required|[Mm]issing|must specify", said) else "Correct"
    option = quoted(named) if named else "what it names"
    return f"{verb} {option} in the command: the script's --help lists its options."


INTERRUPTED = ("Ctrl-C ended it.", "Resume it from its checkpoint, if that was not wanted.")

KINDS = (
    Kind(
        "usage",
        anywhere(
            rf"^(?!srun|slurmstepd|sbatch)(?:python\S* -m )?[\w./-]+: error: (?={ASKED})",
            r"^(?:\S+\.py: )?error: (?=[Uu]nrecognized arguments: )|^\S+\.py: error: ",
            r"^(?:│ )?(?:Error: )?(?:No such (?:option|command)|Missing (?:option|argument|parameter))\b",
            r"^(?:│ )?(?:Error: )?(?:Invalid value for|Got unexpected extra arguments?|Option .* requires an argument)",
            r"^(?:\S+ )?(?:FATAL|ERROR:?) (?:Flags parsing error: |Could not consume arg: )",
            r"^Could not override '|Key '[^']+' is not in struct|^You must specify '",
            r"MissingMandatoryValue: |arguments are not used by the HfArgumentParser: ",
        ),
        _usage,
        handled=True,
    ),
    Kind(
        "config",
        anywhere(r"^(?:In '[^']+': )?Could not find '([^']+)'$", r"^Cannot find primary config '([^']+)'"),
        naming(
            "Look for {} below the folder of the configs, or correct its name in the command; what begins with hydra/ "
            "may come with a plugin of Hydra that is not installed.",
            "",
        ),
        handled=True,
    ),
    Kind(
        "config",
        anywhere(
            r"^ValueError: Configurable '[^']+' doesn't have a parameter named ('[^']+')",
            r"^ValueError: No configurable matching ('[^']+')",
            r"^AttributeError: \"('\w+')\"$",
            r"^OSError: Configuration is not available because of an earlier failure to load",
        ),
        naming(
            "Correct the name {} in the command or its config file, or in the code that reads it.",
            "Correct the path of the config file, or the error in it: the lines below that one in the log say why it "
            "was not loaded.",
        ),
        handled=True,
    ),
    Kind(
        "terminal",
        anywhere(
            r"\bstty size\b.*(?=[\s\S]*^ValueError: not enough values to unpack)",
            r"^(?:OSError: \[Errno 25\]|termios\.error: \(25,).*",
        ),
        "Start it as script -qefc 'COMMAND' /dev/null, which gives it a terminal, or run it in tmux and follow its log "
        "(attach).",
        "It asked its terminal for the size, and a run that was started here has none.",
        adds=True,
    ),
    Kind(
        "program",
        anywhere(
            rf"^FileNotFoundError: \[Errno 2\] No such file or directory: '({PROGRAMS})'",
            r"^(?:\S+: (?:line \d+: )?)(\S+): command not found",
            r"(Ninja) is required to load C\+\+ extensions",
        ),
        naming("Install {}, or put its folder on PATH (on a cluster: module load).", ""),
        handled=True,
    ),
    Kind(
        "toolkit",
        anywhere(r"CUDA_HOME environment variable is not set"),
        "Set CUDA_HOME to the folder of a CUDA toolkit that has bin/nvcc, in the version of torch.version.cuda, or "
        "install a wheel of the package that is built already.",
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
        _install,
        _import,
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
