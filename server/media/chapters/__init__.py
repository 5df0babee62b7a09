"""What a recording's file or cue sheet says of its parts, and how a segment's file says it again."""
