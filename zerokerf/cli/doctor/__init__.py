"""Whether everything that the service needs is there."""
