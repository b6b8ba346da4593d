"""xAI: what its SDK's calls mean, and how they are observed."""
