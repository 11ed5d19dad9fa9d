"""The dialogs, one per file. Each states what will happen before it happens, and shows the equivalent command."""
