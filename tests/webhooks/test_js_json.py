"""Bodies survive a round trip through JavaScript, byte by byte."""

import json
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.webhooks.js_json import stringify
from tests.webhooks.node import node_program

ECHO = """
let rest = Buffer.alloc(0);
process.stdin.on("data", (chunk) => {
  rest = Buffer.concat([rest, chunk]);
  for (let end; (end = rest.indexOf(10)) >= 0; rest = rest.subarray(end + 1)) {
    process.stdout.write(JSON.stringify(JSON.parse(rest.subarray(0, end).toString())) + "\\n");
  }
});
"""

#: Lone halves of characters among them.
TEXTS = st.text(st.characters(), max_size=8)
NAMES = (
    TEXTS | st.integers(0, 2**33).map(str) | st.sampled_from(["4294967294", "4294967295", "00", "__proto__"])
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def echo() -> Iterator["subprocess.Popen[bytes]"]:
    """Parses each line and writes it again."""
    command = [node_program(), "-e", ECHO]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as node:
        yield node
        assert node.stdin
        node.stdin.close()
        node.wait(10)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
@example(
    {"b": 1, "10": 2, "2": [1e21, 1e-7, 1e-6, -0.0, 5e-324, 123456789012345680000.0], "a": {"1": 0, "0": 0}}
)
@example({"a": 1, "4294967296": 2, "4294967295": 3, "4294967294": 4, "01": 5, "1": 6})
@example('\u2028\u2029\u007f\u0000\u001f"\\/é\ud83d\ude00 \udc00\ud800')
def test_javascript_writes_the_same_bytes_again(echo: "subprocess.Popen[bytes]", value: object) -> None:
    body = stringify(value).encode()
    assert echo.stdin
    assert echo.stdout
    echo.stdin.write(body + b"\n")
    echo.stdin.flush()

    assert echo.stdout.readline() == body + b"\n"


@given(VALUES)
def test_the_value_is_still_the_same(value: object) -> None:
    in_javascript = json.loads(json.dumps(value), parse_int=float)

    assert json.loads(stringify(value), parse_int=float) == in_javascript


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_cannot_hold_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        stringify({"a": number})
