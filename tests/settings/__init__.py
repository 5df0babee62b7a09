"""Settings, and what is told about them."""
