"""What owners do with their own account: its keys, its use, its webhooks."""
