"""Several servers, gateways and workers as one service."""
