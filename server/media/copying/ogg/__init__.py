"""Cuts Opus and Vorbis in Ogg: packets are copied into new pages."""
