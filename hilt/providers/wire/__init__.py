"""Calls of a model that a program sends with an HTTP library, and no adapter observes."""
