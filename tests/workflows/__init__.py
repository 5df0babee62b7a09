"""The durable engine and what runs on it."""
