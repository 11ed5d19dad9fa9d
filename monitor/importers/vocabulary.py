"""The words of training logs: what names an epoch, a step, a split, a quantity, and what is only beside it."""

from __future__ import annotations

import re


def in_order(text: str) -> tuple[str, ...]:
    """The words of a list that commas part."""
    return tuple(text.split(", "))


def words(text: str) -> frozenset[str]:
    """The words of such a list as a set."""
    return frozenset(in_order(text))


SPLITS = {
    **dict.fromkeys(("train", "training", "tr", "trn", "learn", "trainset"), "train"),
    **dict.fromkeys(
        (
            "val",
            "vali",
            "valid",
            "validation",
            "validate",
            "validating",
            "va",
            "dev",
            "cv",
            "crossval",
            "xval",
            "holdout",
            "heldout",
            "validset",
            "valset",
            "devset",
            "evalset",
        ),
        "val",
    ),
    **dict.fromkeys(("eval", "evaluation", "evaluate", "evaluating", "development"), "val"),
    **dict.fromkeys(("test", "testing", "tst", "testset"), "test"),
}
NUMBERED_SPLIT = re.compile(r"(train|val|valid|validation|dev|eval|test)_?\d{1,2}$")
"""`valid_1`, `validation_0`: a split by its number; the number stays in the name."""
SETS = words(
    "clean, other, seen, unseen, matched, mismatched, in, out, id, ood, iid, easy, hard, short, long, small, large, "
    "public, private, noisy, real, simu, far, near, male, female, source, target, old, new, a, b, c"
)
"""What tells several sets of one split apart: `dev-clean`, `dev_other`, `val_unseen`."""
EPOCHS = words(
    "epoch, ep, e, itn, epoch_idx, epoch_index, epoch_id, epoch_num, epoch_number, epoch_no, current_epoch, cur_epoch, "
    "train_epoch, trainer/epoch, train/epoch"
)
STEPS = words(
    "step, steps, iter, iters, iteration, iterations, it, batch, update, updates, minibatch, global_step, "
    "num_updates, current_steps, current_step, cur_step, global_steps, itr, nupdates, trainer/global_step, "
    "train/global_step, batch_idx, batch_index, batch_id, batch_no, batch_num, step_id, step_no, step_num, iter_id, "
    "iter_no, iter_num, iteration_id, iteration_num, num_update, mini-batch, total_timesteps, num_timesteps, "
    "timesteps, timestep"
)
THROUGH = re.compile(r".*global.*|n(?:um_)?updates?|updates|total_timesteps|num_timesteps")
"""Steps that are counted through all epochs."""
NOISE = words(
    "avg, average, mean, running, epoch, set, current, results, result, metrics, stats, info, value, total_avg, "
    "the, is, was, are, and, reached, s, tensor, final, overall, cur, summary, report, performance, curr, mini, per, "
    "data, ave, of, so, far, on"
)
"""Words of a name that change nothing about what is measured."""
PROSE = words(
    "it, we, he, she, they, you, i, this, that, there, these, those, each, has, have, his, her, their, by, again, "
    "then, will, if, who, what, than, into, our, your, can, would, should, because, so, up, us, let"
)
"""No name of a quantity holds one of these: it is a sentence, such as a language model writes."""
NO_STEP = words("per, accumulation")
"""Beside one of these a word for step counts no place: `gradient accumulation steps: 2`."""
PARTS_OF_A_TOTAL = words("kl, kld, kl_loss, rec, recon, reconstruction, rec_loss, recon_loss")
"""Beside one of these `total` is the loss that they are parts of."""
NO_SPLIT = frozenset({"lr", "learning_rate", "grad_norm", "gradient_norm", *STEPS})
"""Quantities of the optimiser: `train: loss 1.2 lr 1e-3` names one rate, not a rate of train."""
OF_A_CLASS = (
    r"(?:acc|accuracy|iou|dice|f1|ap|auc|precision|recall)_"
    r"(?:days?|lines?|clip|port|run|wall|numbers?|second|start|end|images?|stage|worker|device|year)"
)
"""A score of the class that is called so: `acc_day` beside `acc_night`."""
HOUSEKEEPING = re.compile(
    rf"(?!{OF_A_CLASS}$|(?:.*_)?(?:wer|cer|err|error|loss)_(?:over|by)_)(?:"
    r"ratio|time_\w+|(?:\w+_)?ram|revision|threshold|temp|(?:.*_)?(?:time|times|interval|loss_weight\w*|eta|elapsed|remaining|duration|secs?|seconds|runtime|memory|mem|max_mem|gpu_mem|samples"
    r"|samples_per_sec\w*|tokens|num_tokens|num_input_tokens_seen|total_flos|flos|ips|fps|speed|throughput|wps|ups|wpb|bsz|rank|seed"
    r"|frames|utts|utterances|utt|batch_size|size|v_num|version|worker|workers|gpu|gpus|patience|counter|percentage|percent_done"
    r"|avg_batch_cost|avg_reader_cost|reader_cost|batch_cost|max_mem_reserved|max_mem_allocated|dt|step_time"
    r"|loss_scale|skipped|mom|momentum|num_\w+|epochs|max_epochs|total_steps|max_steps|current_steps|params|parameters"
    r"|images?|instances|labels|img_size|per_second|train_wall|gb_free|clip|num_updates|early_stopping|year|pid|port|line"
    r"|second|minutes?|hours?|days?|ms|start|end|id|idx|index|over|train_secs?|wall|cost|tps|mfu|tflops?\w*|steps_per_sec\w*"
    r"|per_gpu|wd|weight_decay|run|fold|trial|exp|gpu_mem\w*|infer|gsize|number|count|len|length|vocab\w*|classes|dataset|devices?|stage"
    r"|dataloader(?:_\w+)?|(?:\w+_)?layers?|every|stalled|seen|n_params|n_parameters|no_improvement|dauer|zeit|temps|dur[ée]e|tiempo|tempo|dura[çc][ãa]o"
    r"|durata|duur|czas|s[üu]re|время|час|时间|時間|耗时|用时|耗時|시간|thời_gian"
    r"|(?:add|sub|mul|truediv|mean|reduce_\w+|strided_slice|concat)_\d+|thoi_gian|ts|timestamp|unixtime|delta|\w+_[kmgt]i?b|job|heap|(?:data_)?slice|step_in\w*|micro_batches))"
)
"""Names of what is no measurement of the model; never a metric."""
UNIT = re.compile(
    r"[mun]?s|secs?|seconds?|[kmgt]i?b|[^\W\d]+/(?:s|secs?|seconds?|min|h|it|iter|iters|batch|step|epoch)"
)
"""A word directly behind a number that says that the number is a time, a size, a rate."""
RATE = re.compile(r"[^\W\d]+/(?:s|secs?|seconds?|min|h)|(?:[mun]?s|secs?|seconds?|time)/[^\W\d]+")
"""A name of a rate: `words/s`, `ms/batch`."""
ENDS = words("best, max, min, maximum, minimum, previous, prev, lowest, highest, target, last, old")
"""A name with one of these tells of another epoch."""
STORY_BEFORE_NUMBER = words(
    "decreased, increased, dropped, rose, from, to, at, of, in, took, after, before, until, since, than, improved, "
    "did, not, for, line, every, next, file, eta, per, over, with, within, rank, top, across, seed, "
    "that, but, which, because, bei, auf, с"
)
"""A number directly after one of these is part of a sentence, not a measurement."""
LOOKS_BACK = words(
    "best, loaded, loading, load, checkpoint, checkpoints, saved, saving, save, resume, resuming, resumed, "
    "restored, restoring, early, earlystopping, stopping, stop, stopped, patience, from, at, until, last, since, "
    "after, max, total, num, improved, improvement, early_stopping, per, previous, reloading, snapshot, scheduled, "
    "warmup, every, new, namespace, config, args, next"
)
"""After one of these an epoch number is mentioned; it does not begin."""
INCIDENTAL = words(
    "best, saved, saving, save, loaded, loading, resume, resuming, resumed, early, checkpoint, restored, restoring, "
    "improved, earlystopping, namespace, config, args, hparams, arguments, new, yayy, warning, userwarning, "
    "deprecated, reducing, configuration, hyperparameters, options, previous, wrote, writing, snapshot, "
    "model, models, usage, wandb, total, number"
)
"""A line that begins with one of these tells of something else than the epoch that goes on."""
QUALITY = re.compile(
    r"(?:.*_)?(?:wer|acc|accuracy|acc@?\d|top-?1|top_1|map\w*|m_?ap|f1\w*|f-score|bleu\w*|miou|iou|cer|ter|per|ler|auc|auroc|dice|psnr|ssim"
    r"|error_rate|err|error|ppl|perplexity|precision|recall|ents_[fpr]|uas|las|word_acc\w*|char_acc\w*|r2|rouge\w*|ned|edit_dis\w*|ap[a-z]?(?:\d\w*)?"
    r"|pearson\w*|spearman\w*|rms_score|mrr|ndcg|eer|der|mcc|kappa|fid\d*k?|kid|log_?likelihood)(?:_.*)?"
)
"""What measures a model where no loss and no WER is logged."""

_LOSS = (
    r"(?:.*loss(?:\d|_total)?|(?:.*_)?(?:nll|ctc|rnnt|xent|cross_entropy|\w*crossentropy\w{0,4}|\w*losswith\w+|b?ce|ce_words|cross_entropy_words|rmse|rmsle|mse|mae"
    r"|mape|l[12]|l_pix|huber|hinge|deviance|elbo|bp[cb]))"
)
_OF_AN_AGENT = r"(?!(?:\w*_)?(?:value|function|surrogate|policy|entropy|critic|actor)_loss)"
LOSS_LIKE = {
    "val_loss": re.compile(rf"(?:val|test)_{_LOSS}"),
    "train_loss": re.compile(rf"(?:train_)?(?!val_|test_){_OF_AN_AGENT}{_LOSS}"),
}
"""Where no name is one of the usual ones: any loss of that split."""

HEADING = words(
    "begin, begins, start, starts, started, starting, running, run, phase, stage, step, loop, on, the, a, model, "
    "epoch, now, performing, doing, mode, perform, set, results, result, metrics, stats, info, data, dataset, "
    "split, performance, of, for, in, with, summary, report, dataloader, loader, network, nn, batches, progress, pass, "
    "current, this, subset, is, using, at, after, round, ema, weights, end, samples, calculating, computing, "
    "statistics, threshold, score, scores, average, averages, duration, took, time, elapsed, secs, seconds"
)
"""Words that may stand beside a split in a heading: `Start validation on the dev set`."""
