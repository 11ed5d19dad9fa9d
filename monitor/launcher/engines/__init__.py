"""Engines that start runs elsewhere: `slurm.py` speaks to SLURM, `submitting.py` makes a job of a run and ends it."""
