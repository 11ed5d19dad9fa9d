"""A Hugging Face Trainer under watch: one callback. The model is small and made here: nothing is downloaded.

Run it:  python examples/your_own/huggingface_trainer.py runs/hf-trainer [EPOCHS]
"""

import sys
from pathlib import Path

import torch
from torch.utils.data import TensorDataset
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

from vitalsigns.callbacks.huggingface import VitalsignsCallback

EPOCHS = int(sys.argv[2]) if len(sys.argv) > 2 else 4
torch.manual_seed(0)
model = BertForSequenceClassification(
    BertConfig(vocab_size=50, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
)
words = torch.randint(2, 50, (240, 12))
labels = (words < 26).sum(-1).gt(6).long()


def as_batch(items: list[tuple[torch.Tensor, torch.Tensor]]) -> dict[str, torch.Tensor]:
    return {"input_ids": torch.stack([each[0] for each in items]), "labels": torch.stack([each[1] for each in items])}


watch = VitalsignsCallback(sys.argv[1], name="Hugging Face trainer")
trainer = Trainer(
    model,
    TrainingArguments(
        output_dir=str(Path(sys.argv[1]) / "checkpoints"),
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=8,
        learning_rate=1e-3,
        logging_steps=5,
        eval_strategy="epoch",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    ),
    data_collator=as_batch,
    train_dataset=TensorDataset(words[:200], labels[:200]),
    eval_dataset=TensorDataset(words[200:], labels[200:]),
    callbacks=[watch],
)
trainer.train(resume_from_checkpoint=watch.resume_from())
