"""REST for a whole account: keys, billing, archives, webhooks."""
