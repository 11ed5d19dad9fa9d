"""The one public name: writer, metric, clip, `read`, `runs`, and a callback for each framework in `callbacks`.

Nothing is imported before it is asked for: a training script gets the writer alone, and msgspec with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.frames import RunFrames, read, runs
    from monitor.run_dir import Clip
    from monitor.writer import Metric, NullRunWriter, RunWriter

__version__ = "0.1.0"
__all__ = ["Clip", "Metric", "NullRunWriter", "RunFrames", "RunWriter", "read", "runs"]


def __getattr__(name: str) -> Any:
    if name in ("RunWriter", "NullRunWriter", "Metric"):
        from monitor import writer as room
    elif name == "Clip":
        from monitor import run_dir as room  # type: ignore[no-redef]
    elif name in ("read", "runs", "RunFrames"):
        try:
            from monitor import frames as room  # type: ignore[no-redef]
        except ModuleNotFoundError as missing:
            raise ImportError(
                f"vitalsigns.{name} needs {missing.name}: pip install 'vitalsigns[notebook]'"
            ) from missing
    else:
        raise AttributeError(f"module 'vitalsigns' has no attribute {name!r}")
    return getattr(room, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
