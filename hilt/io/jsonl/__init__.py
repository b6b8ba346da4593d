"""The local file: its lines, its rotation, and what waits while it cannot be written."""
