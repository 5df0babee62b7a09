"""Cuts a recording by copying its frames: no decoding, no new generation of quality, exact to the sample.

One file a format, each behind the same small interface. What cannot be copied exactly is declined, with the
reason, and takes the way through decoding and encoding instead.
"""
