"""The media room: probe, plan, cut, encode and verify audio. Knows no job and no store; usable as a library.

A journey: `probe` says what a file really is, `open_cutter` chooses how it is cut, `plan_cuts` says where,
the `Cutter` makes the segments and proves them. `split` goes all of the way.
"""
