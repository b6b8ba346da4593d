"""Reading a log: events, lines, the newest first, as it grows, and checks of it."""
