"""Cuts FLAC at any sample: whole frames are copied, blocks at the edges written anew."""
