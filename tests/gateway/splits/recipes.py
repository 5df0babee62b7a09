"""Requests to split that are as they should be."""

GOOD = {"sourceUrl": "https://a.example.com/talk.wav", "splitMode": "duration", "segmentDuration": 240}
BY_SIZE = {"sourceUrl": GOOD["sourceUrl"], "splitMode": "fileSize", "maxFileSize": 8388608}
SPLITS = "/api/v1/splits"
