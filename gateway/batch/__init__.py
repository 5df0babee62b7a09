"""REST for transcription jobs, in the words of the second documented API."""
