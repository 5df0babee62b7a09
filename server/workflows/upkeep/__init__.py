"""What keeps the house: retention, archives, ends of accounts."""
