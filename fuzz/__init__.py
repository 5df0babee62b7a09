"""A developer's tool: feeds each of our own parsers with files that are nearly right. `python -m fuzz`."""
