"""Small recordings and hostile files that are made anew by every run, always the same."""
