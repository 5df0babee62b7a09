"""How webhooks are sent durably."""
