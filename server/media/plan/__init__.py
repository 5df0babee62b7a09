"""Where to cut, in samples. Pure."""
