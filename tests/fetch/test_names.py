"""Names for downloaded files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.fetch.names import file_name, sanitise


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b'attachment; filename="talk.mp3"', "talk.mp3"),
        (b"attachment; filename=talk.mp3", "talk.mp3"),
        (b"inline;FILENAME = talk.mp3 ; size=5", "talk.mp3"),
        (b'attachment; filename="a; b.mp3"', "a; b.mp3"),
        (rb'attachment; filename="say \"hi\".mp3"', 'say "hi".mp3'),
        (b"attachment; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.mp3", "naïve €.mp3"),
        (b"attachment; filename=plain.mp3; filename*=utf-8'en'b%C3%A4r.mp3", "bär.mp3"),
        (b"attachment; filename*=iso-8859-1''b%E4r.mp3", "bär.mp3"),
        (b"attachment; filename*=klingon''x.mp3; filename=plain.mp3", "plain.mp3"),
        ('attachment; filename="bär.mp3"'.encode(), "bär.mp3"),
        ('attachment; filename="bär.mp3"'.encode("latin-1"), "bär.mp3"),
        (b'attachment; filename="../../etc/passwd"', "passwd"),
        (rb'attachment; filename="C:\\Users\\me\\a.wav"', "a.wav"),
        (b'attachment; filename=".."', "from-url.wav"),
        (b'attachment; filename="/"', "from-url.wav"),
        (b"attachment", "from-url.wav"),
        (b"", "from-url.wav"),
        (b"attachment; filename*=utf-8''a%00%0D%0Ab.mp3", "ab.mp3"),
        ('attachment; filename="gpj.\u202e3pm.mp3"'.encode(), "gpj.3pm.mp3"),
    ],
)
def test_the_header_names_the_file(header: bytes, name: str) -> None:
    assert file_name(header, "/folder/from-url.wav") == name


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (["/x/my%20talk.wav"], "my talk.wav"),
        (["/x/..%2F..%2Fb.wav"], "b.wav"),
        (["/x/%E2%82%AC.wav"], "€.wav"),
        (["/x/%00%0a.wav"], ".wav"),
        (["/x/", "/y/final.wav"], "final.wav"),
        (["/", "/"], "source"),
        (["/.."], "source"),
        (["/%20"], "source"),
        ([""], "source"),
    ],
)
def test_without_a_header_the_last_part_of_the_path_names_it(paths: list[str], name: str) -> None:
    assert file_name(None, *paths) == name


def test_a_long_name_is_cut_but_keeps_its_extension() -> None:
    assert file_name(None, "/" + "a" * 400 + ".flac") == "a" * 250 + ".flac"
    assert file_name(None, "/" + "a" * 400) == "a" * 255


@given(st.binary(max_size=80), st.text(max_size=80))
def test_no_header_and_no_path_makes_a_dangerous_name(header: bytes, path: str) -> None:
    name = file_name(b"attachment; filename" + header, path)

    assert 1 <= len(name) <= 255
    assert name == sanitise(name)
    assert not set(name) & set("/\\\0\r\n")
    assert name.strip(". ")
