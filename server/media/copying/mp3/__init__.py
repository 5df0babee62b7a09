"""Cuts MP3 at any sample: frames are copied, decoders are told what to skip."""
