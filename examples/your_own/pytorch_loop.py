"""Three lines in a plain PyTorch loop: a small CTC model that reads invented sequences, with its predictions.

Run it:  python examples/your_own/pytorch_loop.py runs/pytorch-loop
"""

import sys

import torch

from vitalsigns import RunWriter

EPOCHS, WORDS, BLANK = 12, ("REGEN", "SONNE", "WIND", "NORD"), 0
torch.manual_seed(0)
prototypes = torch.randn(len(WORDS), 16)


def clips(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(count, 12, 16) frames of three words each, four frames a word, and the words' classes (count, 3) from 1."""
    words = torch.randint(len(WORDS), (count, 3))
    frames = prototypes[words].repeat_interleave(4, dim=1)
    return frames + 0.5 * torch.randn_like(frames), words + 1


def loss_of(model: torch.nn.Module, frames: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    log_probs = model(frames).log_softmax(-1).transpose(0, 1)  # (T, N, C)
    lengths = torch.full((len(words),), log_probs.shape[0]), torch.full((len(words),), 3)
    return torch.nn.functional.ctc_loss(log_probs, words, *lengths, blank=BLANK)


def read(model: torch.nn.Module, frames: torch.Tensor) -> list[str]:
    best = [torch.unique_consecutive(row)[:] for row in model(frames).argmax(-1)]
    return [" ".join(WORDS[token - 1] for token in row.tolist() if token != BLANK) for row in best]


train, val = clips(64), clips(32)
references = [" ".join(WORDS[token - 1] for token in row.tolist()) for row in val[1]]
model = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.Tanh(), torch.nn.Linear(32, len(WORDS) + 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)

with RunWriter(sys.argv[1], config={"lr": 1e-2}, epochs=EPOCHS, units={"loss": "nats per token"}) as run:
    for epoch in range(1, EPOCHS + 1):
        train_loss = 0.0
        for batch in torch.randperm(64).split(8):
            loss = loss_of(model, train[0][batch], train[1][batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            train_loss += loss.item() / 8
        with torch.no_grad():
            run.log_decodes(epoch, read(model, val[0]), references=references)
            run.log_epoch(epoch, train_loss=train_loss, val_loss=loss_of(model, *val))
        if run.should_stop():
            break
