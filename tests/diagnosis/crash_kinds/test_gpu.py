"""Crashes of a GPU: each form is known, and the nearest line that is none is not."""

import pytest

from monitor.diagnosis.crash_kinds.gpu import CHIP_KINDS, KINDS
from tests.diagnosis.crash_kinds.rows import told

ALL = (*KINDS, *CHIP_KINDS)
FORMS = [
    ("gpu_taken", "RuntimeError: CUDA error: all CUDA-capable devices are busy or unavailable"),
    ("gpu_taken", "RuntimeError: CUDA error: CUDA-capable device(s) is/are busy or unavailable"),
    (
        "gpu_taken",
        "ValueError: Free memory on device (9/79 GiB) on startup is less than desired GPU memory utilization (0.9)",
    ),
    ("gpu_memory", "RuntimeError: CUDA error: out of memory"),
    ("gpu_memory", "RuntimeError: HIP out of memory. Tried to allocate 2.00 GiB"),
    ("gpu_memory", "torch.OutOfMemoryError: CUDA driver error: out of memory"),
    ("gpu_memory", "RuntimeError: MPS backend out of memory (MPS allocated: 18.05 GB)"),
    ("gpu_memory", "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying"),
    ("gpu_memory", "ResourceExhaustedError: {{function_node __wrapped}} OOM when allocating tensor with shape[9]"),
    ("gpu_memory", "cupy.cuda.memory.OutOfMemoryError: Out of memory allocating 20,000,000,000 bytes"),
    ("gpu_memory", "XlaRuntimeError: INTERNAL: Out of memory while trying to allocate 4294967296 bytes."),
    (
        "gpu_memory",
        "numba.cuda.cudadrv.driver.CudaAPIError: [2] Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY",
    ),
    ("gpu_memory", "Cuda failure 2 'out of memory'"),
    ("gpu_memory", "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ("gpu_memory", "RuntimeError: cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    ("gpu_memory", "RuntimeError: No executable batch size found, reached zero."),
    ("gpu_hardware", "RuntimeError: CUDA error: uncorrectable ECC error encountered"),
    ("gpu_hardware", "RuntimeError: CUDA error: unknown error"),
    ("gpu_hardware", "NVRM: Xid (PCI:0000:3b:00): 79"),
    ("gpu_hardware", "Unable to determine the device handle for GPU 0: GPU is lost."),
    ("gpu_fabric", "RuntimeError: CUDA error: system not yet initialized"),
    ("gpu_fabric", "Unexpected error from cudaGetDeviceCount(). Error 802: system not yet initialized"),
    ("gpu_driver", "RuntimeError: CUDA error: no kernel image is available for execution on the device"),
    ("gpu_driver", "CUDA driver version is insufficient for CUDA runtime version"),
    ("gpu_driver", "RuntimeError: The NVIDIA driver on your system is too old (found version 11040)."),
    ("gpu_driver", "the provided PTX was compiled with an unsupported toolchain."),
    ("gpu_driver", "CUDA_ERROR_NO_BINARY_FOR_GPU: no kernel image"),
    ("gpu_driver", "forward compatibility was attempted on non supported HW"),
    ("gpu_driver", "unsupported display driver / cuda driver combination"),
    ("gpu_build", "AssertionError: Torch not compiled with CUDA enabled"),
    ("gpu_build", "RuntimeError: PyTorch is not linked with support for cuda devices"),
    ("gpu_checkpoint", "RuntimeError: Attempting to deserialize object on a CUDA device but none is there"),
    ("gpu_checkpoint", "RuntimeError: Attempting to deserialize object on CUDA device 3 but there is 1"),
    ("gpu_missing", "RuntimeError: No CUDA GPUs are available"),
    ("gpu_missing", "RuntimeError: Found no NVIDIA driver on your system."),
    ("gpu_missing", "RuntimeError: CUDA error: invalid device ordinal"),
    ("gpu_missing", "RuntimeError: Unexpected error from cudaGetDeviceCount(). Error 2"),
    ("gpu_missing", "MisconfigurationException: No supported gpu backend found!"),
    ("gpu_missing", "MisconfigurationException: You requested gpu: [3]"),
    ("gpu_missing", "RuntimeError: Unknown backend cuda"),
    ("gpu_missing", "RuntimeError: Unable to initialize backend 'cuda': no device"),
    ("gpu_missing", "RuntimeError: No GPU found. A GPU is needed for quantization."),
    ("gpu_missing", "RuntimeError: CUDA is required but not available for bitsandbytes."),
    ("gpu_metal", "RuntimeError: PyTorch is not linked with support for mps devices"),
    ("gpu_metal", "RuntimeError: The MPS backend is not available"),
    ("gpu_mps", "NotImplementedError: The operator 'aten::_ctc_loss' is not currently implemented for the MPS device."),
    ("gpu_mps", "TypeError: Cannot convert a MPS Tensor to float64 dtype"),
    ("gpu_attention", "RuntimeError: FlashAttention only supports Ampere GPUs or newer."),
    ("gpu_attention", "RuntimeError: FlashAttention forward only supports head dimension at most 256"),
    ("gpu_bitsandbytes", "CUDA Setup failed despite GPU being available."),
    ("gpu_bitsandbytes", "Could not load bitsandbytes native library"),
    ("gpu_kernel", "RuntimeError: CUDA error: an illegal memory access was encountered"),
    ("gpu_kernel", "RuntimeError: CUDA error: invalid configuration argument"),
    ("gpu_kernel", "RuntimeError: Triton Error [CUDA]: invalid argument"),
    ("gpu_kernel", "cudaErr CUDA_ERROR_LAUNCH_FAILED"),
    ("gpu_library", "RuntimeError: cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    ("gpu_library", "RuntimeError: GET was unable to find an engine to execute this computation"),
    ("gpu_library", "FAILED_PRECONDITION: DNN library initialization failed."),
]
SIBLINGS = [
    "WARNING: CUDA out of memory. Tried to allocate 2.00 GiB, skipping this batch",
    "GPU memory: 2 of 8 GiB",
    "RuntimeError: out of memory of the tape",
    "epoch 3: CUDA out of memory was not seen",
    "RESOURCE_EXHAUSTED: too many requests",
    "Cuda failure 'invalid argument'",
    "RuntimeError: CUDA error: CUBLAS was not found",
    "RuntimeError: an executable batch size was found",
    "ValueError: Free memory on device is 9 GiB",
    "all CUDA-capable devices are in use",
    "GPU is warm",
    "system not yet initialized",
    "the NVIDIA driver is 535.104",
    "AssertionError: Torch not compiled with MKL enabled",
    "RuntimeError: PyTorch is linked with support for cuda devices",
    "RuntimeError: Attempting to deserialize object on a worker",
    "2 CUDA GPUs are available",
    "Unable to initialize backend 'tpu'",
    "RuntimeError: Unknown backend: 'nccl'",
    "RuntimeError: The MPS backend is slow",
    "NotImplementedError: The operator 'aten::_ctc_loss' is not implemented",
    "FlashAttention is in use",
    "bitsandbytes 0.43 was loaded",
    "RuntimeError: CUDA error: operation not supported",
    "cuDNN version 8902",
    "find an engine to execute",
]


OF_TORCH = (
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 64.00 MiB. GPU 3 has a total capacity of 80.00 GiB "
    "of which {free} is free. {holds}Of the allocated memory {allocated} is allocated by PyTorch, and {reserved} is "
    "reserved by PyTorch but unallocated."
)
OLD_TORCH = (
    "RuntimeError: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 2; 20.00 GiB total capacity; 1.20 GiB already "
    "allocated; {free} free; {reserved} reserved in total by PyTorch)"
)


@pytest.mark.parametrize(
    ("text", "happened"),
    [
        # 80 GiB − 1 free − 2 of its own.
        (
            OF_TORCH.format(
                free="1.00 GiB",
                holds="Including non-PyTorch memory, this process has 2.00 GiB memory in use. ",
                allocated="1.00 GiB",
                reserved="1.00 GiB",
            ),
            "Other processes hold about 77.0 GiB of its 80.0 GiB.",
        ),
        # Where it names no process of its own, its own is what torch has allocated and reserved: 20 + 19 GiB.
        (
            OF_TORCH.format(free="1024.00 MiB", holds="", allocated="20.00 GiB", reserved="19.00 GiB"),
            "Other processes hold about 40.0 GiB of its 80.0 GiB.",
        ),
        (
            OLD_TORCH.format(free="1.00 GiB", reserved="9.00 GiB"),
            "Other processes hold about 10.0 GiB of its 20.0 GiB.",
        ),
        (
            "CUDA out of memory. GPU 0 has a total capacity of 8.00 GiB of which 0 bytes is free. Process 77 has 7 GiB",
            "Other processes hold about 8.0 GiB of its 8.0 GiB.",
        ),
    ],
)
def test_a_gpu_that_others_hold_by_half_is_taken_and_no_smaller_batch_is_advised(text, happened):
    found = told(ALL, text)
    assert (found.name, found.happened, found.adds) == ("gpu_taken", happened, True)
    assert found.advice == (
        "nvidia-smi shows the processes on this GPU: wait for them, end those that an earlier run of yours has left, "
        "or take another GPU. A smaller batch frees nothing of what they hold."
    )


@pytest.mark.parametrize(
    ("text", "happened"),
    [
        # One GiB less than half is held by others.
        (
            OF_TORCH.format(free="1.00 GiB", holds="", allocated="21.00 GiB", reserved="19.00 GiB"),
            "GPU 3 was asked for 64.00 MiB and had 1.00 GiB free: out of memory.",
        ),
        (
            OLD_TORCH.format(free="1.00 GiB", reserved="9.10 GiB"),
            "GPU 2 was asked for 20.00 MiB and had 1.00 GiB free: out of memory.",
        ),
        # Without the capacity, the free memory or its own nothing is known of others.
        (
            "CUDA out of memory. GPU 0 has a total capacity of 8.00 GiB. Process 77 has 7.5 GiB",
            "GPU 0 has no memory left.",
        ),
        ("CUDA out of memory. GPU 0; of which 1.00 GiB is free. Process 77 has 7.5 GiB", "GPU 0 has no memory left."),
        (
            "CUDA out of memory. GPU 0 has a total capacity of 8.00 GiB of which 1.00 GiB is free.",
            "GPU 0 has no memory left.",
        ),
        ("HIP out of memory. Tried to allocate 2.00 GiB", "The GPU was asked for 2.00 GiB: out of memory."),
        ("Out of memory while trying to allocate 4294967296 bytes.", "The GPU was asked for 4.0 GiB: out of memory."),
        ("Out of memory allocating 2,147,483,648 bytes", "The GPU was asked for 2.0 GiB: out of memory."),
        (
            "OOM when allocating tensor with shape[9] on /job:localhost/device:GPU:1 by allocator",
            "GPU 1 has no memory left.",
        ),
        ("No executable batch size found", "The GPU has no memory left."),
    ],
)
def test_else_its_memory_is_too_small_and_the_numbers_of_the_text_are_said(text, happened):
    found = told(ALL, text)
    assert (found.name, found.happened) == ("gpu_memory", happened)


@pytest.mark.parametrize(
    ("text", "happened", "advice"),
    [
        (
            "CUDA error: unknown error",
            "The GPU or its driver failed, not the script.",
            "Start it on another GPU, and have the administrator reset this one: nvidia-smi -q",
        ),
        ("CUDA error: system not yet initialized", "", "Have the administrator start nvidia-fabricmanager"),
        (
            "The NVIDIA driver on your system is too old",
            "The library was built for other GPUs or for a newer driver.",
            "Install a build of the library that fits this GPU and its driver",
        ),
        ("Torch not compiled with CUDA enabled", "", "Install a build of torch with CUDA (its name ends in +cu…;"),
        (
            "Attempting to deserialize object on CUDA device 3",
            "",
            'Load it with torch.load(…, map_location="cpu") and move the model afterwards',
        ),
        ("No CUDA GPUs are available", "", "Compare nvidia-smi with CUDA_VISIBLE_DEVICES and with what the library"),
        ("The MPS backend is not supported", "", "MPS needs a Mac with Apple silicon and a build of torch that has it"),
        ("Cannot convert a MPS Tensor to float64", "", "Use float32 on this GPU, and PYTORCH_ENABLE_MPS_FALLBACK=1"),
        ("FlashAttention only support fp16", "", "Use another attention for this GPU or precision"),
        ("bitsandbytes native library", "", "python -m bitsandbytes names the library that it looks for"),
        (
            "CUDA error: misaligned address",
            "A computation on the GPU read or wrote where it may not, or could not be started.",
            "CUDA_LAUNCH_BLOCKING=1 names the call that failed; suspect an index out of range, then a compiled",
        ),
        (
            "DNN library is not found",
            "The error of a GPU library does not name its cause.",
            "CUDA_LAUNCH_BLOCKING=1 names the call that failed; where that is no index out of range, try a smaller",
        ),
    ],
)
def test_what_happened_and_what_to_look_at(text, happened, advice):
    found = told(ALL, text)
    assert found.happened == (happened or f"{text}.")
    assert found.adds == bool(happened) and found.advice.startswith(advice)


def test_the_advice_of_memory_is_left_to_the_settings_of_the_run_and_nothing_of_it_is_taken_for_caught():
    assert {kind.advice for kind in KINDS if kind.name == "gpu_memory"} == {""}
    assert not any(kind.handled for kind in ALL)
