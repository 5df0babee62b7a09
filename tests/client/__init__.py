"""The Python client: what it promises against a server that breaks, refuses and comes back."""
