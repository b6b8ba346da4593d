"""MCP: what the calls of tools over its SDK mean, and how they are observed."""
