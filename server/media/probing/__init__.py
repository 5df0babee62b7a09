"""What a file really is, found out in a limited process."""
