"""Split jobs: what clients can do with them, and their records."""
