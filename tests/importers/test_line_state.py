"""What is known of a line while it is read: a new line begins with nothing, and shares nothing with the one before."""

from dataclasses import fields

from monitor.importers.free_text.line_state import LineState


def test_a_line_begins_with_nothing_known():
    state = LineState()
    assert not any(getattr(state, each.name) for each in fields(state))
    assert state.known_epoch is state.epoch is state.epochs is state.step is state.bar is None


def test_what_one_line_gathers_is_not_in_the_next_one():
    first, second = LineState(), LineState(section="val", known_epoch=3.0)
    for each in fields(first):
        gathered = getattr(first, each.name)
        if isinstance(gathered, (list, set, dict)):
            assert gathered is not getattr(second, each.name), each.name
    first.words.append("loss")
    first.means[0] = "7.0"
    first.phrase.add("epoch")
    assert (second.words, second.means, second.phrase, second.section) == ([], {}, set(), "val")
