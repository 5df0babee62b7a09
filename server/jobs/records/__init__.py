"""What is on record of jobs of every kind, and how it changes."""
