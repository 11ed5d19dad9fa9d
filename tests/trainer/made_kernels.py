"""Every kernel of `trainer.kernels` made for a Hopper GPU by Triton's own compiler, which needs no GPU; prints JSON."""

import importlib
import json
from typing import Any

from triton import compile as make
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

POINTERS = {
    **dict.fromkeys(("x", "y", "g", "dx"), "*bf16"),
    **dict.fromkeys(("w", "dw", "real", "mean", "var", "weight", "bias", "along", "plain"), "*fp32"),
    **dict.fromkeys(("counts", "means", "squares"), "*fp32"),
    "share": "*fp64",
    "chosen": "*u8",
    "eps": "fp32",
}
DEPTHWISE = {"K": 5, "S": 2, "D": 8, "B": 4, "R": 32, "C": 64}
POOL = {"KT": 3, "KS": 3, "ST": 1, "SS": 2, "PT": 1, "PS": 1, "R": 32, "C": 64}
NORM = {"D": 8, "R": 64, "C": 64}
EVERY: dict[tuple[str, str], dict[str, int]] = {
    ("norm", "_figures"): NORM,
    ("norm", "_joined"): {"P": 512, "C": 16},
    ("norm", "_apply"): {**NORM, "A": 2},
    ("norm", "_sums"): {**NORM, "A": 2},
    ("norm", "_back"): {**NORM, "A": 1},
    ("depthwise", "_forward"): DEPTHWISE,
    ("depthwise", "_of_input"): DEPTHWISE,
    ("depthwise", "_of_weight"): DEPTHWISE,
    ("pooling", "_forward"): POOL,
    ("pooling", "_back"): POOL,
}


def made(module: str, kernel: str, constants: dict[str, int]) -> dict[str, Any]:
    """Bytes of machine code for pointers that are aligned, and whether 16 bytes are read at once."""
    function = getattr(importlib.import_module(f"trainer.kernels.{module}"), kernel)
    names = function.arg_names
    kinds = {name: "constexpr" if name in constants else POINTERS.get(name, "i32") for name in names}
    aligned = {
        (place,): [["tt.divisibility", 16]]
        for place, name in enumerate(names)
        if kinds[name].startswith("*") or (name == "channels" and module == "pooling")
    }
    source = ASTSource(function, kinds, {(names.index(name),): value for name, value in constants.items()}, aligned)
    found = make(source, target=GPUTarget("cuda", 90, 32))
    return {"machine code": len(found.asm["cubin"]), "wide reads": "ld.global.v4" in found.asm["ptx"]}


if __name__ == "__main__":
    print(json.dumps({".".join(which): made(*which, constants) for which, constants in EVERY.items()}))
