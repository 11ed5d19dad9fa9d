"""Which functions and parsers are those of another sub-command than the command names."""

import ast

import pytest

from monitor.launcher.relaunch.subcommands import other_commands

TYPER = """
@app.command()
def train(lr: float = 0.1): ...

@app.command("score-it")
def evaluate(split: str): ...

def helper(x): ...
"""
CLICK = """
@cli.command
@click.option("--lr")
def train_cmd(lr): ...

@cli.command(name="eval")
@click.option("--split")
def evaluate(split): ...
"""
ARGPARSE = """
p = sub.add_parser("train", aliases=["fit"])
p.add_argument("--lr")
p = sub.add_parser("evaluate")
p.add_argument("--split")
q = sub.add_parser("export")
q.add_argument("--to")
parser.add_argument("--seed")
"""


def others(text, *words):
    nodes, named = other_commands([ast.parse(text)], words)
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    options = {node.args[0].value for node in nodes if isinstance(node, ast.Call) and node.args}
    return functions | options, named


@pytest.mark.parametrize("text", ["", "x = 1", "def train(lr): ...", TYPER, CLICK, ARGPARSE])
def test_a_command_that_names_none_leaves_everything(text):
    assert others(text, "--lr", "0.1") == (set(), False)


def test_a_script_with_one_sub_command_has_no_others():
    assert others("@app.command()\ndef train(lr): ...", "train") == (set(), False)


def test_functions_of_the_other_commands_are_named_by_the_given_name_or_their_own():
    assert others(TYPER, "--v", "train") == ({"evaluate", "score-it"}, True)
    assert others(TYPER, "score-it") == ({"train"}, True)
    assert others(TYPER, "evaluate") == (set(), False)


@pytest.mark.parametrize("word", ["train", "train-cmd"])
def test_click_leaves_the_ending_of_a_function_out(word):
    assert others(CLICK, word) == ({"evaluate", "--split"}, True)


@pytest.mark.parametrize("word", ["train", "fit"])
def test_options_of_other_parsers_are_told_until_their_name_is_anothers(word):
    assert others(ARGPARSE, word) == ({"--split", "--to"}, True)


def test_options_of_the_parser_itself_are_of_every_command():
    assert "--seed" not in others(ARGPARSE, "export")[0]
    assert others(ARGPARSE, "export")[0] == {"--lr", "--split"}


def test_a_name_that_stands_for_the_parser_itself_by_now_is_no_sub_commands():
    assert "--late" not in others(f"{ARGPARSE}\nq = parser\nq.add_argument('--late')\n", "train")[0]
