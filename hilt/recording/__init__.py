"""Calls to events: what a session is given as calls happen, and as spans are read."""
