"""What stands for texts that are too long for an index."""

import hashlib


def url_hash(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()
