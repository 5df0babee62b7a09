"""What a process says of itself to those who run it: metrics and traces."""
