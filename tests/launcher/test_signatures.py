"""Options of a function or a dataclass: each framework's own way to write names, truth values, lists and places."""

import ast

import pytest

from monitor.launcher.relaunch.signatures import DIALECTS, literal, name_of, of_call, of_definition


def options(source: str, name: str, call: str | None = None) -> dict:
    """What a call makes of the definitions of a script; `call`: as it is written, else `NAME(main)`."""
    made = {node.name: node for node in ast.parse(source).body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    return of_call(ast.parse(call or f"{name}(main)", mode="eval").body, name, made)


PLAIN = "def main(data: str, batch_size: int = 32, amp: bool = False): ..."


@pytest.mark.parametrize(
    ("name", "batch", "amp", "data"),
    [
        ("run", "--batch-size", {"x-option": "--amp", "x-switch": "pair"}, {"x-place": 0}),
        ("auto_cli", "--batch_size", {"x-option": "--amp", "x-joined": True}, {"x-place": 0}),
        ("cli", "--batch-size", {"x-option": "--amp", "x-switch": "pair"}, {"x-option": "--data"}),
        ("Fire", "--batch_size", {"x-option": "--amp", "x-joined": True, "x-python": True}, {"x-option": "--data"}),
        (
            "add_arguments",
            "--batch_size",
            {"x-option": "--amp", "x-python": True, "x-nargs": "?", "x-off": ["--no_amp"]},
            {"x-option": "--data"},
        ),
    ],
)
def test_each_framework_writes_the_same_function_in_its_own_way(name, batch, amp, data):
    found = options(PLAIN, name)
    assert found["batch_size"]["x-option"] == batch
    assert (found["batch_size"]["type"], found["batch_size"]["default"]) == ("integer", 32)
    assert {key: value for key, value in found["amp"].items() if key not in ("type", "default")} == amp
    assert found["data"].items() >= {"type": "string", **data}.items() and "default" not in found["data"]


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("int | None", {"type": ["integer", "null"]}),
        ("'Optional[float]'", {"type": ["number", "null"]}),
        ("Literal['adam', 'sgd']", {"enum": ["adam", "sgd"]}),
        ("list[int]", {"type": "array", "items": {"type": "integer"}, "x-nargs": "+"}),
        ("tuple[float, float]", {"type": "array", "items": {"type": "number"}, "x-nargs": 2}),
        ("tuple[int, str]", {"type": "array", "x-nargs": 2}),
        ("tuple[int, ...]", {"type": "array", "items": {"type": "integer"}, "x-nargs": "+"}),
        ("list[bool]", {"type": "array", "x-nargs": "+"}),
        ("'not ( python'", {}),
        ("Something", {}),
    ],
)
def test_what_an_annotation_says_of_a_value(annotation, kind):
    [rule] = options(f"def main(x: {annotation} = None): ...", "cli").values()
    assert rule == {"x-option": "--x", **kind}


def test_a_list_is_given_word_by_word_or_by_repeating_and_a_tuple_by_as_many_words_as_it_holds():
    found = options("def main(a: list[int] = [1], b: tuple[int, int] = (1, 2)): ...", "run")
    assert found["a"].items() >= {"x-repeat": True, "default": [1]}.items() and "x-nargs" not in found["a"]
    assert found["b"].items() >= {"x-nargs": 2, "default": [1, 2]}.items() and "x-repeat" not in found["b"]


def test_an_annotated_option_has_its_own_spellings_its_help_and_its_switch_off():
    source = """
def main(
    rate: Annotated[float, typer.Option("--lr", "-l", help="How fast")] = 0.1,
    cache: Annotated[bool, typer.Option("--cache/--no-cache")] = True,
    quiet: Annotated[bool, typer.Option("--quiet")] = False,
    loud: bool = typer.Option(True, " /--silent"),
    path: Path = typer.Argument(...),
    ctx=None,
): ...
"""
    found = options(source, "run")
    assert found["rate"] == {
        "x-option": "--lr", "x-names": ["-l"], "type": "number", "default": 0.1, "description": "How fast"
    }  # fmt: skip
    assert found["cache"].items() >= {"x-switch": "pair", "x-off": ["--no-cache"], "default": True}.items()
    assert found["quiet"]["x-switch"] == "on"
    assert (found["loud"]["x-switch"], found["loud"]["x-option"]) == ("off", "--silent")
    assert found["path"] == {"type": "string", "x-place": 0} and "ctx" not in found


def test_fields_of_a_dataclass_of_its_base_and_of_a_dataclass_in_it():
    source = """
class Optim:
    lr: float = 0.1
class Base:
    seed: int = 1
class Config(Base):
    optim: Optim
    size: int = field(default=4, metadata={"help": "How large"})
    names: list = field(default_factory=lambda: ["a"])
    made: int = field(init=False)
    KNOWN: ClassVar[int] = 3
    _not_annotated = 5
"""
    found = options(source, "wrap", "wrap(Config)")
    assert list(found) == ["seed", "optim.lr", "size", "names"]
    assert found["optim.lr"] == {"x-option": "--optim.lr", "type": "number", "default": 0.1}
    assert (found["size"]["default"], found["size"]["description"]) == (4, "How large")
    assert found["names"]["default"] == ["a"]


def test_a_class_that_is_no_dataclass_has_the_parameters_of_its_init():
    [name] = options("class Main:\n    y: int = 1\n    def __init__(self, x: int = 2): ...", "wrap", "wrap(Main)")
    assert name == "x"


@pytest.mark.parametrize(("name", "values"), [("run", ["small", "large"]), ("cli", None)])
def test_an_enum_is_given_by_its_values_where_the_framework_does_so(name, values):
    source = "class Size(Enum):\n    SMALL = 'small'\n    LARGE = 'large'\ndef main(size: Size = Size.SMALL): ..."
    assert options(source, name)["size"].get("enum") == values


def test_fire_takes_a_function_or_any_parameter_of_a_class_a_dict_or_all_that_is_public():
    source = (
        "class Tool:\n    def __init__(self, a=1): ...\n    def fit(self, b=2): ...\n    def _own(self, c=3): ...\n"
    )
    source += "def f(d=4, a=6): ...\ndef _g(e=5): ...\n"
    assert list(options(source, "Fire", "Fire(Tool)")) == ["a", "b"]
    of_two = options(source, "Fire", "Fire({'f': f, 'Tool': Tool})")
    assert {key: rule["default"] for key, rule in of_two.items()} == {"d": 4, "a": 6}, "the first has its default"
    assert list(options(source, "Fire", "Fire()")) == ["a", "d"]


def test_lightnings_command_line_names_model_and_data_before_each_parameter():
    source = "class Net:\n    def __init__(self, width: int = 8): ...\nclass Data:\n    def __init__(self, root): ...\n"
    found = options(source, "LightningCLI", "LightningCLI(Net, datamodule_class=Data)")
    assert found == {"model.width": {"x-option": "--model.width", "type": "integer", "default": 8}}


def test_what_is_not_in_the_sources_has_no_options():
    assert options("", "run", "run(elsewhere.main)") == options("", "Fire", "Fire(main)") == {}


def test_several_places_are_counted():
    what = ast.parse("def main(a, b, c=1): ...").body[0]
    found = of_definition(what, DIALECTS["typer"], {}, "p.")
    assert [(key, rule.get("x-place")) for key, rule in found.items()] == [("p.a", 0), ("p.b", 1), ("p.c", None)]


def test_literals_and_last_names():
    assert literal(ast.parse("[1, -2]", mode="eval").body) == [1, -2]
    assert literal(ast.parse("f()", mode="eval").body) is None and literal(None) is None
    assert [name_of(ast.parse(text, mode="eval").body) for text in ("a.b.Option", "Option", "3")] == [
        "Option",
        "Option",
        "",
    ]
