"""What recordings and segments are called."""
