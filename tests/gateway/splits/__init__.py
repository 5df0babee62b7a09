"""REST for split jobs."""
