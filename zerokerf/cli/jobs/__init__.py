"""What jobs of both kinds have in common."""
