"""README's picture of a classifier: `python -m benchmarks.page.pictures FOLDER`.

A small network really learns handwritten digits from few images with some wrong labels; the page is photographed after
its last epoch, light and dark, in a real browser.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser
from sklearn.datasets import load_digits

from benchmarks.page.dashboard import Served, chromium, served
from monitor.rules.arithmetic.series import Array
from monitor.run_dir import Floors
from monitor.writer import RunWriter

EPOCHS, HIDDEN, RATE, BATCH = 60, 256, 0.12, 20
TRAIN_IMAGES, WRONG_LABELS = 300, 0.15
SIZE = {"width": 1360, "height": 1270}
COLOURS = 200


class Network:
    """Two layers of weights, trained by gradient descent; `images` are (n, 64), `labels` (n,) of ten classes."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.first = rng.normal(0, 0.15, (64, HIDDEN))
        self.second = rng.normal(0, 0.08, (HIDDEN, 10))

    def shares(self, images: Array) -> tuple[Array, Array]:
        """(hidden values, share of each class)."""
        hidden = np.maximum(images @ self.first, 0)
        scores = hidden @ self.second
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return hidden, powers / powers.sum(axis=1, keepdims=True)

    def learn(self, images: Array, labels: Array) -> None:
        hidden, shares = self.shares(images)
        errors = (shares - np.eye(10)[labels]) / len(labels)
        back = (errors @ self.second.T) * (hidden > 0)
        self.second -= RATE * hidden.T @ errors
        self.first -= RATE * images.T @ back

    def measured(self, images: Array, labels: Array) -> tuple[float, float]:
        """(loss in nats, accuracy)."""
        shares = self.shares(images)[1]
        right = shares[np.arange(len(labels)), labels]
        return float(-np.log(right + 1e-12).mean()), float((shares.argmax(axis=1) == labels).mean())


def train(folder: Path) -> None:
    """One run directory of a classifier, with the accuracy of always saying the most frequent digit as its chance."""
    rng = np.random.default_rng(3)
    images, labels = load_digits(return_X_y=True)
    order = rng.permutation(len(labels))
    images, labels = images[order] / 16, labels[order]
    known, unseen = slice(0, TRAIN_IMAGES), slice(TRAIN_IMAGES, None)
    taught = np.where(rng.uniform(size=TRAIN_IMAGES) < WRONG_LABELS, rng.integers(0, 10, TRAIN_IMAGES), labels[known])
    network = Network(rng)
    chance = float(np.bincount(labels[unseen]).max() / len(labels[unseen]))
    config = {"lr": RATE, "hidden": HIDDEN, "train_images": TRAIN_IMAGES}
    with RunWriter(
        folder, epochs=EPOCHS, config=config, floors=Floors(accuracy_constant=chance), units={"loss": "nats per image"}
    ) as run:
        for epoch in range(1, EPOCHS + 1):
            for batch in rng.permutation(TRAIN_IMAGES).reshape(-1, BATCH):
                network.learn(images[known][batch], taught[batch])
            loss, accuracy = network.measured(images[known], taught)
            val_loss, val_accuracy = network.measured(images[unseen], labels[unseen])
            run.log_epoch(
                epoch, train_loss=loss, val_loss=val_loss, train_accuracy=accuracy, val_accuracy=val_accuracy, lr=RATE
            )


def photograph(browser: Browser, dashboard: Served, run: str, scheme: str) -> bytes:
    context = browser.new_context(viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{dashboard.link}&run={run}")
    page.wait_for_function("() => document.querySelector('[data-testid=chart-metric]')?._fullLayout", timeout=60_000)
    page.wait_for_timeout(2500)
    picture = page.screenshot()
    context.close()
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="vitalsigns-picture-"))
    try:
        with served(folder) as dashboard, chromium() as browser:
            train(dashboard.runs / "digits-classifier")
            for scheme in ("light", "dark"):
                picture = Image.open(io.BytesIO(photograph(browser, dashboard, "digits-classifier", scheme)))
                small = picture.convert("RGB").quantize(COLOURS)
                small.save(options.folder / f"classifier-{scheme}.png", optimize=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
