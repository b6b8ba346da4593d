"""What the Sheets sink is made of: connection, layout, pace, sender, reviews, dashboard."""
