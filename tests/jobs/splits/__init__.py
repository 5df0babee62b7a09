"""Split jobs: what clients do with them, and their records."""
