"""Jobs are watched."""
