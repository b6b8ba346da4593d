"""The local file: its lines, its rotation, and the events that wait while it cannot be written."""
