"""The grammar of keys and the layout that is made with it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import keys
from storage.keys import check_key, is_key
from zerokerf.errors import InvalidObjectKey

HOSTILE = [
    "", "/", "a/", "/a", "a//b", ".", "..", "a/..", "../a", "a/../b", ".hidden", "a/.tmp/b", "a\\b", "a%2fb",
    "c:d", "a;b", "a b", "a\nb", "a\n", "a\0b", "a\x7f", "ä", "a?b", "a#b", "a*b", "~a", "a/" + "x" * 256,
    "x/" * 512 + "x", "a\u2028b", "a\u202eb", "\uff11",
]  # fmt: skip


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_keys_are_refused(key: str) -> None:
    with pytest.raises(InvalidObjectKey):
        check_key(key)


@pytest.mark.parametrize("key", ["a", "a.b", "t/acc_1-x/j/job_7k/out/7k-0.flac", "_/-", "x" * 255, "A/a"])
def test_plain_keys_are_accepted(key: str) -> None:
    check_key(key)


@given(st.text())
def test_what_is_accepted_stays_inside_and_needs_no_quoting(text: str) -> None:
    if is_key(text):
        assert text.isascii()
        assert all(part and not part.startswith(".") for part in text.split("/"))
        assert not set(text) & set("\\%:;?#& \"'<>\n\r\0")


def test_the_layout_is_as_documented() -> None:
    assert keys.job_prefix("acc", "job_7k") == "t/acc/j/job_7k/"
    assert keys.source_key("acc", "job_7k") == "t/acc/j/job_7k/in/source"
    assert keys.segment_key("acc", "job_7k", 12, "flac") == "t/acc/j/job_7k/out/7k-12.flac"
    assert keys.segment_key("acc", "job_7k", 12, ".flac") == "t/acc/j/job_7k/out/7k-12.flac"
    assert keys.manifest_key("acc", "job_7k") == "t/acc/j/job_7k/manifest.json"
    assert keys.upload_prefix("acc", "upl_1") == "t/acc/u/upl_1/"
    assert keys.upload_data_key("acc", "upl_1") == "t/acc/u/upl_1/data.bin"
    assert keys.upload_part_key("acc", "upl_1", 5) == "t/acc/u/upl_1/parts/00000000000000000005.bin"


@pytest.mark.parametrize("bad", ["", "..", "a/b", "a/../b", "a b", ".a", "a\n"])
def test_no_id_leads_out_of_its_account(bad: str) -> None:
    for make in (keys.source_key, keys.job_prefix, keys.manifest_key, keys.upload_prefix):
        for account, other in ((bad, "ok"), ("ok", bad)):
            with pytest.raises(InvalidObjectKey):
                make(account, other)
    with pytest.raises(InvalidObjectKey):
        keys.segment_key("ok", "ok", 0, f"wav/{bad}")


def test_no_key_of_the_layout_is_a_folder_of_another() -> None:
    made = [
        keys.source_key("a", "job_1"),
        keys.segment_key("a", "job_1", 0, "wav"),
        keys.manifest_key("a", "job_1"),
        keys.upload_data_key("a", "u1"),
        keys.upload_part_key("a", "u1", 0),
    ]

    assert not [pair for pair in product(made, made) if pair[1].startswith(pair[0] + "/")]


def test_parts_of_an_upload_sort_by_where_they_begin() -> None:
    offsets = [0, 9, 10, 99, 1 << 40]

    assert [keys.upload_part_key("a", "u", offset) for offset in offsets] == sorted(
        keys.upload_part_key("a", "u", offset) for offset in offsets
    )
