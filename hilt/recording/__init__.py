"""Recording: the events that a session is given for calls as they happen, and for spans."""
