"""Files that clients bring: PUT in one request, or written in pieces that can be resumed."""
