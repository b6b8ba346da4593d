"""What each SDK's calls mean: one adapter per SDK, none of which imports its SDK."""
