"""What a call costs: usage and model to dollars, by the price table of genai-prices."""
