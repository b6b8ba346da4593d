"""The Sheets sink and its parts: connection, layout, pace, sender, reviews, dashboard."""
