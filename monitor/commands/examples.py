"""The groups of verbs in --help, and examples of each verb; a test parses every one."""

from __future__ import annotations

GROUPS: dict[str, tuple[str, ...]] = {
    "Inspect": (
        "list",
        "show",
        "check",
        "diagnose",
        "report",
        "compare",
        "ledger",
        "predictions",
        "log",
        "audit",
    ),
    "Start and stop": ("start", "stop", "resume", "restart", "archive", "restore"),
    "Your own training": ("attach", "import"),
    "Export": ("export", "paper"),
    "Dashboard and messages": ("serve", "link", "watch", "notify", "ack", "away", "metric", "rules", "label"),
    "Shell and agents": ("completion", "mcp"),
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "list": ("list", "list --sweep lr-search", "list --runs /scratch/me/runs --json"),
    "show": ("show teacher",),
    "check": ("check teacher", "check teacher --at 25"),
    "diagnose": ("diagnose teacher", "diagnose teacher --measure"),
    "report": ("report teacher", "report teacher --html"),
    "compare": ("compare teacher teacher-2", "compare teacher teacher-2 --by hours"),
    "ledger": ("ledger",),
    "predictions": ("predictions teacher --filter worst", "predictions teacher --word REGEN"),
    "log": ("log teacher --warnings",),
    "export": ("export teacher --to csv", "export teacher --to tensorboard --out tb/teacher --follow"),
    "paper": ("paper teacher pupil", "paper teacher pupil --latex", "paper teacher pupil --curves curves.pdf"),
    "audit": ("audit", "audit teacher --json"),
    "start": (
        "start -- python train.py --lr 1e-3 --out '{run_dir}'",
        "start --device 0 --if-bad stop -- python train.py",
        "start --on k8s --dry-run --gpus 2 -- python train.py",
    ),
    "stop": ("stop teacher", "stop teacher pupil --yes", "stop teacher --cancel"),
    "resume": ("resume teacher --dry-run", "resume teacher"),
    "restart": (
        "restart teacher --set dropout=0.5",
        "restart teacher --fix",
        "restart teacher --option B --dry-run",
        "restart teacher --option A --option B",
    ),
    "archive": ("archive teacher",),
    "restore": ("restore", "restore teacher"),
    "attach": ("attach train.log", "attach train.log --pid 4711", "attach teacher --stop"),
    "import": ("import history.csv", "import lightning_logs/version_0/metrics.csv --follow"),
    "serve": ("serve", "serve --trust-user-header X-Forwarded-User --from 127.0.0.1 --may-control ana", "serve --stop"),
    "link": ("link --name ana --may control --days 30", "link", "link --revoke ana"),
    "watch": ("watch", "watch --once --json"),
    "notify": ("notify", "notify --test"),
    "ack": ("ack teacher gap",),
    "away": ("away teacher", "away teacher stop"),
    "metric": ("metric teacher", "metric teacher val_accuracy", "metric teacher val_score --score --unit raw"),
    "rules": ("rules", "rules new", "rules measure --runs runs"),
    "label": ("label teacher --name baseline --tag paper --pin",),
    "completion": ("completion bash",),
    "mcp": ("mcp", "mcp --allow-control --budget 5"),
}


def group_of(verb: str) -> str:
    """The heading under which --help lists a verb."""
    return next(group for group, verbs in GROUPS.items() if verb in verbs)


def epilog_of(verb: str) -> str:
    """The end of a verb's help; a blank line between the lines, else they would run together."""
    return "\n\n".join(["Examples:", *(f"  python -m monitor {line}" for line in EXAMPLES[verb])])
