"""Crashes of labels and values: each form is known, and the nearest line that is none stays without a class."""

import pytest

from monitor.diagnosis.crash_kinds.data import KINDS
from tests.diagnosis.crash_kinds.rows import names, told

FORMS = [
    (
        "not_finite",
        "ValueError: Expected parameter loc of distribution Normal() to satisfy the constraint Real(), but found "
        "invalid values:\ntensor([0.1, nan])",
    ),
    ("not_finite", "RuntimeError: probability tensor contains either `inf`, `nan` or element < 0"),
    ("not_finite", "ValueError: Input X contains NaN."),
    ("not_finite", "ValueError: Input contains infinity or a value too large for dtype('float32')."),
    ("not_finite", "ValueError: array must not contain infs or NaNs"),
    ("not_finite", "FloatingPointError: invalid value (nan) encountered in jit(step)"),
    ("not_finite", "FloatingPointError: Minimum loss scale reached (0.0001). Your loss is probably exploding."),
    ("not_finite", "RuntimeError: Function 'LogBackward0' returned nan values in its 0th output."),
    ("not_finite", "RuntimeError: The total norm of order 2.0 for gradients from `parameters` is non-finite"),
    ("not_finite", "Exception: Current loss scale already at minimum - cannot decrease scale anymore."),
    ("not_finite", "ValueError: The loss returned in `training_step` is nan."),
    ("not_finite", "RuntimeError: Detected nan and/or inf values in `model.out`"),
    ("not_finite", "InvalidArgumentError: Gradient. : Tensor had NaN values"),
    ("probabilities", "RuntimeError: all elements of input should be between 0 and 1"),
    ("probabilities", "Loss.cu:94: Assertion `input_val >= zero && input_val <= one` failed."),
    ("labels", "IndexError: Target 12 is out of bounds."),
    ("labels", "IndexError: Target -1 is out of bounds."),
    ("labels", "IndexError: index out of range in self"),
    ("labels", "RuntimeError: Class values must be smaller than num_classes."),
    ("labels", "Received a label value of 10 which is outside the valid range of [0, 10)."),
    ("labels", "XGBoostError: label must be in [0, num_class)."),
    ("device_assertion", "RuntimeError: CUDA error: device-side assert triggered"),
]
SIBLINGS = [
    "ValueError: Expected parameter scale of distribution Normal() to satisfy the constraint GreaterThan(0), but found "
    "invalid values:\ntensor([0.1, -2.0])",
    "ValueError: Expected 3 columns but found 4",
    "RuntimeError: probability tensor contains a negative entry",
    "ValueError: Input X has 3 features, but the model expects 4",
    "ValueError: array must not contain strings",
    "FloatingPointError: divide by zero",
    "RuntimeError: Function 'LogBackward0' returned an invalid gradient at index 0",
    "gradients from `parameters` are clipped to 1.0",
    "Current loss scale: 1024",
    "ValueError: The loss returned in `training_step` is a tuple",
    "Tensor had 3 values",
    "RuntimeError: all elements of input should be of one type",
    "Assertion `index < size` failed",
    "IndexError: Target list index out of range",
    "IndexError: list index out of range",
    "epoch 3: label must be in the file",
    "RuntimeError: CUDA error: initialization error",
]


@pytest.mark.parametrize(
    ("text", "happened", "advice"),
    [
        (
            "ValueError: Input X contains NaN.",
            "A value that must be finite was NaN or infinite.",
            "Look first whether the inputs hold NaN; if they do not, lower the learning rate, clip the gradients or "
            "compute in fp32.",
        ),
        (
            "RuntimeError: all elements of target should be between 0 and 1.",
            "RuntimeError: all elements of target should be between 0 and 1.",
            "Use binary_cross_entropy_with_logits, which takes outputs of any size; where the model ends in a sigmoid "
            "already, the output is NaN or the targets are not 0 to 1.",
        ),
        (
            "IndexError: Target 12 is out of bounds.",
            "A label or token id is below 0 or beyond the number of classes.",
            "Compare the largest label or token id with the size of the output and of the embedding: the classes "
            "count from 0, and padding needs ignore_index.",
        ),
        (
            "RuntimeError: CUDA error: device-side assert triggered",
            "A check on the GPU failed.",
            "Compare the largest label or token id with the size of the output and of the embedding; "
            "CUDA_LAUNCH_BLOCKING=1 names the line.",
        ),
    ],
)
def test_what_happened_and_what_to_look_at(text, happened, advice):
    found = told(KINDS, text)
    assert (found.happened, found.advice) == (happened, advice)


def test_the_check_that_failed_on_the_gpu_is_quoted():
    text = "Loss.cu:250: Assertion `t >= 0` failed.\nRuntimeError: CUDA error: device-side assert triggered"
    assert told(KINDS, text).happened == "A check on the GPU failed: t >= 0."


def test_values_that_are_wrong_but_numbers_are_passed_over_for_a_later_line_that_holds_none():
    wrong = "ValueError: Expected parameter p, but found invalid values:\ntensor([2.0])\n"
    assert names(KINDS, wrong) == ""
    assert told(KINDS, wrong + "ValueError: Input y contains NaN.").line == "ValueError: Input y contains NaN."


def test_whether_the_sentence_says_more_than_the_line():
    adds = {kind.name: kind.adds for kind in KINDS}
    assert adds == {"not_finite": True, "probabilities": False, "labels": True, "device_assertion": False}
    assert not any(kind.handled for kind in KINDS)
