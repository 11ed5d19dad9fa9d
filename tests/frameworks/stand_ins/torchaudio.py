"""Stands where torchaudio would: SpeechBrain imports it for audio files, which no test here has.

torchaudio ships no build for a CPU-only torch of the pinned version; its CUDA build cannot be loaded beside one.
"""

__version__ = "2.11.0"
