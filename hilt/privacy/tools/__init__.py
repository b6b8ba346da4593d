"""Tools on finished and running logs: what is in them, and how to change or erase it."""
