"""What agent frameworks know of the calls they make, read through their own hooks."""
