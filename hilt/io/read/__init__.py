"""Reading a log: its events, its lines, its end, following it as it grows, and checking it."""
