"""Numbers that no loss has, and two losses that are one."""

from dataclasses import dataclass

from monitor.importers.free_text.odd_values import of_values


@dataclass
class Row:
    cells: dict[str, str]


def said(train, val):
    return list(of_values([Row({"train_loss": one, "val_loss": other}) for one, other in zip(train, val, strict=True)]))


def test_losses_that_differ_are_not_doubted():
    assert said(["2.41", "2.12", "1.98"], ["2.53", "2.31", "2.26"]) == []
    assert said(["2.413", "2.117", "1.982"], ["2.411", "2.119", "1.984"]) == [], "close, and as many digits"
    assert said(["2.4", "2.1"], ["2.4", "2.1"]) == [], "two rows make no habit"


def test_the_same_numbers_under_both_names_are_said():
    assert said(["2.4", "2.1", "1.9"], ["2.4", "2.1", "1.9"]) == ["Train and val loss are the same numbers."]


def test_one_loss_written_with_more_digits_is_said_with_its_numbers():
    told = said(["13.308", "5.304", "2.589"], ["13.2768885764", "5.30388539131", "2.58936341951"])
    assert told == [
        "Train and val loss are nearly the same numbers, 13.308 and 13.2768885764 to 2.589 and 2.58936341951."
    ]


def test_whole_numbers_are_no_loss_unless_they_never_change():
    assert said(["9", "7", "8"], ["2.1", "2.0", "1.9"]) == ["The train loss holds whole numbers only, such as 9 and 8."]
    assert said(["9", "9", "9"], ["2.1", "2.0", "1.9"]) == []
