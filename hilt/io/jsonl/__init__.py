"""The local file: its lines, locks, rotation, and what waits while it cannot be written."""
