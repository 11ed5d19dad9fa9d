"""Messages when no browser is open: which are due, their text, and how they are sent."""
