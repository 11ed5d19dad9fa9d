"""Crashes of a GPU: its memory, the chip itself, its driver, its libraries, or that there is none."""

from __future__ import annotations

import re

from monitor.diagnosis.crash_kinds.kind import Kind, anywhere, error, line_of, quoted
from monitor.run_dir.words import size

SIZE = r"([\d.]+ (?:[KMGT]?i?B|bytes))"
UNITS = {"bytes": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
MOST_OF_OTHERS = 0.5
"""Share of a GPU that other processes hold, from which a smaller batch is no answer."""
NO_MEMORY = error(
    r"(?:CUDA|HIP|XPU) (?:(?:driver )?error: )?out of memory",
    r"MPS backend out of memory",
    r"RESOURCE_EXHAUSTED: Out of memory",
    r"OOM when allocating tensor with shape",
    r"Out of memory (?:allocating [\d,]+|while trying to allocate \d+) bytes",
    r"(?:\[2\] )?Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY",
    r"Cuda failure (?:2 )?'out of memory'",
)


def _gpu_memory(match: re.Match[str], text: str) -> str:
    asked = re.search(r"[Tt]ried to allocate ([\d.]+ [KMGT]?i?B)", text)
    raw = re.search(r"(?:trying to allocate|Out of memory allocating) ([\d,]+) bytes", text)
    wanted = asked[1] if asked else size(float(raw[1].replace(",", ""))) if raw else ""
    free = re.search(r"of which ([\d.]+ [KMGT]?i?B) is free|; ([\d.]+ [KMGT]?i?B) free;", text)
    gpu = re.search(r"\bGPU (\d+)\b|/device:GPU:(\d+)\b", text)
    where = f"GPU {quoted(gpu)}" if gpu else "The GPU"
    if not wanted:
        return f"{where} has no memory left."
    return f"{where} was asked for {wanted}{f' and had {quoted(free)} free' if free else ''}: out of memory."


def _bytes(line: str, *forms: str) -> float | None:
    """The size that the first of these forms names in a line, in bytes; None where none does."""
    found = next((found for form in forms if (found := re.search(form.replace("SIZE", SIZE), line))), None)
    if found is None:
        return None
    number, unit = quoted(found).split()
    return float(number) * UNITS.get(unit, 1)


def _own(line: str) -> float | None:
    """What the process itself holds. In a container its own pid is another one, so a named process may be itself."""
    known = _bytes(line, "this process has SIZE", "; SIZE reserved in total by PyTorch")
    if known is not None:
        return known
    allocated = _bytes(line, "SIZE is allocated by PyTorch")
    if allocated is not None:
        return allocated + (_bytes(line, "SIZE is reserved by PyTorch but unallocated") or 0.0)
    return 0.0 if re.search(r"\bProcess \d+ has ", line) else None


def _others(line: str) -> tuple[float, float] | None:
    """(bytes that other processes hold, bytes of the GPU) from torch's text; None where it does not say."""
    total = _bytes(line, "capacity of SIZE", "; SIZE total capacity")
    free, own = _bytes(line, "of which SIZE is free", "; SIZE free;"), _own(line)
    return None if total is None or free is None or own is None else (total - free - own, total)


def _is_taken(match: re.Match[str], text: str) -> bool:
    held = _others(line_of(match, text))
    return held is not None and held[0] >= MOST_OF_OTHERS * held[1]


def _taken(match: re.Match[str], text: str) -> str:
    held = _others(line_of(match, text))
    return f"Other processes hold about {size(held[0])} of its {size(held[1])}." if held else ""


OF_OTHERS = (
    "nvidia-smi shows the processes on this GPU: wait for them, end those that an earlier run of yours has left, "
    "or take another GPU. A smaller batch frees nothing of what they hold."
)
BUILT_FOR_OTHERS = (
    "Install a build of the library that fits this GPU and its driver: nvidia-smi names both, "
    "torch.cuda.get_arch_list() the GPUs that this torch was built for."
)
WHICH_CALL = "CUDA_LAUNCH_BLOCKING=1 names the call that failed; "
WHICH_GPUS = (
    "Compare nvidia-smi with CUDA_VISIBLE_DEVICES and with what the library sees (torch.cuda.device_count(), "
    "jax.devices()): where it sees fewer, the job, the container or a build without CUDA is the reason."
)

KINDS = (
    Kind("gpu_taken", NO_MEMORY, OF_OTHERS, _taken, adds=True, fits=_is_taken),
    Kind(
        "gpu_taken",
        error(
            r"Free memory on device .* on startup is less than desired GPU memory utilization",
            r"CUDA error: all CUDA-capable devices are busy or unavailable",
            r"CUDA error: CUDA-capable device\(s\) is/are busy or unavailable",
        ),
        OF_OTHERS,
    ),
    Kind("gpu_memory", NO_MEMORY, "", _gpu_memory),
    Kind(
        "gpu_memory",
        error(
            r"(?:\w+ error: )?(?:CU|HIP)[A-Z]+_(?:STATUS_)?(?:ALLOC|INTERNAL_ERROR_DEVICE_ALLOCATION)_FAILED",
            r"No executable batch size found",
        ),
        "",
        "The GPU has no memory left.",
        adds=True,
    ),
)
"""Memory comes before everything else: other errors follow from it."""

CHIP_KINDS = (
    Kind(
        "gpu_hardware",
        anywhere(
            r"CUDA error: (?:uncorrectable (?:ECC|NVLink) error|hardware stack error|unknown error)",
            r"CUDA_ERROR_ECC_UNCORRECTABLE|^NVRM: Xid|GPU is lost|fallen off the bus",
        ),
        "Start it on another GPU, and have the administrator reset this one: nvidia-smi -q and the kernel's log (Xid) "
        "name the fault.",
        "The GPU or its driver failed, not the script.",
        adds=True,
    ),
    Kind(
        "gpu_fabric",
        anywhere(r"CUDA error: system not yet initialized|Error 802: system not yet initialized"),
        "Have the administrator start nvidia-fabricmanager, in the driver's version: GPUs with NVSwitch need it.",
    ),
    Kind(
        "gpu_driver",
        anywhere(
            r"CUDA error: (?:no kernel image is available|device kernel image is invalid)",
            r"CUDA driver version is insufficient for CUDA runtime version",
            r"The NVIDIA driver on your system is too old",
            r"the provided PTX was compiled with an unsupported toolchain|CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
            r"CUDA_ERROR_NO_BINARY_FOR_GPU|named symbol not found",
            r"forward compatibility was attempted on non supported HW",
            r"unsupported display driver / cuda driver combination",
        ),
        BUILT_FOR_OTHERS,
        "The library was built for other GPUs or for a newer driver.",
        adds=True,
    ),
    Kind(
        "gpu_build",
        error(r"Torch not compiled with CUDA enabled", r"PyTorch is not linked with support for cuda devices"),
        "Install a build of torch with CUDA (its name ends in +cu…; torch.version.cuda is None in this one), "
        "or run it on the CPU.",
    ),
    Kind(
        "gpu_checkpoint",
        error(r"Attempting to deserialize object on (?:a CUDA device|CUDA device \d+|MPS)"),
        'Load it with torch.load(…, map_location="cpu") and move the model afterwards; '
        "if a GPU should be there, compare nvidia-smi with CUDA_VISIBLE_DEVICES.",
    ),
    Kind(
        "gpu_missing",
        error(
            r"No CUDA GPUs are available",
            r"Found no NVIDIA driver on your system",
            r"CUDA error: (?:no CUDA-capable device is detected|invalid device ordinal)",
            r"Unexpected error from cudaGetDeviceCount\(\)",
            r"No supported gpu backend found",
            r"You requested gpu: ",
            r"Unknown backend:? '?(?:gpu|cuda|rocm)'?",
            r"Unable to initialize backend '(?:cuda|gpu|rocm)'",
            r"(?:No GPU found\. )?A GPU is needed for quantization",
            r"CUDA is required but not available for bitsandbytes",
        ),
        WHICH_GPUS,
    ),
    Kind(
        "gpu_metal",
        error(r"PyTorch is not linked with support for mps devices", r"The MPS backend is not (?:available|supported)"),
        "MPS needs a Mac with Apple silicon and a build of torch that has it (torch.backends.mps.is_built()); "
        "elsewhere use cuda or cpu.",
    ),
    Kind(
        "gpu_mps",
        error(
            r"The operator '[\w:.]+' is not currently implemented for the MPS device",
            r"Cannot convert a MPS Tensor to float64",
        ),
        "Use float32 on this GPU, and PYTORCH_ENABLE_MPS_FALLBACK=1, which computes on the CPU what Metal lacks.",
    ),
    Kind(
        "gpu_attention",
        error(r"FlashAttention only supports? ", r"FlashAttention forward only supports "),
        'Use another attention for this GPU or precision, such as attn_implementation="sdpa", or compute in bf16.',
    ),
    Kind(
        "gpu_bitsandbytes",
        anywhere(r"CUDA Setup failed despite (?:CUDA|GPU) being available", r"bitsandbytes native library"),
        "python -m bitsandbytes names the library that it looks for: install the build that fits torch.version.cuda.",
    ),
    Kind(
        "gpu_kernel",
        anywhere(
            r"CUDA error: (?:an illegal memory access|misaligned address|unspecified launch failure|an illegal instr)",
            r"CUDA error: (?:invalid configuration argument|the launch timed out)",
            r"CUDA_ERROR_(?:ILLEGAL_ADDRESS|LAUNCH_FAILED|MISALIGNED_ADDRESS)|^(?:\S+: )?Triton Error \[CUDA\]",
        ),
        WHICH_CALL + "suspect an index out of range, then a compiled extension (flash-attn, Triton, bitsandbytes).",
        "A computation on the GPU read or wrote where it may not, or could not be started.",
        adds=True,
    ),
    Kind(
        "gpu_library",
        anywhere(
            r"cuDNN error: CUDNN_STATUS_\w+|CUDA error: CUBLAS_STATUS_\w+|cuFFT error: CUFFT_\w+|CUSOLVER_STATUS_\w+",
            r"unable to find an engine to execute this computation|find a valid cuDNN algorithm",
            r"DNN library (?:initialization failed|is not found)|because cuDNN failed to initialize",
        ),
        WHICH_CALL + "where that is no index out of range, try a smaller batch, since these libraries fail so without "
        "memory, then look for a second cuDNN or CUDA in LD_LIBRARY_PATH.",
        "The error of a GPU library does not name its cause.",
        adds=True,
    ),
)
