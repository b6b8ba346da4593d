"""Claude's agent SDK: what its stream of messages means, and how it is observed."""
