"""What one call of argparse or click declares."""

import ast

import pytest

from monitor.launcher.relaunch.declared import declared_option, declared_place, merged


def option(text: str, **constants) -> tuple[str, dict]:
    return declared_option(ast.parse(text, mode="eval").body, constants)


ARGPARSE, CLICK = "p.add_argument", "click.option"


@pytest.mark.parametrize(
    ("call", "key", "rule"),
    [
        (f"{ARGPARSE}('-l', '--lr', type=float, default=.1)", "lr", {"x-names": ["-l"], "type": "number"}),
        (f"{ARGPARSE}('--x')", "x", {"type": "string"}),
        (f"{ARGPARSE}('--x', type=int, default=None)", "x", {"type": ["integer", "null"]}),
        (f"{ARGPARSE}('--n', default=3)", "n", {"default": 3}),
        (f"{CLICK}('--n', default=3)", "n", {"type": "integer", "default": 3}),
        (f"{ARGPARSE}('--amp', action='store_true')", "amp", {"type": "boolean", "default": False, "x-switch": "on"}),
        (f"{ARGPARSE}('--no-amp', action='store_false', dest='amp')", "amp", {"x-switch": "off", "default": True}),
        (f"{ARGPARSE}('--b', action=argparse.BooleanOptionalAction)", "b", {"x-switch": "pair", "x-off": ["--no-b"]}),
        (f"{CLICK}('--cache/--no-cache', default=True)", "cache", {"x-switch": "pair", "x-off": ["--no-cache"]}),
        (f"{ARGPARSE}('-v', action='count', default=2)", "v", {"default": 2, "minimum": 2, "x-base": 2, "x-nargs": 0}),
        (f"{CLICK}('-v', count=True)", "v", {"default": 0, "minimum": 0, "x-nargs": 0}),
        (f"{ARGPARSE}('--s', nargs='+', type=int)", "s", {"type": "array", "items": {"type": "integer"}}),
        (f"{ARGPARSE}('--s', nargs=ALL)", "s", {"x-nargs": 2}),
        (f"{CLICK}('--s', type=(str, int))", "s", {"type": "array", "x-nargs": 2}),
        (f"{ARGPARSE}('--s', action='append', default=['a'])", "s", {"x-repeat": True, "x-base": ["a"]}),
        (f"{CLICK}('--s', multiple=True, type=int)", "s", {"x-repeat": True, "items": {"type": "integer"}}),
        (f"{ARGPARSE}('--s', action='extend', nargs='*')", "s", {"x-repeat": True, "x-flat": True, "x-nargs": "*"}),
        (f"{ARGPARSE}('--s', action='extend', nargs=2, type=int)", "s", {"items": {"type": "integer"}}),
        (f"{ARGPARSE}('--r', nargs='?', const='last')", "r", {"x-nargs": "?", "x-const": "last"}),
        (f"{ARGPARSE}('--b', type=bool, default=True)", "b", {"x-empty": True, "type": "boolean"}),
        (f"{CLICK}('--b', type=bool)", "b", {"type": "boolean"}),
        (f"{ARGPARSE}('--o', choices=KINDS)", "o", {"enum": ["a", "b"]}),
        (f"{CLICK}('--o', type=click.Choice(['a']))", "o", {"enum": ["a"]}),
        (f"{ARGPARSE}('--o', nargs=2, type=int, choices=range(2))", "o", {"items": {"type": "integer"}}),
        (f"{ARGPARSE}('--o', help='%(default)s of 9 %%', default=7)", "o", {"description": "7 of 9 %"}),
        (f"{ARGPARSE}('--out-dir', dest='place')", "out_dir", {"x-dest": "place"}),
        (f"{CLICK}('--lr', 'rate')", "lr", {"x-dest": "rate"}),
    ],
)
def test_an_option(call, key, rule):
    found, whole = option(call, ALL=2, KINDS=("a", "b"))
    assert found == key and whole["x-option"].startswith("-")
    assert {name: whole.get(name) for name in rule} == rule


@pytest.mark.parametrize(
    ("call", "absent"),
    [
        (f"{ARGPARSE}('--n', default=3)", "type"),  # argparse leaves text
        (f"{CLICK}('--b', type=bool)", "x-empty"),
        (f"{CLICK}('-v', count=True)", "x-base"),
        (f"{CLICK}('--s', multiple=True, default=['a'])", "x-base"),
        (f"{ARGPARSE}('--amp', action='store_true', choices=[1])", "enum"),
        (f"{ARGPARSE}('--x', default=f())", "default"),
        (f"{ARGPARSE}('--fast', action='append_const', dest='modes', const=1)", "x-dest"),
    ],
)
def test_what_is_not_said_of_an_option(call, absent):
    assert absent not in option(call)[1]


@pytest.mark.parametrize("call", ["f('x')", "f('--help')", "f('-V', action='version')", "f('--about', action='help')"])
def test_a_place_and_what_ends_the_script_are_no_options(call):
    assert option(call) == ("", {})


@pytest.mark.parametrize(
    ("nargs", "is_one"), [("", True), ("nargs='?'", True), ("nargs=1", True), ("nargs='+'", False)]
)
def test_a_place_says_whether_it_takes_one_word(nargs, is_one):
    call = ast.parse(f"f('data-dir', type=int, choices=[1, 2], {nargs})", mode="eval").body
    assert declared_place(call, {}) == ("data_dir", {"type": "integer", "enum": [1, 2]}, is_one)


def test_two_flags_of_one_value_are_one_setting_and_no_other_two_are():
    _, on = option("f('--amp', dest='a', action='store_true')")
    _, off = option("f('--no-amp', '-n', dest='a', action='store_false')")
    both = merged(on, off)
    assert both == merged(off, on) | {"default": False}
    assert (both["x-switch"], both["x-off"], both["default"]) == ("pair", ["--no-amp", "-n"], False)
    assert merged(off, on)["default"] is True, "the first call decides"
    assert merged(on, on) is None and merged({}, off) is None
