"""A stranger's training script: argparse, tqdm, print; it knows nothing of this project.

By default it goes on for minutes: one of 20 s had ended, on a busy machine, before a test came to stop it.
"""

SCRIPT = """
import argparse, random, sys, time
from pathlib import Path
import numpy as np
from tqdm import tqdm

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.05, help="step size")
parser.add_argument("--epochs", type=int, default=5000)
parser.add_argument("--batch-size", type=int, default=64)
parser.add_argument("--optimizer", choices=["sgd", "sign"], default="sgd")
parser.add_argument("--noise", action="store_true", help="noisy targets")
parser.add_argument("--pause", type=float, default=0.1)
parser.add_argument("--out", default="out", help="where the weights go")
args = parser.parse_args()

rng = np.random.default_rng(0)
truth = rng.normal(size=8)
x, held = rng.normal(size=(512, 8)), rng.normal(size=(128, 8))
y = x @ truth + (rng.normal(size=512) if args.noise else 0)
w = np.zeros(8)
Path(args.out).mkdir(parents=True, exist_ok=True)
try:
    for epoch in range(1, args.epochs + 1):
        losses = []
        batches = tqdm(range(0, 512, args.batch_size), desc=f"Epoch {epoch}", file=sys.stderr)
        for start in batches:
            rows = slice(start, start + args.batch_size)
            error = x[rows] @ w - y[rows]
            gradient = x[rows].T @ error / len(error)
            w -= args.lr * (np.sign(gradient) if args.optimizer == "sign" else gradient)
            losses.append(float((error ** 2).mean()))
            batches.set_postfix(loss=f"{losses[-1]:.4f}")
        val = float(((held @ w - held @ truth) ** 2).mean())
        print(f"Epoch {epoch}/{args.epochs} | train loss {np.mean(losses):.4f} | val loss {val:.4f} | lr {args.lr}")
        time.sleep(args.pause)
except KeyboardInterrupt:
    print("interrupted, weights saved")
np.save(Path(args.out) / "weights.npy", w)
"""
