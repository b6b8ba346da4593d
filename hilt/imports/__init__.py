"""Histories that other programs keep, as events: each format a module of its own."""
