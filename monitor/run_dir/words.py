"""Numbers, durations, sizes and glyphs in words: page, terminal, report and message write each of them in one way.

static/words.js does the same in the browser, and tests/run_dir/words.json holds cases that both must pass; to agree to
the last digit, both round exact halves up. A number that is not zero never reads as zero; zero itself is "0", which
cannot be taken for a rounded value. A minus is "−". What was not measured is "–".
"""

from __future__ import annotations

import math
import re
import shlex
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

COMMAND = "python -m monitor"
"""The command line of this program in a terminal; a wheel has `vitalsigns` instead (setup.py)."""
PACKAGE = __name__.removesuffix(".run_dir.words")
"""What Python calls this package: `monitor`, and in a wheel `vitalsigns.monitor`."""
TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
"""Colours and moves of the cursor in what a program prints."""
TRAINER = PACKAGE.removesuffix("monitor") + "trainer"

NOT_MEASURED = "–"
SEVERITY_GLYPHS = {"critical": "⬣", "warning": "▲", "info": "○"}
VERDICT_GLYPHS = {"STOP": "⬣", "LOOK": "▲", "KEEP GOING": "✓", "TOO EARLY": "–", "CAN'T JUDGE": "–"}
VERDICT_GLYPHS |= {"ENDED": "■", "FAILED": "✕", "LOST": "✕"}
VERDICT_TONES = {"STOP": "critical", "LOOK": "warning", "KEEP GOING": "ok", "FAILED": "critical", "LOST": "critical"}
"""Every other verdict has the tone "unknown"."""
OUTCOME_GLYPHS = {
    "HELPED": "✓",
    "WORSE": "✕",
    "ONLY THE GAP MOVED": "▲",
    "TOO CLOSE": "≈",
    "CAN'T COMPARE": "–",
    "WAITING": "…",
}
STATE_GLYPHS = {"failed": "✕", "lost": "✕", "unreadable": "✕", "finished": "✓", "stopped": "■"}
"""Of a run that works no more; a live one has "●"."""

LARGEST = 999_999.5
SMALLEST = 0.000_0995
"""From LARGEST on and below SMALLEST a number is written with a power of ten."""
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
DAY = 86_400
TIMES = 10.0
"""From this ratio on a value is given as so many times the other one, instead of in percent."""


TURNS = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), "\N{REPLACEMENT CHARACTER}")
"""Signs that turn the direction of the text after them: a name with one reads as another name."""


def steady(text: str) -> str:
    """The text with a visible gap for each sign that turns its direction; the marks that languages need stay."""
    return text.translate(TURNS) if any(chr(sign) in text for sign in TURNS) else text


def monitor_line(*words: object) -> str:
    """A command of this program for a terminal, with every word quoted: names of folders may hold anything."""
    return shlex.join([*COMMAND.split(), *map(str, words)])


def verdict_glyph(word: str) -> str:
    """The sign beside a verdict; "–" for one that is not known."""
    return VERDICT_GLYPHS.get(word, NOT_MEASURED)


def number(value: float | None) -> str:
    """A loss, a gap, a ratio in three digits: 517, 44.6, 4.78, 0.92; below .1 in two: 0.05, 0.0034, 2e−5."""
    if value is None or not math.isfinite(value):
        return _without_digits(value)
    return ("−" if value < 0 else "") + _three_digits(abs(value))


def signed(value: float | None) -> str:
    """As `number`, with "+" before what is above zero."""
    return ("+" if value is not None and value > 0 else "") + number(value)


def points(ratio: float | None) -> str:
    """A fraction in hundredths with one decimal and without the sign: .921 → "92.1"; .0003 → "0.03"."""
    if ratio is None or not math.isfinite(100 * ratio):
        return _without_digits(ratio)
    size = abs(100 * ratio)
    as_number = 0 < size < 0.05 or size >= LARGEST
    return ("−" if ratio < 0 else "") + (_three_digits(size) if as_number else _fixed(size, 1))


def signed_points(ratio: float | None) -> str:
    """As `points`, with "+" before what is above zero."""
    return ("+" if ratio is not None and ratio > 0 else "") + points(ratio)


def agreeing(before: float, after: float, in_points: bool = False, more: int = 1) -> tuple[str, str, str]:
    """Two finite values and their signed difference, as `points` writes them or as `number` does. Where the rounded
    difference is not that of the rounded values, all three get up to `more` decimals more: 69.44, 77.36 and +7.92.
    Where that does not do, the difference is that of the values as they are shown."""
    write, signed_form = (points, signed_points) if in_points else (number, signed)
    told = write(before), write(after), signed_form(after - before)
    scale = 100 if in_points else 1
    first = 1 + max(0, *(-int(_decimal(each).as_tuple().exponent) for each in told[:2]))
    for decimals in range(first, first + more):
        if _agree(*told) or "e" in "".join(told):
            return told
        one, other, apart = (_decimals(scale * value, decimals) for value in (before, after, after - before))
        told = one, other, ("+" if after > before else "") + apart
    return told if _agree(*told) else (*told[:2], f"{_decimal(told[1]) - _decimal(told[0]):+}".replace("-", "−"))


def _agree(before: str, after: str, difference: str) -> bool:
    """Whether the difference, in the decimals of the values, is what a reader gets from the two."""
    one, other, between = map(_decimal, (before, after, difference))
    unit = Decimal(1).scaleb(max(int(each.as_tuple().exponent) for each in (one, other)))
    return abs(between - (other - one)) <= unit / 2


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace("−", "-"))


def _decimals(value: float, decimals: int) -> str:
    return ("−" if value < 0 else "") + _fixed(abs(value), decimals)


def percent(ratio: float | None) -> str:
    """A fraction as percent with one decimal: .921 → "92.1 %"."""
    is_finite = ratio is not None and math.isfinite(100 * ratio)
    return points(ratio) + (" %" if is_finite else "")


def plain(value: Any) -> str:
    """An epoch, a setting, a limit as it was given: no trailing zeros, at most six digits of a fraction."""
    if value is None:
        return NOT_MEASURED
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:g}"


def changed(changes: Mapping[str, Sequence[Any]]) -> list[str]:
    """Settings as a child changed them: "dropout 0.3 → 0.5"."""
    return [f"{key} {plain(pair[0])} → {plain(pair[1])}" for key, pair in changes.items() if len(pair) == 2]


def above(ratio: float) -> str:
    """How far above a thing a value is, before its name: "15.2 % above"; from 1,000 % on "153 times"."""
    return f"{percent(ratio)} above" if not ratio >= TIMES else f"{number(1 + ratio)} times"


def limit(value: float | str) -> str:
    """A limit as people write it: 1.0, 0.25, 20; text stays as it is."""
    if isinstance(value, str):
        return value
    if value >= LARGEST:
        return number(value)
    return f"{value:.1f}" if round(value, 1) == value and abs(value) < 10 else plain(value)


def brief(value: float | str) -> str:
    """A number of any kind, such as the evidence of a flag: as `number`, whole ones in full; text stays as it is."""
    if isinstance(value, str):
        return value
    if not math.isfinite(value) or not float(value).is_integer() or abs(value) >= LARGEST:
        return number(value)
    return ("−" if value < 0 else "") + _fixed(abs(value), 0)


def sentence(text: str) -> str:
    """`text` with one full stop at its end, also where it has one already or ends in another mark."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def count(many: int, noun: str, plural: str = "") -> str:
    """How many of what: "1 run", "4,376 clips", "2 children"."""
    return f"{many:,} {noun if many == 1 else plural or noun + 's'}"


def epoch_of(epoch: float | None, planned: float | None) -> str:
    """Such as "12/60"; "15" where nothing was planned, or fewer than there are by now."""
    return f"{plain(epoch)}/{plain(planned)}" if planned and (epoch or 0.0) <= planned else plain(epoch)


def age(secs: float | None) -> str:
    """A duration in one or two units: 3 s, 14 min, 2 h 5 min, 3 d. What lies ahead counts as now."""
    if secs is None or math.isnan(secs) or secs == math.inf:
        return _without_digits(secs)
    whole = _whole(max(0.0, secs))
    if whole < 90:
        return f"{whole} s"
    minutes = _whole(whole / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{_days(secs)} d"


AHEAD_SECS = 5.0
"""A time this far in the future is no rounding: a clock was set, or two machines disagree."""


def ago(secs: float) -> str:
    """ "14 min ago"; a time in the future has no age."""
    return f"dated {age(-secs)} ahead of this clock" if secs < -AHEAD_SECS else f"{age(secs)} ago"


def age_at(moment: float | None, now: float) -> str:
    """The age of what happened at `moment`, both in UTC seconds."""
    return NOT_MEASURED if moment is None else "ahead" if moment - now > AHEAD_SECS else age(now - moment)


def coarse_age(secs: float) -> str:
    """Full minutes, hours or days: a list whose ages change every second cannot be read."""
    secs = max(0.0, secs)
    if secs < 60:
        return "< 1 min"
    size, unit = (60, "min") if secs < 3600 else (3600, "h") if secs < 2 * DAY else (DAY, "d")
    return f"{secs // size:.0f} {unit}"


def clock(moment: float, now: float) -> str:
    """A local time of day; with the date unless that is today's, with the year unless it is this one."""
    at, today = time.localtime(moment), time.localtime(now)
    day = "" if at[:3] == today[:3] else f"{at.tm_mday} {_MONTHS[at.tm_mon - 1]} "
    year = "" if at.tm_year == today.tm_year else f"{at.tm_year} "
    return f"{day}{year}{at.tm_hour:02d}:{at.tm_min:02d}"


def stamp(moment: float) -> str:
    """Local date and time to the second, for lists that are sorted and searched."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def size(count_of_bytes: float | None) -> str:
    """A size, 12.3 GiB: powers of 1024, as nvidia-smi counts."""
    if count_of_bytes is None or not math.isfinite(count_of_bytes):
        return _without_digits(count_of_bytes)
    left, power = abs(count_of_bytes), 0
    while power < len(UNITS) - 1 and left >= (1023.95 if power else 1023.5):
        left, power = left / 1024, power + 1
    digits = _three_digits(left) if left >= LARGEST else _fixed(left, 1 if power else 0)
    return ("−" if count_of_bytes < 0 else "") + f"{digits} {'byte' if digits == '1' else UNITS[power]}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _without_digits(value: float | None) -> str:
    """Of a value that has none: not measured, no number, or beyond all numbers."""
    if value is None:
        return NOT_MEASURED
    return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"


def _three_digits(size: float) -> str:
    if size == 0:
        return "0"
    if size < SMALLEST or size >= LARGEST:
        return _with_power(size)
    if size >= 0.0995:
        return _fixed(size, 2 if size < 9.995 else 1 if size < 99.95 else 0)
    text = _fixed(size, 3 if size >= 0.00995 else 4 if size >= 0.000_995 else 5)
    return text[:4] + text[4:].rstrip("0")


def _with_power(size: float) -> str:
    """1.23e9 or 2e−5: three digits of what is large, two of what is small."""
    digits = 2 if size >= 1 else 1
    power = math.floor(math.log10(size))
    # The logarithm may be off by one beside a power of ten, and rounding may reach the next one.
    power += _units(size, digits - power) >= 10 ** (digits + 1)
    power -= _units(size, digits - power) < 10**digits
    whole, part = divmod(_units(size, digits - power), 10**digits)
    fraction = f".{part:0{digits}d}".rstrip("0").rstrip(".")
    return f"{whole}{fraction}e{power}".replace("-", "−")


def _fixed(size: float, decimals: int) -> str:
    whole, part = divmod(_units(size, decimals), 10**decimals)
    return f"{whole}.{part:0{decimals}d}" if decimals else str(whole)


def _units(size: float, decimals: int) -> int:
    """How many 10^-decimals; exact halves up, as JavaScript's toFixed and toExponential round."""
    top, bottom = size.as_integer_ratio()
    top, bottom = (top * 10**decimals, bottom) if decimals >= 0 else (top, bottom * 10**-decimals)
    return (2 * top + bottom) // (2 * bottom)


def _whole(value: float) -> int:
    return math.floor(value + 0.5)


def _days(secs: float) -> str:
    days = secs / DAY
    return _three_digits(days) if days >= LARGEST else str(_whole(days))
