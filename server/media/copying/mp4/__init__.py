"""Cuts AAC-LC in MP4 at any sample: packets are copied, an edit list hides the rest."""
