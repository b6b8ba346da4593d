"""DSPy: what its own engine sends over sockets, and how that is observed."""
