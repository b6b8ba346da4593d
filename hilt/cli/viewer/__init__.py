"""The pages of ``hilt view``: calls, conversations, charts, and feedback, in a browser."""
