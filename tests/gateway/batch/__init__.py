"""REST for transcription jobs."""
