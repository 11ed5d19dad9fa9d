"""Can this network learn five clips by heart? If not, it is not the data that is too little."""

from __future__ import annotations

import time
from dataclasses import replace

import torch

from monitor.run_dir import Probe
from trainer.decoding import greedy
from trainer.loss import clip_losses, per_token
from trainer.metrics import word_errors
from trainer.models import build_model
from trainer.optimiser import EagerAdamW
from trainer.probes.subject import Subject
from trainer.run import head_options

CLIPS = 5
MOST_STEPS = 400
LOOK_EVERY = 10
RATE = 2e-3


def measure(subject: Subject, most_secs: float = 60.0) -> Probe:
    """Trains a fresh copy, without dropout, on five train clips until they are right or the time is over."""
    config, began = subject.config, time.monotonic()
    torch.manual_seed(config.seed)
    model = build_model(
        config.model,
        vocabulary_size=len(subject.corpus.vocabulary),
        frame_shape=subject.corpus.frame_shape,
        width=config.width,
        hidden_dim=config.hidden_dim,
        dropout=0.0,
        head=replace(head_options(config), auxiliary=False),
    ).to(subject.device)
    clips = subject.some("train", CLIPS)
    (batch,) = subject.batches(clips, CLIPS)
    references = [subject.corpus.sentence(clip.tokens) for clip in clips]
    optimiser = EagerAdamW(model.parameters(), lr=RATE)
    model.train()
    wer, step = 1.0, 0
    while step < MOST_STEPS and wer > 0 and time.monotonic() - began < most_secs:
        step += 1
        log_probs, lengths = model(batch.frames, batch.frame_lengths)
        loss = per_token(clip_losses(log_probs, lengths, batch), batch).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
        optimiser.step()
        if step % LOOK_EVERY == 0:
            said = [subject.corpus.sentence(tokens) for tokens in greedy(log_probs.detach(), lengths)]
            wer = word_errors(references, said).wer
    can = wer == 0
    line = (
        f"It can learn {len(clips)} clips by heart: 0 % WER after {step} steps; input, labels and loss fit together."
        if can
        else f"It cannot learn {len(clips)} clips by heart: {100 * wer:.0f} % WER after {step} steps. "
        "Look at labels, loss and network before anything else."
    )
    return Probe(
        name="by-heart",
        title="Five clips by heart",
        line=line,
        cause="no_evidence",
        stance="against" if can else "for",
        numbers={"WER": wer, "steps": float(step)},
    )
