"""HILT."""
