"""From a run and some changes to the command of its child: flags, allowed values, the plan that is shown."""
