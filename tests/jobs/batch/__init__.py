"""Transcription jobs: their records, lists and ends."""
