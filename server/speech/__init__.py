"""From samples to words: recognizers, pauses and chunks, transcripts and the files they are written as."""
