"""Crashes before the training: each form is known, and the nearest line that is none is not."""

import pytest

from monitor.diagnosis.crash_kinds.missing import CORRECT
from monitor.diagnosis.crash_kinds.software import KINDS, PACKAGES
from tests.diagnosis.crash_kinds.rows import told

FORMS = [
    ("usage", "train.py: error: unrecognized arguments: --foo"),
    ("usage", "python -m trainer: error: the following arguments are required: --data"),
    ("usage", "train: error: argument --lr: invalid float value: 'x'"),
    ("usage", "train.py: error: ambiguous option: --b could match --bs, --beta"),
    ("usage", "error: unrecognized arguments: --foo"),
    ("usage", "train.py: error: --data must be a folder"),
    ("usage", "Error: No such option: --foo"),
    ("usage", "│ Missing option '--data'."),
    ("usage", "Error: Invalid value for '--lr': 'x' is not a valid float."),
    ("usage", "Error: Got unexpected extra argument (x)"),
    ("usage", "Error: Option '--lr' requires an argument."),
    ("usage", "FATAL Flags parsing error: Unknown command line flag 'foo'"),
    ("usage", "ERROR: Could not consume arg: --foo"),
    ("usage", "Could not override 'optim.lrr'."),
    ("usage", "Key 'lrr' is not in struct"),
    ("usage", "You must specify 'db', e.g, db=<OPTION>"),
    ("usage", "omegaconf.errors.MissingMandatoryValue: Missing mandatory value: data.path"),
    ("usage", "ValueError: Some specified arguments are not used by the HfArgumentParser: ['--foo']"),
    ("config", "In 'config': Could not find 'model/big'"),
    ("config", "Could not find 'model/big'"),
    ("config", "Cannot find primary config 'confg'. Check that it's in your config search path."),
    ("config", "ValueError: Configurable 'train' doesn't have a parameter named 'lrr'."),
    ("config", "ValueError: No configurable matching 'trian'."),
    ("config", "AttributeError: \"'lrr'\""),
    ("config", "OSError: Configuration is not available because of an earlier failure to load"),
    (
        "terminal",
        "    rows, columns = os.popen('stty size', 'r').read().split()\nValueError: not enough values to unpack",
    ),
    ("terminal", "OSError: [Errno 25] Inappropriate ioctl for device"),
    ("terminal", "termios.error: (25, 'Inappropriate ioctl for device')"),
    ("program", "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'"),
    ("program", "train.sh: line 3: sox_ng: command not found"),
    ("program", "bash: pyhton: command not found"),
    ("program", "RuntimeError: Ninja is required to load C++ extensions"),
    ("toolkit", "OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root."),
    ("library", "ImportError: /lib/libstdc++.so.6: version `GLIBCXX_3.4.29' not found (required by x.so)"),
    ("library", "ImportError: /opt/flash_attn.so: undefined symbol: _ZN3c104"),
    ("library", "OSError: /opt/torchaudio/libtorchaudio.so: undefined symbol: _ZN3"),
    ("library", "ImportError: DLL load failed while importing _C: The specified module could not be found."),
    ("library", "OSError: libcudart.so.11.0: cannot open shared object file: No such file or directory"),
    ("library", "Could not load library libcudnn_cnn_infer.so.8. Error: no"),
    ("import", "ImportError: cannot import name 'foo' from 'bar' (/opt/bar.py)"),
    ("import", "ModuleNotFoundError: No module named 'torchaudio'"),
    ("import", "ImportError: this needs soundfile"),
    ("start_method", "RuntimeError: Cannot re-initialize CUDA in forked subprocess."),
    ("start_method", "RuntimeError: An attempt has been made to start a new process before the current one is ready"),
    ("batch_of_deepspeed", "AssertionError: Check batch related parameters. train_batch_size is not equal to"),
    ("compiler", "torch._dynamo.exc.BackendCompilerFailed: backend='inductor' raised"),
    ("compiler", "torch._inductor.exc.InductorError: CppCompileError"),
    ("compiler", "DeepSpeed Op Builder: Installed CUDA version 11.8 does not match"),
    ("interrupt", "KeyboardInterrupt"),
]
SIBLINGS = [
    "srun: error: argument --foo: no",
    "gcc: error: x.c: No such file or directory",
    "validation error: argument is large",
    "Invalid values were dropped: 3",
    "Missing optional dependency 'tabulate', tables are not printed",
    "No such optional part",
    "ERROR: the arg was consumed",
    "Key 'lr' is in the struct",
    "Could not find 'model/big' in the cache, taking another",
    "ValueError: Configurable 'train' has a parameter named 'lr'.",
    "AttributeError: 'lr'",
    "rows, columns = os.popen('stty size', 'r')",
    "ValueError: not enough values to unpack",
    "OSError: [Errno 5] Input/output error",
    "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg.txt'",
    "the command was not found in the history",
    "CUDA_HOME environment variable is set",
    "version `CUDA_11' not found",
    "undefined symbol: x",
    "libcudart.so.11.0: cannot open shared object file",
    "cannot import name 'foo'",
    "No module named 'torchaudio'",
    "Check batch related parameters of the README",
    "torch._dynamo hit config.cache_size_limit",
    "KeyboardInterrupts: 3",
    "re-initialize CUDA in forked subprocess",
]


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("train.py: error: unrecognized arguments: --lrr 3", "Correct --lrr in the command: "),
        ("train.py: error: the following arguments are required: --data, --out", "Give --data, --out in the command: "),
        ("train.py: error: the following arguments are required: data, out", "Give data, out in the command: "),
        ("Error: Missing option '--data'.", "Give --data in the command: "),
        ("Error: Missing argument 'DATA'.", "Give DATA in the command: "),
        ("You must specify 'db', e.g, db=<OPTION>", "Give db in the command: "),
        ("Could not override 'optim.lrr'.", "Correct optim.lrr in the command: "),
        ("FATAL Flags parsing error: Unknown command line flag 'foo'", "Correct foo in the command: "),
        ("train.py: error: too few arguments", "Correct what it names in the command: "),
        ("train.py: error: argument --data: x/y.csv does not exist", "Correct the path that --data gives; a relative"),
        ("train.py: error: data/y.csv does not exist", CORRECT),
    ],
)
def test_the_option_that_a_wrong_command_names_is_in_the_advice(line, advice):
    found = told(KINDS, line)
    assert found.name == "usage" and found.advice.startswith(advice)
    assert found.advice.endswith(("the script's --help lists its options.", "the run was started."))


@pytest.mark.parametrize(("module", "package"), PACKAGES.items())
def test_a_module_whose_package_has_another_name_is_advised_by_that_name(module, package):
    for line in (f"No module named '{module}'", f"No module named '{module}.part'"):
        found = told(KINDS, f"ModuleNotFoundError: {line}")
        assert found.happened == f"An import failed: {line}."
        assert found.advice == (
            f"Install {package} in the Python that the run is started with: pip's name of that module."
        )


def test_another_module_may_be_of_the_project_itself():
    for line in ("ModuleNotFoundError: No module named 'models'", "ImportError: this needs yaml"):
        advice = told(KINDS, line).advice
        assert advice.startswith("Install what is missing in the Python that the run is started with, or correct")
        assert "PYTHONPATH=." in advice


@pytest.mark.parametrize(
    ("text", "happened", "advice"),
    [
        ("Could not find 'model/big'", "", "Look for model/big below the folder of the configs, or correct its name"),
        (
            "ValueError: No configurable matching 'trian'.",
            "ValueError: No configurable matching 'trian'.",
            "Correct the name 'trian' in the command or its config file, or in the code that reads it.",
        ),
        (
            "OSError: Configuration is not available because of an earlier failure to load",
            "",
            "Correct the path of the config file, or the error in it: the lines below that one in the log say why",
        ),
        (
            "termios.error: (25, 'no')",
            "It asked its terminal for the size, and a run that was started here has none.",
            "Start it as script -qefc 'COMMAND' /dev/null, which gives it a terminal",
        ),
        ("bash: sox: command not found", "", "Install sox, or put its folder on PATH (on a cluster: module load)."),
        ("CUDA_HOME environment variable is not set", "", "Set CUDA_HOME to the folder of a CUDA toolkit that has bin"),
        (
            "version `GLIBC_2.34' not found",
            "A library of the system is older than the package needs.",
            "Use a newer container, module or conda environment (libstdcxx-ng, with its lib folder first in "
            "LD_LIBRARY_PATH), or a build of the package for this system: its library has no GLIBC_2.34.",
        ),
        (
            "ImportError: x.so: undefined symbol: y",
            "A compiled package does not fit the version of the library that it was built against.",
            "Build or install that package again for the torch and CUDA that are installed now.",
        ),
        (
            "OSError: libsox.so: cannot open shared object file",
            "A library of the system is missing.",
            "Install the package of the system, or of pip for CUDA (nvidia-…), that holds libsox.so, or put its folder",
        ),
        (
            "ImportError: cannot import name 'foo' from 'bar'.",
            "An import failed: cannot import name 'foo' from 'bar'.",
            "Install the version of that package that has the name, or correct the name; a file of your own",
        ),
        (
            "Cannot re-initialize CUDA in forked subprocess",
            "",
            'Put the start under if __name__ == "__main__": and use the start method "spawn" where CUDA is in use.',
        ),
        (
            "Check batch related parameters. no",
            "",
            "Make train_batch_size = micro batch x accumulation x processes in the DeepSpeed config",
        ),
        (
            "torch._dynamo.exc.Unsupported: no",
            "Compiling failed, not the training itself.",
            "Start it once without torch.compile or the extension; where that runs, look at the compiler",
        ),
        ("KeyboardInterrupt", "Ctrl-C ended it.", "Resume it from its checkpoint, if that was not wanted."),
    ],
)
def test_what_happened_and_what_to_look_at(text, happened, advice):
    found = told(KINDS, text)
    assert found.happened == (happened or f"{text}.") and found.advice.startswith(advice)


def test_a_terminal_and_a_compiler_are_not_asked_for_in_vain_and_then_done_without():
    assert [kind.name for kind in KINDS if not kind.handled] == ["terminal", "compiler"]
    adds = [kind.name for kind in KINDS if kind.adds]
    assert adds == ["terminal", "library", "library", "library", "compiler", "interrupt"]
