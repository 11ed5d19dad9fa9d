"""Messages when no browser is open: what is still to be told, in which words, and how it is sent."""
