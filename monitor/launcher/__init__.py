"""Starting, stopping, restarting and resuming runs: the acts that page and command line share.

A start is exclusive by the run's folder, a resume by the run's lock: a double click does a thing once.
"""

from monitor.launcher.glance import existing, generation, status
from monitor.launcher.own_trainer import check, start_check, start_training, trainer_schema, training_command
from monitor.launcher.restarting import (
    may_be_array,
    plan_restart,
    plan_resume,
    restart,
    restart_together,
    resume,
    take_over,
)
from monitor.launcher.run_settings import judge_by, set_policy
from monitor.launcher.starting import belongs_to_this_job, start, start_notes_for_command, start_seeds
from monitor.launcher.stopping import cancel_stop, hurry_stop, more_time, stop
from monitor.launcher.supervising import become_supervisor, ensure_supervised, supervise
from monitor.run_dir.processes import HOME

__all__ = [
    "HOME",
    "become_supervisor",
    "belongs_to_this_job",
    "cancel_stop",
    "check",
    "ensure_supervised",
    "existing",
    "generation",
    "hurry_stop",
    "judge_by",
    "may_be_array",
    "more_time",
    "plan_restart",
    "plan_resume",
    "restart",
    "restart_together",
    "resume",
    "set_policy",
    "start",
    "start_check",
    "start_notes_for_command",
    "start_seeds",
    "start_training",
    "status",
    "stop",
    "supervise",
    "take_over",
    "trainer_schema",
    "training_command",
]
