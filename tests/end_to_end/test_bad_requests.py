"""Requests that break a rule are refused at once, in the documented words, and make no job."""

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.end_to_end.service import Json, Service

URL = "http://127.0.0.1:9/talk.wav"
BY_DURATION = {"sourceUrl": URL, "splitMode": "duration", "segmentDuration": 10}
BY_SIZE = {"sourceUrl": URL, "splitMode": "fileSize", "maxFileSize": 100_000}

HUGE = {f"key{index}": "x" for index in range(51)}
BROKEN_RULES: dict[str, tuple[dict[str, object], str, str]] = {
    "length 0": ({"segmentDuration": 0}, "DURATION_TOO_SHORT", "segmentDuration"),
    "length -1": ({"segmentDuration": -1}, "DURATION_TOO_SHORT", "segmentDuration"),
    "length 1.5": ({"segmentDuration": 1.5}, "INVALID_PARAMS", "segmentDuration"),
    "length in quotes": ({"segmentDuration": "600"}, "INVALID_PARAMS", "segmentDuration"),
    "length true": ({"segmentDuration": True}, "INVALID_PARAMS", "segmentDuration"),
    "length null": ({"segmentDuration": None}, "INVALID_PARAMS", "segmentDuration"),
    "length over a billion": ({"segmentDuration": 10**9 + 1}, "INVALID_PARAMS", "segmentDuration"),
    "length beyond integers": ({"segmentDuration": 10**30}, "INVALID_PARAMS", "segmentDuration"),
    "no source": ({"sourceUrl": None}, "INVALID_PARAMS", "sourceUrl"),
    "two sources": ({"sourceUpload": "upl_1"}, "INVALID_PARAMS", "sourceUpload"),
    "source a number": ({"sourceUrl": 7}, "INVALID_PARAMS", "sourceUrl"),
    "unknown field": ({"quality": "high"}, "INVALID_PARAMS", "quality"),
    "unknown mode": ({"splitMode": "pauses"}, "INVALID_PARAMS", "splitMode"),
    "mode in capitals": ({"splitMode": "Duration"}, "INVALID_PARAMS", "splitMode"),
    "unknown format": ({"outputFormat": "wma"}, "INVALID_FORMAT", "outputFormat"),
    "format a number": ({"outputFormat": 3}, "INVALID_PARAMS", "outputFormat"),
    "plain webhook": ({"webhookUrl": "http://example.com/hook"}, "INVALID_URL", "webhookUrl"),
    "webhook no url": ({"webhookUrl": "nowhere"}, "INVALID_URL", "webhookUrl"),
    "metadata a list": ({"metadata": ["a"]}, "INVALID_PARAMS", "metadata"),
    "metadata text": ({"metadata": "a"}, "INVALID_PARAMS", "metadata"),
    "metadata nested": ({"metadata": {"a": {"b": 1}}}, "INVALID_PARAMS", "metadata"),
    "metadata with a list": ({"metadata": {"a": [1]}}, "INVALID_PARAMS", "metadata"),
    "metadata of many": ({"metadata": HUGE}, "INVALID_PARAMS", "metadata"),
    "metadata of 17 KB": ({"metadata": {"a": "x" * 17_000}}, "INVALID_PARAMS", "metadata"),
    "metadata inexact": ({"metadata": {"a": 2**60}}, "INVALID_PARAMS", "metadata"),
}

BROKEN_SIZES: dict[str, object] = {
    "0": 0,
    "-1": -1,
    "1023": 1023,
    "1.5": 1.5,
    "quoted": "25MB",
    "beyond integers": 10**30,
    "missing": None,
}

BAD_URLS = {
    "file": "file:///etc/passwd",
    "ftp": "ftp://example.com/a.mp3",
    "data": "data:audio/wav;base64,UklGRg==",
    "no scheme": "example.com/a.mp3",
    "no host": "http:///a.mp3",
    "empty": "",
    "blank": "http://exa mple.com/a.mp3",
    "line feed": "http://example.com/a\nb.mp3",
    "private": "http://10.0.0.1/a.mp3",
    "private 192": "http://192.168.1.1/a.mp3",
    "metadata service": "http://169.254.169.254/latest/meta-data",
    "carrier NAT": "http://100.64.0.1/a.mp3",
    "IPv6 loopback": "http://[::1]/a.mp3",
    "IPv4 in IPv6": "http://[::ffff:10.0.0.1]/a.mp3",
    "ULA": "http://[fd00::1]/a.mp3",
    "NAT64": "http://[64:ff9b::a00:1]/a.mp3",
    "a number": "http://167772161/a.mp3",
    "in hex": "http://0x0a000001/a.mp3",
    "port 0": "http://example.com:0/a.mp3",
    "long": "http://example.com/" + "a" * 3000,
}

BAD_BODIES = {
    "nothing": b"",
    "no JSON": b"splitMode=duration",
    "half of it": b'{"sourceUrl": "http://exa',
    "a list": b"[]",
    "null": b"null",
    "not UTF-8": b'{"sourceUrl": "\xff"}',
    "NaN": b'{"segmentDuration": NaN}',
    "given twice": b'{"splitMode": "duration", "splitMode": "fileSize"}',
    "a lone surrogate": b'{"sourceUrl": "\\ud800"}',
    "very deep": b'{"metadata": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
}

STRANGE_IDS = {
    "unicode": "j%C3%B6b",
    "emoji": "%F0%9F%8E%B5",
    "dots": "job_..%2e",
    "NUL": "job_%00",
    "quotes": "job_'%22--",
    "10 KB": "job_" + "a" * 10_000,
    "encoded slash": "job_a%2Fb",
}


@pytest.fixture(autouse=True)
def no_job_is_made(service: Service) -> Iterator[None]:
    before = _total(service)
    yield
    assert _total(service) == before


@pytest.mark.parametrize("name", BROKEN_RULES)
def test_a_field_that_breaks_a_rule_is_named(service: Service, name: str) -> None:
    change, code, field = BROKEN_RULES[name]
    body = {key: value for key, value in {**BY_DURATION, **change}.items() if value is not None}

    answer = service.rest.call("POST", "/splits", json=body)

    _refused(answer, 400, code)
    assert list(answer.json()["error"]["details"]) == [field]


@pytest.mark.parametrize("name", BROKEN_SIZES)
def test_a_size_limit_that_is_none_is_refused(service: Service, name: str) -> None:
    given = {**BY_SIZE, "maxFileSize": BROKEN_SIZES[name]}
    body = {key: value for key, value in given.items() if value is not None}

    answer = service.rest.call("POST", "/splits", json=body)

    _refused(answer, 400, "INVALID_PARAMS")
    assert list(answer.json()["error"]["details"]) == ["maxFileSize"]


@pytest.mark.parametrize("name", BAD_URLS)
def test_a_url_that_must_not_be_fetched_is_refused(service: Service, name: str) -> None:
    answer = service.rest.call("POST", "/splits", json={**BY_DURATION, "sourceUrl": BAD_URLS[name]})

    _refused(answer, 400, "INVALID_URL")
    assert list(answer.json()["error"]["details"]) == ["sourceUrl"]


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_body_that_is_no_json_object_is_refused(service: Service, name: str) -> None:
    headers = {"Content-Type": "application/json"}

    answer = service.rest.call("POST", "/splits", content=BAD_BODIES[name], headers=headers)

    _refused(answer, 400, "INVALID_PARAMS")


def test_a_body_of_another_type_is_refused(service: Service) -> None:
    answer = service.rest.call("POST", "/splits", content=json.dumps(BY_DURATION).encode())

    _refused(answer, 400, "INVALID_PARAMS")


def test_a_body_larger_than_any_request_is_refused(service: Service) -> None:
    headers = {"Content-Type": "application/json"}

    answer = service.rest.call("POST", "/splits", content=b" " * 1_000_000, headers=headers)

    _refused(answer, 413, "FILE_TOO_LARGE")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("name", STRANGE_IDS)
def test_a_strange_id_is_not_found(service: Service, name: str, method: str) -> None:
    answer = service.rest.call(method, f"/splits/{STRANGE_IDS[name]}")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] in ("JOB_NOT_FOUND", "NOT_FOUND")
    assert len(answer.content) < 400


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=ten", "page=0", "page=-1", "status=done"])
def test_a_page_that_cannot_be_is_refused(service: Service, query: str) -> None:
    answer = service.rest.call("GET", f"/splits?{query}")

    _refused(answer, 400, "INVALID_PARAMS")
    assert list(answer.json()["error"]["details"]) == [query.partition("=")[0]]


def test_a_cursor_that_is_no_number_is_refused(service: Service) -> None:
    answer = service.rest.call("GET", "/splits/job_abc123/events", headers={"Last-Event-ID": "last"})

    _refused(answer, 400, "INVALID_PARAMS")


def _refused(answer: httpx.Response, status: int, code: str) -> None:
    error: Json = answer.json()["error"]
    assert (answer.status_code, error["status"], error["code"]) == (status, status, code), answer.text
    assert error["message"]
    assert "Traceback" not in answer.text


def _total(service: Service) -> int:
    total: int = service.rest.call("GET", "/splits").json()["pagination"]["total"]
    return total
