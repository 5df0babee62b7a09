"""Cuts AAC in ADTS between its frames."""
