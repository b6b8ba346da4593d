"""What an LLM call is: its values, how they are read, priced, and turned into events."""
