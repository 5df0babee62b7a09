"""What operators do on the machine of the service."""
