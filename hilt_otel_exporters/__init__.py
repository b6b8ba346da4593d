"""HILT exporters."""
