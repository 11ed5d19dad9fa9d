"""The dialogs, one a file. Each says what will happen before it does it, and offers the command instead."""
