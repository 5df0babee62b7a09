"""What was recorded reaches the engine."""
