"""What holds for the records of every kind."""
