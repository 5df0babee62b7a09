"""Files that clients bring."""
