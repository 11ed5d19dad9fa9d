"""Forms that name their tool: how it writes → the same in the words that the grammar of `line` reads.

One form is one line of the table: a pattern that finds it (in lower case, without dates), and what it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from monitor.importers.free_text.shape import by_shape

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
DECIMAL = r"[-+]?\d*\.\d+(?:e[-+]?\d+)?"
_Rewrite = str | Callable[[re.Match[str]], str]
PAIR = re.compile(rf"\('([a-z]\w*)', ({NUMBER})\)")
OF_A_GAN = re.compile(r"\b([a-z]\w*):\s")
NO_TRANSLATION = re.compile(r"\b(?:translation (?:loss|beam size)|ppl):?\s+-1(?:\.0+)?(?![.\d])")
COMMA_NAME = re.compile(rf"(?<![^\s,])([a-z_]{{0,30}}(?:loss|acc|wer|cer|f1|dice)\w{{0,30}}),\s?(?={NUMBER}\s*(?:,|$))")
"""`epoch 1, step 10, loss_train, 0.84`: a comma parts the name from its number."""
GUESSES = re.compile(r"\btop (\d{1,2})[ -](?=(?:acc|prec|err)[a-z]*\b)")
"""`top 5 acc`: the number is part of the name."""
_SCORED = r"(?:acc|accuracy|prec|precision|recall|top)(?:@\d+)?"
HEAD_OF = re.compile(rf"\b({_SCORED})\s{{1,3}}(0\d{{1,2}}|\d)\s{{1,3}}(?=\d+\.\d)")
"""`prec@1  05 75.63`: which of several heads the number is of."""
FLOAT32 = re.compile(r"(\d\.\d+)f([-+]?\d{1,2})\b")
"""`2.31f0`, `1.0f-5`: how Julia writes numbers of 32 bits."""
ABBREVIATED = re.compile(r"(?<=[a-z])\.(?=\s{0,2}[:=])")
"""`Acc.: 32.4`, `Train. Acc.=32.4`."""
BRACKETED = re.compile(rf"\b([a-z]\w*\s?[:=])\s?\(({NUMBER}\s?%?)\)")
PRINTED_TUPLE = re.compile(r"([:=]?\s{0,3})'\s{0,3},\s{0,3}(?=[-+.\d])")
"""`('Epoch:', 3, 'cost =0.5')`: what `print` of Python 3's form gives under Python 2."""
SYMBOL = re.compile(rf":([a-z]\w*),\s*({NUMBER})")
_SPLIT = r"train\w*|val\w*|dev|test"
OF_A_SET = re.compile(r"\b(train|valid|val|eval|test)\w{0,12}_loss's\s")
"""Of sets that their user called `train_loss` and the like: what is measured is the word behind."""
INITIALS = re.compile(r"\b([tv])l\b")
IN_BRACKETS = re.compile(rf"(\b[a-z]\w*\s?[:=]\s?)\[\s*({NUMBER})\s*\](?!\s*[\[(/\d])")
IN_A_LIST = re.compile(
    rf"\b([a-z]\w*(?:\ [a-z]\w*){{0,4}})\s*[:=]?\s*\[\s*({DECIMAL}(?:\s*,?\s+{DECIMAL}){{0,31}})\s*\](?!\s*\[)"
)
OF_COCO = {"0.50:0.95": "map", "0.50": "map_50", "0.75": "map_75"}
OF_SPACY = re.compile(rf"'([a-z]\w*)':\s({NUMBER})")
OF_VITS = ("disc", "gen", "fm", "mel", "dur", "kl")
OF_YOLACT = {
    "b": "box",
    "c": "class",
    "m": "mask",
    "p": "prototype",
    "d": "diversity",
    "e": "existence",
    "s": "segmentation",
}
COST = re.compile(
    rf"(?<!time[\ _-])\b(?:((?:(?:avg|mean)[\ _])?(?:train\w*|val\w*|test)|avg|mean)[\ _]?)?cost\b\s*[:=]?\s*({NUMBER})"
    r"(?![\d:.]|\s?(?:s|secs?|seconds?|m|mins?|minutes?|ms|h|hours?)\b)"
)
_TWO = re.compile(rf"\b([a-z]\w*)\s*[:=]?\s*({NUMBER}\s?%?)\s*/\s*({NUMBER}\s?%?)")


def _tesseract(found: re.Match[str]) -> str:
    text = found[0]
    said = [f"iter {found[1]}"]
    for pattern, name in (
        (rf"mean rms=({NUMBER})", "train rms"),
        (rf"(?:char|bcer) train=({NUMBER})", "train cer"),
        (rf"(?:word|bwer) train=({NUMBER})", "train wer"),
        (rf"(?:eval (?:char )?cer|bcer eval)=({NUMBER})", "val cer"),
        (rf"(?:, wer|bwer eval)=({NUMBER})", "val wer"),
    ):
        if known := re.search(pattern, text):
            said.append(f"{name} {known[1]}" + ("" if "rms" in name else "%"))
    return ", ".join(said)


def _two_splits(found: re.Match[str]) -> str:
    """`loss (train/val) 2.8 / 3.8, wer 80.1 / 88.2`: the splits of the first two numbers hold for the next ones."""
    name = (found["before"].strip() or found["behind"].strip() or "loss").strip(":=( ")
    one, other = found["one"], found["other"]
    rest = _TWO.sub(rf"{one} \1 \2 {other} \1 \3", found["rest"])
    return f"{one} {name} {found['first']} {other} {name} {found['second']}{rest}"


def _of_one_set(found: re.Match[str]) -> str:
    return re.sub(r"\b([a-z]\w*)(?=\s*[:=])", rf"valid_{found[1]}_\1", found[2])


def _of_a_list(found: re.Match[str]) -> str:
    """`dice: [0.8]` is the number; of several, each has its own name, but the rates of parameter groups are one."""
    name, numbers = found[1], re.findall(DECIMAL, found[2])
    if len(numbers) == 1 or name.endswith(("lr", "rate")):
        return f"{name}: {numbers[0]}"
    return ", ".join(f"{name}_{place}: {text}" for place, text in enumerate(numbers, 1))


def _spelled(found: re.Match[str]) -> str:
    return "train loss" if found[1] == "t" else "val loss"


def _of_vits(found: re.Match[str]) -> str:
    """A line of losses without names, its step and its rate: six of them are VITS' own, in the order of its code."""
    numbers = re.findall(DECIMAL, found[1])
    names = OF_VITS if len(numbers) == len(OF_VITS) else tuple(map(str, range(1, len(numbers) + 1)))
    told = "".join(f", loss_{name}: {text}" for name, text in zip(names, numbers, strict=True))
    return f"step {found[2]}{told}, lr: {found[3]}"


def _of_yolact(found: re.Match[str]) -> str:
    """`[ 0] 10 || B: 6.9 | C: 6.2 | T: 20.1`: letters for the parts of the loss, T for all of it."""
    parts = re.findall(rf"\b([a-z]):\s({NUMBER})", found[3])
    told = [f"{OF_YOLACT.get(name, name)}_loss: {text}" for name, text in parts if name != "t"]
    return f"epoch {found[1]} step {found[2]} " + ", ".join(
        [*(f"loss: {text}" for name, text in parts if name == "t"), *told]
    )


def _of_coco(found: re.Match[str]) -> str:
    """COCO's twelve lines: of those over all sizes and 100 boxes, the average precisions."""
    measure, iou, area, boxes, text = found.groups()
    is_whole = measure == "ap" and area == "all" and boxes == "100" and iou in OF_COCO
    return f"val {OF_COCO[iou]}: {text}" if is_whole else ""


def _of_spacy(found: re.Match[str]) -> str:
    """`Losses {'ner': 12.3}`: what each part of the pipeline has lost."""
    return ", ".join(f"{name}_loss: {text}" for name, text in OF_SPACY.findall(found[0]))


def _split_in(text: str) -> str:
    return next((word for word in reversed(text.split()) if re.fullmatch(rf"{_SPLIT}|eval\w*", word)), "")


def _of_a_slice(found: re.Match[str]) -> str:
    """FunASR's means over a slice of the data; of a batch are those of its own process and those in the list."""
    means = re.findall(rf"\((\w+)_avg_slice:\s*({NUMBER})\)", found[0])
    rate = re.search(rf"\(lr:\s*({NUMBER})\)", found[0])
    return ", ".join(f"{name}: {text}" for name, text in means) + (f", lr: {rate[1]}" if rate else "")


FORMS: tuple[tuple[str, re.Pattern[str], _Rewrite], ...] = tuple(
    (name, re.compile(pattern, re.VERBOSE), said)
    for name, pattern, said in (
        ("WeNet", r"^\s*train\b[^\n]{0,80}?\bbatch\ (\d+)/(\d+)\ ", r"train epoch \1 batch \2 "),
        ("WeNet", r"^\s*cv\b[^\n]{0,80}?\bbatch\ (\d+)/(\d+)\ ", r"cv epoch \1 [\2/1000000000] "),
        ("PyLaia", r"^\s*(tr|va|te)\s*-\s*e(\d+):", r"\1 epoch \2:"),
        ("letter", r"^(?:[a-z_]\w*\s+-\s+|\d+:\s)?\W{0,3}e(\d{1,3})(?![\w.])", r"epoch \1"),
        ("letters", r"\b([tv])\s?[:|]\s?(?=loss\b)", lambda found: "train " if found[1] == "t" else "val "),
        ("brackets", r"^\s*((?:train|test|val\w*|eval)\w*\s*:?)?\s*\[(\d+)\]\[\s*(?=\d+/\s*\d+\])"
         r"(?!.*\b(?:epoch|rank)\b)",
         r"\1 epoch \2 ["),
        ("crnn.pytorch, Swin", r"^\s*((?:train|test|val\w*|eval)\w*\s*:?)?\s*\[\s*(\d+)/\s*(\d+)\]\s*,?"
         r"\s*\[\s*(\d+)/\s*(\d+)\](?!.*\bepoch)", r"\1 epoch \2/\3 [\4/\5] "),
        ("an epoch before its bar", r"^\s*(?:\[[a-z][\w\ -]{0,30}\]\s*)?(\d+)/(\d+)\s?:\s{1,3}(?=\d{1,3}%\|)",
         r"epoch \1/\2 "),
        ("an epoch in brackets",
         r"^\s*\[(\d+)/(\d+)\]\W{0,3}(?=train\w*[\ _]loss\b.{0,80}\b(?:val\w*|dev|test)[\ _]loss\b)",
         r"epoch \1/\2 "),
        ("a number in a name", rf"\b{_SCORED}\s{{1,3}}(?:0\d{{1,2}}|\d)\s{{1,3}}\d+\.\d.*",
         lambda found: HEAD_OF.sub(r"\1_\2 ", found[0])),
        ("HRNet", rf"^\s*loss:\s*({NUMBER}),\s*meaniu:\s*({NUMBER}),\s*best_miou:.*", r"val loss: \1, miou: \2"),
        ("NGCF", rf"\btrain==\[({NUMBER})=[^\]]{{0,80}}\],?", r"train loss: \1, test: "),
        ("keras-rl", r"^\s*interval\ (\d+)\ \(\d+\ steps\ performed\)\s*$", r"epoch \1"),
        ("whose", r"^\s*models?\s+(?=(?:train\w*|val\w*|dev|test|eval\w*)\s+(?:loss|acc\w*|error|wer|cer)\b)", ""),
        ("Marian", r"^\s*(\[valid\])?\s*ep\.\s*(\d+)\s*:\s*up\.\s*(\d+)\s*:\s*(?:sen\.\s*[\d,.]+[km]?\s*:)?",
         r"\1 epoch \2 step \3 "),
        ("darknet", rf"^\s*(\d+):\s*{NUMBER},\s*({NUMBER})\s+avg(?:\s+loss)?,\s*({NUMBER})\s+rate\b[^\n]*",
         r"step \1 loss \2 lr \3"),
        ("darknet", rf"^\s*mean\ average\ precision\ \(map@[\d.]+\)\s*=\s*({NUMBER})[^\n]*", r"val map \1"),
        ("darknet", r"^\s*for\ conf_thresh\ =\ [\d.]+,\ (?=precision)", "val "),
        ("darknet", r"^\s*(?:v\d\ \(|region\ \d+\ avg|total_bbox|class_id\ =|detections_count|detection\ layer:"
         r"|iou\ threshold|for\ conf_thresh\ =|\d+\ (?:conv|max|route|upsample|shortcut)\ |create\ \d+\ perm).*", ""),
        ("SimpleHTR", r"^\s*\[err:\d+\]\s.*->.*", ""),  # a clip's prediction with its edits, no error of the epoch
        ("conlleval", r"^\s*processed\ \d+\ tokens\ with\ \d+\ phrases;.*", ""),
        ("conlleval", r"^\s*(?:[^\s:]{0,40}\s*:\s*)?precision:\s*[\d.]+%;\s*recall:\s*[\d.]+%;"
         r"\s*fb?\d:\s*[\d.]+\s+\d+\s*$", ""),  # of one class; the line of all of them stands above
        ("an iteration of steps", r"\biteration:\ ?(\d+)\s+step:\ ?(\d+)/(\d+)", r"epoch \1 step \2/\3"),
        ("Caffe", r"^\s*(train|test)\ net\ output\ \#\d+:\s*", r"\1 "),
        ("TFLearn", r"^\s*training\ step:\s*\d+\s*\|\s*total\ loss:.*", ""),
        ("TFLearn", r"^(\s*\|\s\w+\s\|\ epoch:\ \d+\ .*)\s--\siter:\s*(\d+)/(\d+)\s*$", r"\1 [\2/\3]"),
        ("two in one", rf"\b(?P<of>(?:[a-z]\w*\ )?)(?P<what>accuracy|acc)\ \(loss\):"
         rf"\s*(?P<one>{NUMBER})\s*\((?P<two>{NUMBER})\)",
         r"\g<of>\g<what>: \g<one>, \g<of>loss: \g<two>"),
        ("GANs", r"^\s*(fid\d*k?|kid)\s*[:=]\s*(?=\d)", r"val \1: "),
        ("two names", rf"\b(?!(?:{_SPLIT})/(?:{_SPLIT})\b)([a-z]\w*)/([a-z]\w*)\s"
         rf"((?:avg|mean)?[ _]?(?:loss|cost|acc\w*|err\w*))\s*[:=]"
         rf"\s*({NUMBER})\s*/\s*({NUMBER})", r"\1 \3: \4, \2 \3: \5"),
        ("abbreviations", r"\b[a-z]+\.\s{0,2}[:=].*", lambda found: ABBREVIATED.sub("", found[0])),
        ("Julia", r"^\s*\(:(?:epoch|iter|step)\w*,\s.*", lambda found: SYMBOL.sub(r"\1: \2", found[0])),
        ("Python 2", r"^\s*\(u?'.*\)\s*$", lambda found: PRINTED_TUPLE.sub(r"\1 ", found[0])),
        ("Keras", r"(?<=\S)\s?epoch\ \d{5}:\ .*", ""),
        ("VITS", rf"^\s*\[((?:{DECIMAL},\s){{3,8}})(\d+),\s({DECIMAL})\]\s*$", _of_vits),
        ("yolact", r"^\s*\[\s*(\d+)\]\s+(\d+)\s+\|\|\s+(?=[a-z]:\ )(.*?)(?:\|\|.*)?$", _of_yolact),
        ("DL4J", r"^(?:.*listener\W+)?score\ at\ iteration\ (\d+)\ is\b", r"step \1 train loss:"),
        ("a step and a comma", r"^\s*(\d+),\s+(?=train[_ ]?loss\b)(?!.*(?:val|test|dev))", r"step \1 "),
        ("agents", r"^(?=.*\b(?:policy|actor)[\ _]loss\b).*\bvalue\ loss\b.*",
         lambda found: found[0].replace("value loss", "value_loss")),
        ("parts and their sum", r"(\blosses:\s(?:[a-z]\w*:?\s[-+.\de]+,\s){2,20})total\s",
         r"\1total loss "),
        ("COCO", r"^\s*average\ (?:precision|recall)\ +\((a[pr])\)\ @\[\ iou=([\d.:]+)\ *\|\ area=\ *(\w+)\ \|"
         r"\ max_?dets=\ *(\d+)\ *\]\ =\ +(-?[\d.]+)\s*$", _of_coco),
        ("PaddleDetection", r"^\s*test\ (?:finish\ )?iter\ \d+\s*$", ""),
        ("done with", r"\b(trained|evaluated|validated|tested)\ with\ (?=(?:[a-z]+\ )?(?:loss|acc))",
         lambda found: "train: " if found[1] == "trained" else "val: "),
        ("a step of a split", r"^\s*\[(train|test|val\w*|eval)\s+(\d+)/(\d+)\]\s+(?=\{)", r"\1 step \2/\3 "),
        ("a split and its epoch",
         r"^\s*(train|test|val\w*|eval)\s+(\d{1,6})\s*[,:|]\s*(?=(?:avg\s|mean\s)?(?:loss|acc))",
         r"\1 epoch \2, "),
        ("federated", r"^\W*(?:(?:communication|comm|global|fl|federated|server)[\ _])?"
         r"round\W{0,3}(\d+)(?:\s*(/)\s*(\d+))?\W*$",
         r"epoch \1\2\3"),
        ("a bar between dashes", r"^\s*-{2,4}\s*(\d+)\s*/\s*(\d+)\s*-{2,4}\s*$", r"[\1/\2]"),
        ("a count", r"^\s*count\s*[:=]?\s*(\d+)\s*,\s*(?=(?:\w+\s)?loss)", r"step \1, "),
        ("spaCy", r"^\W{0,3}losses\W{1,4}\s?\{[^{}]{1,2000}\}", _of_spacy),
        ("what a loss is of", r"\bloss\ \((?:batch|step|iter|running)\)(?=\s?[:=])", "loss"),
        ("cost", rf"{COST.pattern}.*", lambda found: COST.sub(r"\1 loss \2", found[0])),
        ("pairs", rf"\[\('[a-z]\w{{0,40}}',\ {NUMBER}\).*", lambda found: PAIR.sub(r"\1: \2", found[0])),
        ("leaders", r"(?<=\w)\.{2,}(?=\s{0,3}:)|\s\.{3,}\s*(?=[-+]?\.?\d)|(?<=\w)\.{4,}\s*(?=[-+]?\.?\d)", ": "),
        ("each value in brackets", rf"\b[a-z]\w*\s?[:=]\s?\[\s*{NUMBER}\s*\]\s*,.*[:=]\s?\[\s*{NUMBER}\s*\].*",
         lambda found: IN_BRACKETS.sub(r"\1\2", found[0])),
        ("values in brackets", rf"{IN_A_LIST.pattern}.*", lambda found: IN_A_LIST.sub(_of_a_list, found[0])),
        ("name and value in bars", rf"^\s*[|│┃]\s*([a-z][^|│┃]{{0,80}}?)\s*[|│┃]\s*({NUMBER}\s?%?)\s*[|│┃]?\s*$",
         r"\1: \2"),
        ("CycleGAN", r"^(\s*\(epoch:\ \d+,\ iters:\ \d+,\ time:[^)]{0,60}\))[\s,]*(.*)",
         lambda found: found[1] + OF_A_GAN.sub(r" \1_loss: ", found[2])),
        ("RVC", rf"^\s*\[(\d+),\s({NUMBER})\]\s*$",
         lambda found: f"step {found[1]} lr {found[2]}" if float(found[2]) < 0.1 else found[0]),
        ("build-nanogpt", rf"^\s*(\d+)\s+(train|val)\s+({NUMBER})\s*$", r"\2 step \1 loss: \3"),
        ("build-nanogpt", rf"^\s*(\d+)\s+hella\s+({NUMBER})\s*$", r"val step \1 hellaswag accuracy: \2"),
        ("a total", r"^\W{0,20}total\s+((?:train\w*|val\w*|eval\w*|dev|test\w*|epoch)\s+)?(loss|cost)(?=\s?[:=])",
         r"\1total_\2"),
        ("a bar beyond its total", r"\b(\d{1,9})it\s\[[^\[\],]{1,9},\s{1,2}[\d.?]+(?:it/s|s/it)",
         lambda found: f"{found[1]}/{int(found[1]) + 1} [{found[0].partition('[')[2]}"),
        ("Trax", rf"^\s*step\s+(\d+):\s+(train|eval)\s+(\w+)\s*\|\s*({NUMBER})\s*$", r"\2 step \1 \3: \4"),
        ("StyleGAN", r"^\s*tick\s+(\d+)\s+kimg\s.*", r"step \1"),
        ("TRL", r"^(\s*\{'[^{}]{0,4000})'reward':\ (?=-?\d)", r"\1'rollout_reward': "),
        ("verl", r"\bcritic/rewards/mean:\s*(?=-?\d)", "rollout_reward:"),
        ("rsl_rl", r"^\s*mean\ (reward|episode)(?:\ length)?:\s+(?=-?\d)", r"rollout_\1: "),
        ("GluonTS", r"\bevaluation\ metric\ 'epoch_loss'=", "train loss="),
        ("GluonTS", r"\bevaluation\ metric\ 'validation_epoch_loss'=", "val loss="),
        ("open_clip", r"^\s*eval\ epoch:\ (\d+)\s+(?=imagenet)",
         lambda found: f"eval epoch {max(0, int(found[1]) - 1)} "),
        ("FunASR", r"\(loss_avg_rank:.*", _of_a_slice),
        ("signjoey", r"\btranslation\ (?:loss|beam\ size):?\s+-\d.*", lambda found: NO_TRANSLATION.sub("", found[0])),
        ("ESPnet", r"^\s*(\d+)epoch:(\w+):\d+-(\d+)batch:", r"\2 epoch \1 batch \3 "),
        ("icefall", r"\bloss\[[^\]]{0,600}\],\s*tot_loss\[([^\]]{0,600})\]", r"\1"),
        ("timm", r"^\s*(train|test|validation|eval)\w*:\s*(\d+)\s*\[\s*(?=\d+/)", r"\1 epoch \2 ["),
        ("torchtune", r"^\s*(\d+)\|(\d+)\|\s*loss:", r"epoch \1 step \2 loss:"),
        ("CatBoost", rf"^\s*(\d+):\s+learn\s+({NUMBER})(?:\s+test\s+({NUMBER}))?[^\n]*?passed:[^\n]*",
         lambda found: f"iter {found[1]} train loss {found[2]}" + (f" val loss {found[3]}" if found[3] else "")),
        ("LightGBM", r"\b(train|valid|val|eval|test)\w{0,12}_loss's\s.*",
         lambda found: OF_A_SET.sub(r"\1's ", found[0])),
        ("initials", rf"\btl\b\s?[:=]?\s?{NUMBER}.*\bvl\b.*", lambda found: INITIALS.sub(_spelled, found[0])),
        ("CatBoost", rf"^\s*(\d+):\s+learn:\s*({NUMBER})(?:\s+test:\s*({NUMBER}))?[^\n]*",
         lambda found: f"iter {found[1]} train: {found[2]}" + (f", val: {found[3]}" if found[3] else "")),
        ("PyTorch's tutorial", r"^\s*\[(\d+),\s*(\d+)\]\s+(?=(?:running\ )?loss\b)", r"epoch \1 step \2 "),
        ("boosting, CLU", r"^\s*\[(\d+)\]\s+(?=[\w' -]{1,60}[:=]\s*[-\d])", r"iter \1 "),
        ("Tesseract", r"^.*?\bat\ iteration\ (\d+)/\d+/\d+,.*", _tesseract),
        ("kraken", r"^\s*stage\ (\d+)/\S+[^\d\n]*(\d+)/(\d+)", r"epoch \1 [\2/\3] "),
        ("kraken", rf"\baccuracy\ report\ \((\d+)\)\s*({NUMBER})", r"epoch \1 val accuracy \2 "),
        ("kraken", r"\bearly_stopping:\s*\d+/\d+\s*[\d.]*", ""),
        ("llama2.c", rf"^\s*(\d+)\s*\|\s*(?=loss\s+{NUMBER}\s*\|.*\d\s?ms\b)", r"step \1 | "),
        ("cellpose", r"^\s*(\d{1,5}),\s+(?=train[_ ]loss\b.*\b(?:test|val\w*|dev)[_ ]loss\b)", r"epoch \1, "),
        ("epoch and split", r"^\s*(\d+)\s*\((train|test|val\w*|eval)\w*\)\s*:", r"\2 epoch \1 "),
        ("epoch over step", r"\bepoch/(iter\w*|step|batch):?\s*(\d+)\s*[/:]\s*(\d+)", r"epoch \2 \1 \3"),
        ("step of all", r"\b(step|iter\w*|batch)/(?:total|all|max|num)_?\w*\s*:?\s*(?=\d+/\d)", r"\1 "),
        ("heading", r"^(?:[^\n]*it/s\])?\s*at\ epoch\ (\d+)\s*(?:,\s*train\ time\b[^\n]*)?$", r"epoch \1"),
        ("step over epoch", r"\b(iter\w*|step|batch)/epoch:?\s*(\d+)\s*[/:]\s*(\d+)", r"epoch \3 \1 \2"),
        ("a value in brackets alone", rf"\b[a-z]\w*\s?[:=]\s?\({NUMBER}\s?%?\).*",
         lambda found: BRACKETED.sub(r"\1 \2", found[0])),
        ("split and epoch", r"^\s*(train|test|val\w*|eval)\w*\s*\((\d+)\)\s*\|", r"\1 epoch \2 |"),
        ("of so many", r"\b(loss|err\w*|acc\w*)\ (?:(?:of|over|in|on|for)\ )?(?:the\ )?(?:last\ )?\d+"
         r"\ (?:batches|samples|examples|steps|images)(?=\s*[:=])", r"\1"),
        ("scikit-learn", rf"^\s*(macro|weighted|micro|samples)\s+avg\s+({NUMBER})\s+({NUMBER})\s+({NUMBER})\s+\d+\s*$",
         r"\1_precision: \2, \1_recall: \3, \1_f1: \4"),
        ("a share in brackets", rf"^\s*((?:train\w*|val\w*|test\w*|eval\w*)\ (?:acc\w*|err\w*|wer|cer))"
         rf"\ \(({NUMBER}\s?%)\)\s*$", r"\1: \2"),
        ("Catalyst", r"^\s*(train|valid)\ \((\d+/\d+)\)\s+(?=[a-z]\w*:.*\|\ momentum:)", r"\1 epoch \2 "),
        ("Poutyne", r"\btrain\ steps:\s*\d+\s+(?:val\ steps:\s*\d+\s+)?(?:test\ steps:\s*\d+\s+)?[\d.]+s\b", ""),
        ("BERT-pytorch", r"^\s*ep(\d+)_(train|test)\s*,", r"\2 epoch \1,"),
        ("BERT-pytorch", rf"'avg_loss':\s{NUMBER},\s'avg_acc':\s{NUMBER},\s(?='loss':)", ""),
        ("pytorch-3dunet", rf"\btraining\ stats\.\ loss:\s*({NUMBER})\.\ evaluation\ score:\s*({NUMBER})",
         r"loss: \1, score: \2"),
        ("pytorch-3dunet", r"\b(validation)\ finished\.\s+(?=loss:)", r"\1: "),
        ("Calamari", r"^\s*\#(\d+):\s*", r"step \1 "),
        ("TensorFlow", r"^\s*saving\ dict\ for\ global\ step\ (\d+):", r"val step \1:"),
        ("several sets", r"^\s*valid(?:ation)?\ set\ 0\b", "val"),
        ("several sets", r"^\s*valid(?:ation)?\ set\ (\d)\b(.*)", _of_one_set),
        ("PaddleOCR", r"^\s*cur\ metric\b", "val"),
        ("Megatron", r"^\s*(validation|test)\ loss\ at\ iteration\ (\d+)(?:\ on\ \w+\ set)?", r"\1 step \2"),
        ("Catalyst", r"^\s*(\d+)/(\d+)\s*\*\s*epoch(?:\s+\d+)?\s*\((train|val\w*|test|infer)\w*\):",
         r"\3 epoch \1/\2 "),
        ("OpenMMLab", r"\b(epoch|iter)\s*\((train|val|test)\)", r"\2 \1"),
        ("epoch and batch", r"\bepoch[-_]?(\d+)[-_](batch|iter|step)[-_](\d+)", r"epoch \1 \2 \3"),
        ("spoken", r"^\W{0,20}(?!.*\bbest\b)([\w ]{0,40}\b(?:loss|acc\w*|metric|score|error)\b[\w ]{0,20}?)"
         r"\ (?:in|at|for|of)\ (\d+)(?:st|nd|rd|th)?\ epoch\s*[:=]", r"epoch \2 \1:"),
        ("spoken", r"^\W{0,20}(?!.*\bbest\b)([\w ]{0,40}\b(?:loss|acc|accuracy|metrics?|scores?|results?|performance))"
         r"\ ?(?:at|after|for|in)\ epoch\ (\d+)\s*(?::|\bis\b)\s*(?=[a-z])",
         lambda found: f"epoch {found[2]} {_split_in(found[1])}: "),
        ("spoken", r"^\W{0,20}(?!.*\bbest\b)([\w ]{0,40}\bloss\b[a-z_ ]{0,20})\ (?:of|for|at|in)\ epoch\ (\d+)"
         r"\W{0,3}(batch|step|iter|iteration)\W{0,3}(\d+)\W*(?=[-+]?\.?\d)", r"epoch \2 \3 \4 \1: "),
        ("spoken", r"^\W{0,20}(?!.*\bbest\b)([\w@ ]{0,40}\b"
         r"(?:loss|wer|cer|accuracy|acc|error|ppl|mrr?|hits@\d+|auc|f1|iou|dice)\b[a-z_ ]{0,30}?)\ "
         r"(?:at|after|for|in|of|on|during|@)\ (?:the\ )?(?:end\ of\ )?(?:(?:pre)?training\ )?"
         r"(epoch|step|iteration|iter|batch)\W{0,3}(\d+)(?:/\d+)?\W*(?:is|was|=|:)?\s*(?=[-+]?\.?\d)", r"\2 \3 \1: "),
        ("Tacotron 2", rf"^\s*(train|validation)\ loss\ (\d+):?\s+(?={NUMBER}\b)", r"\1 step \2 loss "),
        ("sockeye", r"^\s*checkpoint\ \[\d+\]\s+(?=train|valid|updates)", ""),
        ("spoken", r"\b(accuracy|loss|wer|cer|error)\ of\ the\ (?:network|model)\ on\ (?:the\ )?(?:\d+\ )?"
         r"(train|val|test)\w*\ (?:images|samples|examples|set|data|sentences|clips)\s*[:=]?", r"\2 \1:"),
        ("ordinal", r"^\W*(\d+)(?:-epoch\b|(?:st|nd|rd|th)?[.\ ]?\s?epoch\b(?!\s*[:=\#\[]?\s*\d))", r"epoch \1"),
        ("ordinal", r"\b(step|iter|iteration|epoch|batch)\W{1,3}(\d+)(?:st|nd|rd|th)\b"
         r"(?:\ (?:step|iter\w*|epoch|batch)\b)?", r"\1 \2"),
        ("cuda-convnet", rf"^\s*(\d+)\.(\d+)\.\.\.\s+logprob:\s+({NUMBER}),\s+({NUMBER})\s.*",
         r"epoch \1 step \2 train loss: \3, train error: \4"),
        ("cuda-convnet", rf"^\s*logprob:\s+({NUMBER}),\s+({NUMBER})\s*$", r"val loss: \1, val error: \2"),
        ("cuda-convnet", r"^\s*(?:batch\ \d+:\ \(\{'logprob':|layer\ '\w+'\ (?:weights|biases)).*", ""),
        ("Julia", r"\d\.\d+f[-+]?\d{1,2}\b.*", lambda found: FLOAT32.sub(r"\1e\2", found[0])),
        ("where it was", r"^.*\boccurred\ (?:at|in)\ (?:epoch|step|iteration)\b.*", ""),
        ("after a comma", rf"\b(?:epoch|step|iter|iteration|batch)[\ :=]{{1,2}}\d+(?:,[^,]{{0,40}}){{0,6}},"
         rf"\s?[a-z_]{{0,30}}(?:loss|acc|wer|cer)\w{{0,30}},\s?{NUMBER}[^\n]*",
         lambda found: COMMA_NAME.sub(r"\1: ", found[0])),
        ("of the first guesses", r"\btop\ \d{1,2}[\ -](?:acc|prec|err).*",
         lambda found: GUESSES.sub(r"top\1_", found[0])),
        ("two splits", rf"(?P<before>[a-z_]{{0,30}})\s*\(?\b(?P<one>train(?:ing)?|val\w*|dev)"
         rf"\s*[/|&]\s*(?P<other>train(?:ing)?|val\w*|dev|test|eval)\b\s*\)?"
         rf"\s*(?P<behind>[a-z_]{{0,30}})\s*[:=]?"
         rf"\s*(?P<first>{NUMBER}\s?%?)\s*[/|&]\s*(?P<second>{NUMBER}\s?%?)(?P<rest>.*)", _two_splits),
    )
)  # fmt: skip


def _first_form(shape: str) -> int:
    return next((place for place, (_, pattern, _) in enumerate(FORMS) if pattern.search(shape)), len(FORMS))


_first_form_of = by_shape(_first_form)


def rewritten(line: str) -> str:
    """The line with the forms of known tools in plain words."""
    for _, pattern, said in FORMS[_first_form_of(line) :]:
        line = pattern.sub(said, line, count=1)
    return line
