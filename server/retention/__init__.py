"""What is not kept for ever: files and records whose time is over, and objects that nobody owns."""
