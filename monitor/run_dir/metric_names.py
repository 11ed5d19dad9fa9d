"""Errors and scores that people log without declaring them: the one table of names, with direction and unit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from msgspec.structs import replace

from monitor.run_dir.field_names import plain
from monitor.run_dir.metric import Direction, Metric, Split, Unit, is_finite


class KnownMetric(NamedTuple):
    """The meaning of a name; `share`: a fraction or percent, which its values decide."""

    label: str
    direction: Direction
    share: bool
    place: int


REWARD = "reward"
_BY_EACH = "cosine_{0} euclidean_{0} manhattan_{0} dot_{0} {0}_cosine {0}_euclidean {0}_manhattan {0}_dot"
"""Names of a correlation for each measure of how far two embeddings lie apart."""

_ROWS: tuple[tuple[str, Direction, str, str], ...] = (
    ("WER", "error", "share", "wer word_error_rate"),
    ("CER", "error", "share", "cer character_error_rate char_error_rate"),
    ("TER", "error", "share", "ter token_error_rate translation_edit_rate"),
    ("PER", "error", "share", "per phone_error_rate phoneme_error_rate"),
    ("sentence error rate", "error", "share", "ser sentence_error_rate sequence_error_rate"),
    ("BLEU", "score", "share", "bleu bleu4 bleu_4 sacrebleu sacre_bleu bleu_score"),
    ("chrF", "score", "share", "chrf chrf2 chrf_pp chrfpp"),
    ("ROUGE-L", "score", "share", "rouge_l rougel rougelsum rouge_lsum"),
    ("ROUGE", "score", "share", "rouge rouge1 rouge_1 rouge2 rouge_2"),
    ("METEOR", "score", "share", "meteor"),
    (
        "mAP",
        "score",
        "share",
        "map map50_95 map_50_95 map_0_5_0_95 bbox_map segm_map mean_average_precision box_ap ap "
        "coco_bbox_map coco_segm_map pascal_voc_map",
    ),
    (
        "mAP50",
        "score",
        "share",
        "map50 map_50 map_0_5 bbox_map_50 segm_map_50 ap50 coco_bbox_map_50 coco_segm_map_50 pascal_voc_ap50",
    ),
    ("mIoU", "score", "share", "miou mean_iou"),
    ("IoU", "score", "share", "iou jaccard jaccard_index"),
    ("Dice", "score", "share", "dice mean_dice dice_score dice_coefficient dice_coef dsc mdice pseudo_dice"),
    (
        *("accuracy", "score", "share"),
        "accuracy acc top1 top_1 acc1 acc_1 prec1 prec_1 top1_acc top_1_acc acc_top1 accuracy_top1 accuracy_top_1 "
        "top1_accuracy top_1_accuracy sparse_categorical_accuracy categorical_accuracy binary_accuracy "
        "mean_accuracy accuracy_score overall_accuracy multiclassaccuracy",
    ),
    ("balanced accuracy", "score", "share", "balanced_accuracy bacc balanced_acc"),
    (
        "F1",
        "score",
        "share",
        "f1 f1_score macro_f1 micro_f1 weighted_f1 f1_macro f1_micro f1_weighted fscore f_score ents_f",
    ),
    ("AUC", "score", "share", "auc auroc roc_auc roc_auc_score"),
    ("exact match", "score", "share", "exact_match em exact"),
    ("error rate", "error", "share", "error_rate err_rate top1_error top1_err top_1_error top_1_err err1 err_1"),
    ("EER", "error", "share", "eer equal_error_rate"),
    ("success rate", "score", "share", "success_rate win_rate solve_rate"),
    ("recall@1", "score", "share", "recall_1 recall_at_1 r_1 r_at_1 rank_1"),
    ("hits@1", "score", "share", "hit_1 hits_1 hit_at_1 hr_1 hit_rate_1"),
    ("MRR", "score", "share", "mrr mean_reciprocal_rank"),
    ("nDCG", "score", "share", "ndcg ndcg_10 ndcg_at_10 ndcg_5 ndcg_at_5"),
    ("recall@5", "score", "share", "recall_5 recall_at_5 r_5 r_at_5"),
    ("hits@5", "score", "share", "hit_5 hits_5 hit_at_5 hr_5 hit_rate_5"),
    ("recall@10", "score", "share", "recall_10 recall_at_10 r_10 r_at_10"),
    ("hits@10", "score", "share", "hit_10 hits_10 hit_at_10 hr_10 hit_rate_10"),
    ("kNN accuracy", "score", "share", "knn_acc knn_accuracy knn_top1 knn_top_1"),
    ("probe accuracy", "score", "share", "probe_acc probe_accuracy linear_probe_acc linear_acc linear_probe_accuracy"),
    ("recall", "score", "share", "recall recall_score macro_recall uar ents_r"),
    ("precision", "score", "share", "precision precision_score macro_precision ents_p"),
    (
        "top-5 accuracy",
        "score",
        "share",
        "top5 top_5 acc5 acc_5 prec5 prec_5 acc_top5 accuracy_top5 top5_acc",
    ),
    ("perplexity", "error", "raw", "perplexity ppl word_ppl"),
    (
        *(REWARD, "score", "raw"),
        "reward mean_reward reward_mean episode_reward avg_reward average_reward ep_rew_mean return mean_return "
        "episode_return episodic_return rollout_reward rollout_ep_rew_mean ep_ret averageepret",
    ),
    ("MCC", "score", "raw", "mcc matthews_correlation matthews_corrcoef"),
    ("Cohen's κ", "score", "raw", "kappa cohen_kappa cohens_kappa quadratic_weighted_kappa quadratic_kappa qwk"),
    ("R²", "score", "raw", "r2 r2_score r_2 r_squared"),
    ("Pearson r", "score", "raw", "pearson pearsonr pcc " + _BY_EACH.format("pearson")),
    ("Spearman ρ", "score", "raw", "spearman spearmanr srcc " + _BY_EACH.format("spearman")),
    ("error", "error", "raw", "error err"),
    ("RMSE", "error", "raw", "rmse root_mean_squared_error"),
    ("MAE", "error", "raw", "mae mean_absolute_error l1_error"),
    ("MSE", "error", "raw", "mse mean_squared_error"),
    ("MAPE", "error", "raw", "mape mean_absolute_percentage_error"),
    ("minDCF", "error", "raw", "mindcf min_dcf"),
    ("AbsRel", "error", "raw", "abs_rel absrel absolute_relative_error"),
    ("PSNR", "score", "raw", "psnr"),
    ("SSIM", "score", "raw", "ssim"),
    ("LPIPS", "error", "raw", "lpips"),
    ("FID", "error", "raw", "fid"),
    ("SI-SDR", "score", "raw", "si_sdr sisdr si_snr sisnr sdr"),
)
"""Label, direction, unit, names. Of several that a run logs the first decides."""

KNOWN: dict[str, KnownMetric] = {
    name: KnownMetric(label, direction, unit == "share", place)
    for place, (label, direction, unit, names) in enumerate(_ROWS)
    for name in names.split()
}
_SPELLINGS = (
    "accuracy acc accuracy_score",
    "top1 top_1 acc1 acc_1 prec1 prec_1 top1_acc top_1_acc acc_top1 accuracy_top1 accuracy_top_1 top1_accuracy "
    "top_1_accuracy",
    "balanced_accuracy bacc balanced_acc",
    "wer word_error_rate",
    "cer character_error_rate char_error_rate",
    "bleu bleu_score",
    "f1 f1_score",
    "macro_f1 f1_macro",
    "micro_f1 f1_micro",
    "weighted_f1 f1_weighted",
    "miou mean_iou",
    "iou jaccard jaccard_index",
    "dice dice_score dice_coefficient dice_coef dsc",
    "map mean_average_precision",
    "auc auroc roc_auc roc_auc_score",
    "error_rate err_rate",
    "exact_match em",
    "perplexity ppl",
    "mean_reward reward_mean",
    "mcc matthews_correlation matthews_corrcoef",
    "kappa cohen_kappa cohens_kappa",
    "r2 r2_score r_2 r_squared",
    "rmse root_mean_squared_error",
    "mae mean_absolute_error",
    "mse mean_squared_error",
    "val valid validation validate",
    "train training tr",
    "test testing",
)
"""Ways to write one thing. Other names of one row above may be two things, such as macro and micro F1."""
_AS_SPELLED = {name: names.split()[0] for names in _SPELLINGS for name in names.split()}
SPLITS: dict[str, Split] = {
    **dict.fromkeys(("train", "training", "tr"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev", "eval", "evaluation", "cv"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
"""Words that name a split, at either end of a metric's name."""
_PADDING = frozenset({"metrics", "metric", "epoch", "avg", "average", "mean", "overall", "total", "score", "final"})
"""Words about a name that say nothing of what it measures."""
EDIT_RATES = frozenset({"WER", "CER", "TER", "PER"})
"""Labels of error rates over sequences: saying nothing scores 1."""
WITHOUT_A_CHANCE = frozenset({"BLEU", "chrF", "ROUGE-L", "ROUGE", "METEOR", "mAP", "mAP50", "mIoU", "IoU", "Dice"})
"""Labels of shares that have no level by chance that people know; most raw numbers have none either."""
CHANCES = {"AUC": 0.5, "EER": 0.5, "R²": 0.0, "MCC": 0.0, "Cohen's κ": 0.0, "Pearson r": 0.0, "Spearman ρ": 0.0}
"""Labels whose level by chance follows from what they measure: an output that ignores the input has it on any data.
A share is a fraction here."""
OF_NO_SPLIT = frozenset({REWARD})
"""Labels of numbers that are measured on train unless their name contains val or test."""
NAMES_KEPT = 65_536
"""More than runs log: one name more than are kept, asked for in turn, and each would be taken apart anew."""
ENDS_AT_ONE = frozenset({"R²", "MCC", "Cohen's κ", "SSIM", "Pearson r", "Spearman ρ"})
"""Labels of raw scores that are 1 at best."""
BOUNDS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("MCC", "Cohen's κ", "SSIM", "Pearson r", "Spearman ρ"), (-1.0, 1.0)),
    "R²": (-math.inf, 1.0),
    "perplexity": (1.0, math.inf),
    **dict.fromkeys(("RMSE", "MAE", "MSE", "MAPE", "minDCF", "AbsRel", "LPIPS", "FID"), (0.0, math.inf)),
}
"""Labels of raw numbers that end somewhere: the least and the most that each can be."""
LARGEST_SHARE = 1.5
"""A score above it is in percent."""
LARGEST_RATE, USUAL_RATE = 5.0, 1.5
"""An error rate over sequences may be above 1; one that was ever above the first, or mostly above the second, is in
percent. Any other error rate ends at 1."""


@lru_cache(NAMES_KEPT)
def parsed(name: str) -> tuple[Split | None, KnownMetric] | None:
    """(split in the name, its meaning), or None for a name that is not in the table."""
    words = plain(name).split("_")
    split: Split | None = None
    while words:
        if len(words) == 1 or "_".join(words) in KNOWN:
            break
        place = 0 if words[0] in SPLITS or words[0] in _PADDING else -1
        if words[place] not in SPLITS and words[place] not in _PADDING:
            break
        split = SPLITS.get(words[place], split)
        words.pop(place)
    known = KNOWN.get("_".join(words))
    return None if known is None else (split, known)


def spelled(name: str) -> tuple[str, str]:
    """(the word for its split, what it measures) of a name, the same for every way to write them."""
    words = plain(name).split("_")
    place = next((place for place in (0, -1) if len(words) > 1 and words[place] in SPLITS), None)
    split = "" if place is None else words.pop(place)
    measure = "_".join(words)
    return _AS_SPELLED.get(split, split), _AS_SPELLED.get(measure, measure)


@lru_cache(NAMES_KEPT)
def is_of_train(name: str) -> bool:
    """Whether a name marks the train split."""
    words = plain(name).split("_")
    return "train" in (SPLITS.get(words[0]), SPLITS.get(words[-1]))


@lru_cache(4096)
def marks_validation(name: str) -> bool:
    """Whether a name begins or ends with the word of val or test, whatever it measures."""
    words = plain(name).split("_")
    return not {"train", None} >= {SPLITS.get(words[0]), SPLITS.get(words[-1])}


@lru_cache(4096)
def is_of_no_split(name: str) -> bool:
    """Whether a name is that of a known metric that has no split, such as an agent's reward."""
    found = parsed(name)
    return found is not None and found[0] is None and found[1].label in OF_NO_SPLIT


@lru_cache(4096)
def is_of_validation(name: str) -> bool:
    """Whether a name is that of a known metric and marks val or test."""
    found = parsed(name)
    return found is not None and found[0] in ("val", "test")


def metric_of(name: str, values: Iterable[float | None], names: Sequence[str] = ()) -> Metric | None:
    """The metric of a name, or None. `values` decide between fraction and percent; `names`: its siblings.

    A name without a split is the train split's where a sibling names val, as Keras has it; else val's.
    """
    found = parsed(name)
    if found is None:
        return None
    split, known = found
    same = {one: theirs[0] for one in names if one != name and (theirs := parsed(one)) and theirs[1] == known}
    if split is None:
        split = "train" if "val" in same.values() else "" if known.label in OF_NO_SPLIT else "val"
    train = next((one for one, of in same.items() if of == "train" or (of is None and split != "train")), "")
    unit = _unit(known, values) if known.share else "raw"
    return Metric(name, known.direction, unit, split, label=known.label, train=train)


def _unit(known: KnownMetric, values: Iterable[float | None]) -> Unit:
    """Fraction or percent, by the size of the values."""
    finite = [abs(value) for value in values if value is not None and is_finite(value)]
    if not finite:
        return "fraction"
    if known.direction == "score":
        return "percent" if max(finite) > LARGEST_SHARE else "fraction"
    if known.label not in EDIT_RATES:
        return "percent" if max(finite) > 1 else "fraction"
    return "percent" if max(finite) > LARGEST_RATE or sorted(finite)[len(finite) // 2] > USUAL_RATE else "fraction"


def completed(declared: Metric, names: Sequence[str], values: Iterable[float | None] = ()) -> Metric:
    """A declared metric with the label and the train name that follow from its own name, where it declares none.

    `values`: those measured so far; they decide the unit of one that is declared as "auto".
    """
    found = parsed(declared.name)
    unit, chance, target = declared.unit, declared.chance, declared.target
    if unit == "auto":
        unit = _unit(found[1], values) if found is not None and found[1].share else "raw"
        chance, target = _level(chance, unit), _level(target, unit)
    direction = declared.direction
    if direction == "auto":
        direction = found[1].direction if found is not None else "error"
    label = declared.label or (found[1].label if found else _without_split(declared.name))
    train = declared.train
    if not train and found is not None:
        same = (one for one in names if one != declared.name and (theirs := parsed(one)) and theirs[1] == found[1])
        train = next((one for one in same if (parsed(one) or (None,))[0] in ("train", None)), "")
    return replace(declared, direction=direction, unit=unit, chance=chance, target=target, label=label, train=train)


def _level(given: float | None, unit: Unit) -> float | None:
    """A declared chance or target in the unit of the values.

    Above 1.5 it is in percent; beside values in percent up to 1 it may be either, and is not used.
    """
    if given is None or unit not in ("fraction", "percent"):
        return given
    if unit == "fraction":
        return given / 100 if given > LARGEST_SHARE else given
    return None if 0 < given <= 1 else given


def _without_split(name: str) -> str:
    words = name.replace("/", "_").split("_")
    return name if len(words) < 2 or words[0].lower() not in SPLITS else name[len(words[0]) + 1 :]


def order(metric: Metric) -> tuple[int, int]:
    """Of undeclared metrics the lowest decides: val before test, then the table's order."""
    found = parsed(metric.name)
    return (metric.split not in ("val", ""), found[1].place if found else len(_ROWS))
