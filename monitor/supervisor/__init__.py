"""One small process per launched run: it owns the trainer process, its state and its log.

`python -m monitor.supervisor RUN_DIR [--adopt | --resume | --follow] [--after-parent] [--detach]`
"""
