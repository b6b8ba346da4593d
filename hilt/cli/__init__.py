"""The ``hilt`` command."""
