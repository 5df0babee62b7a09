"""Where recordings pause."""
