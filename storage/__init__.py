"""Where objects live: one interface, one file a backend. Knows nothing of jobs."""
