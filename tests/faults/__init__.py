"""What a job survives: killed processes, a killed engine, cancelled work."""
