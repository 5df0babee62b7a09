"""What a recording's file or cue sheet says of its parts."""
