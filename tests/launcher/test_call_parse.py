"""fastcore's `@call_parse`, of one function: how an older and a newer version write the same parameter."""

import ast

import pytest

from monitor.launcher.relaunch.call_parse import NEWER, has_dashes, of_call_parse


def option(parameter, dashes=True):
    """(name, rule) of the one parameter."""
    function = ast.parse(f"def main({parameter}): ...").body[0]
    before = ast.dump(function)
    (found,) = of_call_parse(function, {}, dashes=dashes).items()
    assert ast.dump(function) == before, "the script's tree is others' too"
    return found


@pytest.mark.parametrize(
    ("parameter", "dashes", "rule"),
    [
        ("batch_size: int = 8", True, {"type": "integer", "default": 8, "x-option": "--batch-size"}),
        ("batch_size: int = 8", False, {"type": "integer", "default": 8, "x-option": "--batch_size"}),
        ("Resume: str = 'a'", True, {"x-option": "--resume", "x-names": ["-r"], "x-dest": "Resume"}),
        ("Resume: str = 'a'", False, {"x-option": "--Resume"}),
        ("amp: bool = False", True, {"x-option": "--amp", "x-switch": "on", "default": False}),
        ("amp: bool = True", True, {"x-option": "--no-amp", "x-switch": "off", "default": True}),
        ("amp: bool = True", False, {"x-option": "--amp", "x-switch": "on", "default": False}),
        ("half_amp: store_true", True, {"x-option": "--half-amp", "x-switch": "on", "default": False}),
        ("half_amp: store_true", False, {"x-option": "--half_amp", "x-switch": "on"}),
        ("no_amp: store_false = True", True, {"x-option": "--no-amp", "x-switch": "off", "default": True}),
        ("amp: bool_arg = True", True, {"type": "boolean", "default": True, "x-option": "--amp"}),
        ("data: str", True, {"x-place": 0, "type": "string"}),
        ("lr: Param('the rate', float) = 0.1", True, {"type": "number", "description": "the rate"}),
        ("lr: Param(type=float, help='it') = 0.1", True, {"type": "number", "description": "it"}),
        ("lr: Annotated[float, 3, 'it'] = 0.1", True, {"type": "number", "description": "it"}),
    ],
)
def test_a_parameter_is_an_option_as_its_version_writes_it(parameter, dashes, rule):
    name, found = option(parameter, dashes)
    assert name == parameter.partition(":")[0]
    assert {key: found.get(key) for key in rule} == rule
    assert "x-joined" not in found


def test_a_truth_value_that_takes_a_word_is_no_switch():
    assert "x-switch" not in option("amp: bool_arg = True")[1]
    assert "description" not in option("lr: float = 0.1")[1]


@pytest.mark.parametrize(("text", "dashes"), [(None, True), (f"x.{NEWER}", True), ("def call_parse(): ...", False)])
def test_the_version_is_told_by_the_source_that_is_installed(tmp_path, text, dashes):
    package = tmp_path / "lib" / "python3.11" / "site-packages" / "fastcore"
    package.mkdir(parents=True)
    if text is not None:
        (package / "script.py").write_text(text)
    assert has_dashes(str(tmp_path / "bin" / "python")) is dashes


def test_a_source_that_is_no_text_is_taken_for_a_newer_one(tmp_path):
    package = tmp_path / "lib" / "python3.11" / "site-packages" / "fastcore"
    package.mkdir(parents=True)
    (package / "script.py").write_bytes(b"\xff\xfe")
    assert has_dashes(str(tmp_path / "bin" / "python")) and has_dashes("")
