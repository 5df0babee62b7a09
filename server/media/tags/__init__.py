"""What recordings are called, read from strangers' files and written into ours."""
