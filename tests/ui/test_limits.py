"""A logger writes only so many lines a minute about what strangers can cause."""

import logging

from monitor.ui import limits

LINE = logging.makeLogRecord({"msg": "a stranger came"})


def test_of_many_lines_a_minute_the_first_ones_are_written(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: clock[0])
    seldom = limits.Seldom()
    assert sum(seldom.filter(LINE) for _ in range(1000)) == limits.LINES
    clock[0] += limits.LINES_SECS - 1
    assert not seldom.filter(LINE)
    clock[0] += 2
    assert seldom.filter(LINE)
