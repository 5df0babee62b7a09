"""The media room: probe, plan, cut, encode and verify audio. Knows no job and no store; usable as a library.

A journey: `probe` says what a file really is, `decode` gives its exact samples, `plan_by_duration` says where
to cut, `cut_by_duration` or `cut_by_size` writes the segments, `verify_segment` decodes each of them again.
"""
