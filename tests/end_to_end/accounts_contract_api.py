"""Calls of the documented API and the exact shapes of its answers, with nothing but the standard library."""

import json
import re
import sys
import time
import urllib.error
import urllib.request
from typing import Any

TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
GIVE_UP_S = 60
POLL_S = 0.1
ID, TEXT, NUMBER, MOMENT, MAYBE_MOMENT = "id", "text", "number", "moment", "moment or null"
#: Extensions of ours.
UNDOCUMENTED = "/webhooks", "/account/exports"

Shape = dict[str, Any]


def fields(**shapes: Any) -> Shape:  # noqa: ANN401 - a kind, a list of one shape, or fields
    """Those of an object, in their order."""
    return shapes


class Api:
    """Calls of one caller; all of them are counted, so every answer tells where the caller stands."""

    def __init__(self, base: str, identity: dict[str, str]) -> None:
        self.base = base
        self.identity = identity

    def row(
        self, status: int, shape: Shape | None, method: str, row: str, name: str = "", body: object = None
    ) -> Any:  # noqa: ANN401 - an answer of that shape
        """A call that answers as its row says. `:` and a word stand for the name."""
        found, answer = self.call(method, row, name, body)
        same(f"status of {method} {row}", (found, answer), (status, answer))
        fits(f"{method} {row}", answer, shape)
        if not row.startswith(UNDOCUMENTED):
            say("row", f"{method} {row.partition('?')[0]}")
        return answer

    def refused(
        self, status: int, code: str, method: str, row: str, name: str = "", body: object = None
    ) -> None:
        found, answer = self.call(method, row, name, body)
        what = f"refusal of {method} {row}"
        same(what, (found, list(answer)), (status, ["error"]))
        error = answer["error"]
        optional = [field for field in ("details", "retryAfter") if field in error]
        same(f"fields of {what}", list(error), ["code", "message", "status", *optional])
        same(f"error of {what}", (error["code"], error["status"]), (code, status))
        same(f"sentence of {what}", bool(error["message"]), True)
        say("code", code)

    def call(self, method: str, row: str, name: str, body: object) -> tuple[int, Any]:
        url = f"{self.base}/api/v1{re.sub(':[a-zA-Z]+', name, row)}"
        data = None if body is None else json.dumps(body).encode()
        headers = self.identity | ({"Content-Type": "application/json"} if data else {})
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
                return self.read(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return self.read(error.code, error.headers, error.read())

    def read(self, status: int, headers: Any, body: bytes) -> tuple[int, Any]:  # noqa: ANN401 - headers of urllib
        counted = [headers.get(f"X-RateLimit-{what}", "") for what in ("Limit", "Remaining", "Reset")]
        # Without a known caller there is nobody to count for.
        if status != 401:
            same("headers of the rate limit", [value.isdecimal() for value in counted], [True] * 3)
            same("reset within a minute", 0 <= int(counted[2]) - time.time() + 1 <= 62, True)
        if status == 204:
            same("body of 204", body, b"")
            return status, None
        same("media type", headers["Content-Type"].partition(";")[0], "application/json")
        return status, json.loads(body)


def ended(api: Api, row: str, name: str, wanted: str) -> None:
    give_up_at = time.monotonic() + GIVE_UP_S
    seen: object = None
    while time.monotonic() < give_up_at:
        _, answer = api.call("GET", row, name, None)
        seen = [each["status"] for each in answer["data"]] if "data" in answer else [answer["status"]]
        if seen == [wanted]:
            return
        time.sleep(POLL_S)
    raise SystemExit(f"{row} was {seen}, not {wanted}, after {GIVE_UP_S} s")


def fits(what: str, value: Any, shape: Any) -> None:  # noqa: ANN401 - JSON and its shape
    """Exactly: no field more, none less, in this order."""
    if isinstance(shape, dict):
        same(f"fields of {what}", list(value), list(shape))
        for name, inner in shape.items():
            fits(f"{name} of {what}", value[name], inner)
    elif isinstance(shape, list):
        same(f"kind of {what}", type(value), list)
        for each in value:
            fits(f"one of {what}", each, shape[0])
    else:
        same(f"{what} as {shape}: {value!r}", is_one(value, shape), True)


def is_one(value: Any, kind: Any) -> bool:  # noqa: ANN401 - as above
    if value is None:
        return kind is None or kind == MAYBE_MOMENT
    match kind:
        case "id":
            return isinstance(value, str) and bool(re.fullmatch("[a-z]+_[a-z0-9]+", value))
        case "text":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "moment" | "moment or null":
            return isinstance(value, str) and bool(TIME.fullmatch(value))
    return isinstance(kind, type) and isinstance(value, kind)


def say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def same(what: str, found: object, documented: object) -> None:
    if found != documented:
        raise SystemExit(f"{what}: found {found!r}, documented {documented!r}")
