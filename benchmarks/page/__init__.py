"""How live the page is, measured in a browser."""
