"""Who may use the service: accounts and the keys that speak for them."""
