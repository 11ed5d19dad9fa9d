"""Corpora: what the trainer reads, as frames and tokens, split by people or by images."""
