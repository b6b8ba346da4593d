"""Where events go, and how they are read back: sessions, files, sheets."""
