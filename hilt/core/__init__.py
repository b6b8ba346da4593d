"""What an event is: its structures, ids, times, columns, hashes and errors."""
