"""What a job is: its states and moves, its records and events, and the engine it needs."""
