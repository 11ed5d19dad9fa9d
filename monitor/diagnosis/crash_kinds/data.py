"""Crashes of what went in or came out: labels out of range, values that are no numbers."""

from __future__ import annotations

import re

from monitor.diagnosis.crash_kinds.kind import Kind, anywhere, error, quoted

CLASSES = "Compare the largest label or token id with the size of the output and of the embedding"


def _device_assertion(_: re.Match[str], text: str) -> str:
    check = re.search(r"Assertion `(.+?)` failed", text)
    return f"A check on the GPU failed{f': {quoted(check)}' if check else ''}."


def _is_not_finite(match: re.Match[str], text: str) -> bool:
    """Of a message that shows values: whether one of them is no number."""
    shows = match[0].endswith("found invalid values:")
    return not shows or re.search(r"\b(?:nan|inf)\b", text[match.end() :]) is not None


KINDS = (
    Kind(
        "not_finite",
        anywhere(
            r"^ValueError: Expected .* but found invalid values:",
            r"probability tensor contains either `inf`, `nan` or element < 0",
            r"^ValueError: Input (?:X |y )?contains (?:NaN|infinity)",
            r"^ValueError: array must not contain infs or NaNs",
            r"^FloatingPointError: (?:invalid value|overflow|Minimum loss scale|.*\bloss is probably exploding)",
            r"returned nan values in its \d+th output",
            r"gradients from `parameters` is non-finite",
            r"Current loss scale already at minimum",
            r"The loss returned in `\w+` is (?:nan|inf)",
            r"Detected nan and/or inf values in",
            r"Tensor had (?:NaN|Inf|NaN and Inf|Inf and NaN) values",
        ),
        "Look first whether the inputs hold NaN; if they do not, lower the learning rate, clip the gradients or "
        "compute in fp32.",
        "A value that must be finite was NaN or infinite.",
        adds=True,
        fits=_is_not_finite,
    ),
    Kind(
        "probabilities",
        anywhere(
            r"all elements of (?:input|target) should be between 0 and 1",
            r"Assertion `(?:input_val|target_val) >= zero && (?:input_val|target_val) <= one` failed",
        ),
        "Use binary_cross_entropy_with_logits, which takes outputs of any size; where the model ends in a sigmoid "
        "already, the output is NaN or the targets are not 0 to 1.",
    ),
    Kind(
        "labels",
        anywhere(
            r"^IndexError: Target -?\d+ is out of bounds",
            r"^IndexError: index out of range in self",
            r"Class values must be smaller than num_classes",
            r"Received a label value of -?\d+ which is outside the valid range",
            r"label must be in \[0, num_class\)",
        ),
        f"{CLASSES}: the classes count from 0, and padding needs ignore_index.",
        "A label or token id is below 0 or beyond the number of classes.",
        adds=True,
    ),
    Kind(
        "device_assertion",
        error(r"CUDA error: device-side assert triggered"),
        f"{CLASSES}; CUDA_LAUNCH_BLOCKING=1 names the line.",
        _device_assertion,
    ),
)
