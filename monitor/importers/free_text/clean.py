"""A line of a log without what stands around its statement: colours, dates and times, levels, logger names, paths.

Dates go first: a `2026/03/14` must be neither a bar nor a share nor an epoch.
"""

from __future__ import annotations

import re

from monitor.importers.free_text.shape import by_shape
from monitor.run_dir.words import TERMINAL_CODES

PASTED_CODES = re.compile(r"\[(?:[01247]|[349]\d)(?:;\d{1,3})*m(?!\s*\d)")
"""What is left of them in a page or an issue: `[1m > EVALUATION [0m`."""
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?"
_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?(?:\s?[AaPp][Mm]\b)?"
_ZONE = r"(?:\s?(?:Z|z|UTC|GMT|[+-]\d\d:?\d\d)\b)?"
MONTHS = re.compile(
    rf"""(?<![\w.])(?:
      (?:{_DAY},?\s+)?{_MONTH}\s+\d{{1,2}},?\s+(?:\d{{4}},?\s+)?{_TIME}{_ZONE}(?:\s+(?:[a-z]{{3,4}}\s+)?(?:19|20)\d\d)?
    | (?:{_DAY},?\s+)?\d{{1,2}}[\s-]{_MONTH}[\s-]\d{{2,4}}(?:[\s:]+{_TIME}{_ZONE})?
    | {_DAY},?\s+{_MONTH}\s+\d{{1,2}},?\s+(?:19|20)\d\d)""",
    re.IGNORECASE | re.VERBOSE,
)
HAS_MONTH = re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)")
DATES = re.compile(
    rf"""(?=\d)(?:
      (?<!\d)(?:19|20)\d\d[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?:[,\sTt_]+{_TIME}{_ZONE})?
    | (?<![\w.@])(?<!\btop-)(?:
        \d{{1,2}}[/.-]\d{{1,2}}[/.-](?:(?:19|20)\d\d|\d\d(?=\s+\d{{1,2}}:))(?:[,\sTt]+{_TIME}{_ZONE})?
      | (?<![━╸╺█]\s)\d{{1,2}}[/-]\d{{1,2}}\s+{_TIME}
      | (?:19|20)\d{{6}}[-_Tt\s]\d{{2}}:?\d{{2}}:?\d{{2}}(?:[.,]\d+)?
      | (?:\d+\s+days?,\s*)?\d{{1,3}}:\d\d(?::\d\d)?(?:[.,]\d+)?(?:\s?[AaPp][Mm]\b)?(?!\w)))""",
    re.VERBOSE,
)
ANY_DATE = re.compile(DATES.pattern.replace("(?:19|20)", r"\d\d"), re.VERBOSE)
"""A date in the shape of a line, which has no particular year."""
STAMPS = re.compile(r"^\W*(?:1\d{12}(?!\d)\W*|1\d{9}\.\d+\W*|1\d{9}(?=\s+\D))")
"""Seconds or milliseconds since 1970 that a line begins with."""
DATED = "\x01"
"""Stands where a date was, until the line's beginning has been cut."""
NO_VALUE = "–"
"""What is left of a time in the middle of a line: a cell without a number."""
_LEVEL = r"(?:INFO|DEBUG|WARNING|WARN|ERROR|CRITICAL|TRACE|NOTICE|SUCCESS|info|debug|Info)"
LEVEL = re.compile(_LEVEL)
PREFIXED = re.compile(
    rf"^(?:(?![^\x01]{{0,200}}\b(?i:epoch|step|iter|loss)\b[^\x01]{{0,200}}{_LEVEL})[^\n]{{0,200}}?\x01)?"
    rf"[^A-Za-z\n]{{0,40}}(?:[(\[]?[\w.$/-]{{1,60}}(?:\[\d+\])?(?:[:|\]\[)]{{1,2}}\s{{0,9}}"
    rf"|\s{{1,9}}-{{0,3}}\s{{0,9}}|\s{{0,9}}[:|\]]\s{{0,9}})){{0,4}}?\[?\s{{0,9}}{_LEVEL}\s*(?=[\s:|\]\)/-])[\s:|\]\)-]*"
)
"""Up to the level: time stamp, host, logger; also a bar that the line was glued to."""
OF_LOGGING = re.compile(
    r"(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):(?:[A-Za-z_][\w.-]{0,60}:(?=[^\s\d.+-])"
    r"|(?:root|__\w{1,40}__|[A-Za-z_]\w{0,40}(?:\.\w{1,40}){1,4}):(?=\s{1,20}[A-Za-z]))"
)
"""What Python's own form puts before a message: `INFO:root:`; where spaces follow, `INFO:val: loss` names a split."""
NAMED = re.compile(
    r"(?!(?i:train|training|val|valid|validation|test|dev|eval|evaluation|epoch|step|iter|loss)\s)[A-Za-z_]\w*\s-\s{1,3}"
)
"""A logger's name behind the level, where dashes part them: `… - INFO - trainer - `."""
_FUNCTION = (
    r"(?:\s*\(\w*\)|\s+(?!(?i:train|training|val|valid|validation|test|dev|eval|evaluation|epoch|step|iter|loss)\b)"
    r"[A-Za-z_]\w*(?!\w|\s*[=:]?\s*[\[(]?\s*[-+.]?\d))"
)
"""The function's name behind a file and a line; a word with a number is of the message: `train.py:12 wer 0.3`."""
BEHIND = re.compile(
    rf"^(?:[\s\x01|]*(?:[\[(][\w./<>-]+\.py:\d+(?::\w+)?[\])]|[\w./<>-]+\.py:\d+{_FUNCTION}?"
    r"|[A-Za-z_][\w.<>]*:[\w<>]+:\d+(?=\s)|[A-Za-z_]\w*(?:\.\w+)+:\d+(?=\s)|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\s*[:|\]-](?=\s)|tensorflow:"
    r"|[A-Za-z_][\w.]*(?::\w+)?\](?=\s)"  # [2019-05-03:20:00:12:INFO:sockeye.training:fit]
    r"|\[[A-Za-z_][\w.]*:\d+,\s*rank=\d+\]|\(\d+/\d+\)|\[(?i:rank)\s*:?\s*\d+\])[\s:|\]-]*)+"
)
"""What loggers put behind the level: file and line, rank."""
BRACKETED = re.compile(r"^\s*\[[^\[\]\d]{0,40}\x01(?![^\]]{0,200}\b(?i:epoch|step|iter|loss)\b)[^\[\]]*\][\s:-]*")
OTHERS = re.compile(
    r"^(?:[IWEFD]\d{4}\s+(?:\x01|00:00:[\d.]+)\s+\d+\s+[\w./-]+:\d+\]\s*"  # glog, absl
    r"|\x01\s*\S+\s+[\w./-]+\[\d+\]:\s*"  # syslog
    r"|\x01?\s*std(?:out|err) [FP] |[A-Za-z][\w.-]*[-_]\d+\s+\|\s"  # containers
    r"|\((?:[\w ]*\bpid=\d+[^)]*)\)\s*"  # ray
    r"|\[(?:rank|default|RANK)\s?0\]:?\s*|\[\d+,\d+\]<std\w+>:\s*"  # torchrun, mpirun
    r"|\[\s*(?:INFO|DEBUG)\s*\]\s*|\x01?\s*\]\s-\s+|[IDWE] (?=[A-Z][a-z]))+"
)
OTHER_RANK = re.compile(r"^\s*\[(?i:rank|default)[ :]?[1-9]\d*\]")
"""Of several processes that print the same, the first one counts."""
SETTINGS = re.compile(
    r"^(?!.{0,2000}loss\W{0,4}\d)(?:(?:.{0,2000}?[=:]\s?(?:True|False|true|false)\b){3}"
    r"|\s*\{(?=.{0,2000}?: (?:True|False|None)\b)(?:.{0,2000}?': '[A-Za-z./]){2})"
)
"""Options with their values, `amp=True, cache=False, …` or a dict of words: a measurement is none of them."""
COUNTED = r"^\s*[A-Za-z][\w ]{0,60}: \d+ ?(?!it\b)[A-Za-z]+ \[\d+:\d\d(?::\d\d)?, [^\]\n,]{1,30}/s\]\s*$"
"""A bar without a total that counts what is loaded: `Generating train split: 600 examples [00:00, 9000 examples/s]`."""
MEASURES = (
    r"(?:loss(?!_scale)|acc|wer|cer|err|ppl|score|dice|iou|psnr|ssim|auc|bleu|rouge|recall|precision|mse|mae|map\b|f1)"
)
OF_A_SHELL = re.compile(
    r"^(?:\s*(?:\+{1,9}\s|\$\s|\\?(?:export|unset|declare|setenv)\s"
    r"|(?=\\?(?:local|source|module|if|elif|while|for|case)\s)"
    rf"(?!.{{0,200}}{MEASURES}[a-z]{{0,8}}\W{{1,3}}\d)(?:\\?local\s\w{{1,60}}=\S{{0,200}}\s*$"
    r"|\\?(?:source|module|if|elif|while|for|case)\s[^:]{0,200}(?:\bthen|\bdo|\bin|\$[\w{(].*|;)\s*$))"
    r"|[A-Z][A-Z0-9_]{2,60}[a-z_]{0,20}=(?:['\"]?[/:$(~]|['\"]?[a-z][\w.-]{0,60}/|[^\s']{0,200};' export ))"
)
"""A command that a shell repeats (`set -x`), or a variable of its environment with a path: no measurement."""
OPTIONS = re.compile(
    r"^\s*(?:--[a-z][\w-]{1,60}[ =]\S{1,80}\s+--[a-z]"
    rf"|(?=[a-z]\w{{0,60}} \.{{3}})(?![^.]{{0,60}}{MEASURES})[a-z]\w{{0,60}} \.{{3,}} \S)"
)
"""`--lr 0.1 --wd 0`, or an option and its value over dots: `hidden_dropout ....... 0.1`."""
COMMAND = r"(?!.{0,2000}--\w{0,20}loss)(?:.{0,2000}?\s--[a-z][\w-]{1,60}[ =][^\s-]\S{0,200}(?!\S)){3}"
"""A command with its options, as a shell prints it when the job was killed."""
NOTHING_SAID = re.compile(
    r"\.py:\d+: \w*Warning|^\s*(?:Traceback |File \"|wandb: |at [\w.]+\()"
    r"|^\s*(?:slurmstepd|srun|scancel|mpirun):"
    r"|^\s*times? \((?:ms|s|sec|seconds)\)\s?[|:]"
    rf"|^{COMMAND}|{SETTINGS.pattern}|{OPTIONS.pattern}|{OF_A_SHELL.pattern}|{COUNTED}"
    r"|\bname\s?=\s?[^\s,]{1,200},\s{1,3}shape\s?=\s?\("  # a variable of the model
    r"|^.{0,60}\btensorflow/(?:core|compiler|stream_executor)/\S{1,200}\.cc:\d+\]|\bmemoryClockRate\(GHz\)"
    r"|^\S[^:\n]{0,80}\s:\s[^\n]{0,60}\[(?:DEFAULT|default)\]\s*$"  # an option that nobody has set
    r"|`Trainer\(\w+=[^)]{0,40}\)` was configured|^\s*(?:Namespace|usage:|python3? )|^\s*#\s*python"
)
WARNED_BEHIND = re.compile(
    rf"\b(?i:{MEASURES})\W{{1,3}}\d[\d.e+-]*[\s|,;]{{1,9}}(?P<path>[^\s|]{{0,300}}\.py:\d+: \w*Warning\b)"
)
"""A warning that another stream has put behind an unfinished line of figures."""
PATHS = re.compile(
    r"https?://\S+|\b0x[0-9a-fA-F]+|(?<![\w)\]])(?:~|\.{1,2})?(?:/[\w.@+-]+){2,}/?(?::\d+)?"
    r"|(?<![\w./\\-])[\w./\\-]{1,300}\.(?:py|pt|pth|ckpt|h5|hdf5"
    r"|bin|json|jsonl|txt|log|yaml|yml|png|csv|npz|npy|safetensors"
    r"|keras|onnx|tar|gz|mdl|checkpoint|traineddata)\b(?::\d+)?"
    r"|\b[A-Za-z]:\\\S+|(?<![\w./\\-])[\w./-]{1,200}\.[a-z]{1,4}:\d+\b(?!\.\d)"  # `FSD_test.ber:3.8` is no file
    r"|(?<![\w.])\d+(?:\.\d+){2,}(?![\w.])|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,}"
)
VALIDATES = re.compile(r"(?<![A-Za-z])(?:validat(?:e|ion|or)|valid|val|evaluat(?:e|ion|or)|eval)(?![A-Za-z])")
"""A function or a logger of this name tells of the validation."""
HAS_PATH = re.compile(r"(?<![\w)\]])/[\w.]|://|:\\|\.[a-z]{2,}|\d\.\d+\.|\b0x|[0-9a-f]{4}-[0-9a-f]{4}-")
WRAPPED = re.compile(
    r"(?:tensor|(?:np|numpy|jnp)\.(?:float|int)\d+|(?:Device)?[Aa]rray|Decimal|float)"
    r"\(\s*\[?([-+.\deE]+|nan|inf)\]?(?:,[^)]*)?\)"
)
THRESHOLD = re.compile(r"\s?\(\w{1,9}\s?=\s?[\d.]+\)(?=\s*[:=]\s*[-\d.])")
"""`accuracy (IoU=0.7): 0.31`: under which condition, and no figure."""
RANKED = re.compile(r"\s?\(\s?(?:top_?)?[kK]\s?=\s?(\d{1,4})\s?\)(?=\s*[:=])")
"""`NDCG(k=20): 0.31` is another score than `NDCG(k=50)`: as `NDCG@20`."""
OF_TENSORFLOW = re.compile(r"<tf\.(?:Tensor|Variable)[:\s][^<>]{0,200}?\bnumpy=([-+.\deE]+|nan|inf)>")


GAP = " " * 200
GAPS = re.compile(rf"{GAP}\s*")
"""No table is so wide; what is asked of every line would take a second for a thousand spaces."""


_says_nothing = by_shape(lambda shape: NOTHING_SAID.search(shape) is not None)
_has_pasted_codes = by_shape(lambda shape: re.search(r"\[0{1,2}(?:;0{1,3})*m", shape) is not None)
_has_month = by_shape(lambda shape: HAS_MONTH.search(shape) is not None)
_may_have_date = by_shape(lambda shape: ANY_DATE.search(shape) is not None)
_may_have_path = by_shape(lambda shape: HAS_PATH.search(shape) is not None)
_validates = by_shape(lambda shape: VALIDATES.search(shape) is not None and "train" not in shape.lower())
_prefix_length = by_shape(lambda shape: found.end() if (found := PREFIXED.match(shape)) else 0)


def cleaned(line: str) -> str:
    """What the line itself says; empty for a warning, a traceback, a shell's echo, or another rank's copy."""
    if "\x1b" in line:
        line = TERMINAL_CODES.sub("", line)
    if GAP in line:
        line = GAPS.sub(GAP, line)
    if _has_pasted_codes(line):
        line = PASTED_CODES.sub("", line)
    if ".py:" in line and (found := WARNED_BEHIND.search(line)):
        line = line[: found.start("path")]
    if _says_nothing(line) or OTHER_RANK.match(line):
        return ""
    line = line.replace(DATED, " ")
    if _has_month(line):
        line = MONTHS.sub(DATED, line)
    if _may_have_date(line):
        line = DATES.sub(DATED, line)
    line = STAMPS.sub(DATED, line, count=1)
    cut = 0
    if LEVEL.search(line, 0, 400):
        cut = found.end() if (found := OF_LOGGING.match(line)) else _prefix_length(line)
    if line.endswith("- ", 0, cut) and (found := NAMED.match(line, cut)):
        cut = found.end()
    rest = BRACKETED.sub("", line[cut:], count=1)
    rest = BEHIND.sub("", OTHERS.sub("", rest, count=1), count=1)
    line = f"val | {rest}" if len(rest) < len(line) and _validates(line[: len(line) - len(rest)]) else rest
    if "(" in line:
        line = RANKED.sub(r"@\1", line)
        line = THRESHOLD.sub("", WRAPPED.sub(r"\1", OF_TENSORFLOW.sub(r"\1", line)))
    if _may_have_path(line):
        line = PATHS.sub(" ", line)
    return line.replace(DATED, NO_VALUE).removeprefix(NO_VALUE)
