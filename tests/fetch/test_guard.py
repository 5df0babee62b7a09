"""Which URLs make sense and which addresses may be connected to."""

from ipaddress import ip_address, ip_network

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.fetch.guard import AddressPolicy, check_url, parse_networks
from zerokerf.errors import InvalidUrl

PUBLIC_ONLY = AddressPolicy()


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2606:4700::1%1",
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not PUBLIC_ONLY.is_allowed(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *(
            "8.8.8.8",
            "1.1.1.1",
            "172.15.255.255",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "223.255.255.255",
        ),
        *("2606:4700:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "2003::1"),
    ],
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert PUBLIC_ONLY.is_allowed(ip_address(address))


def test_the_operator_opens_exactly_the_networks_named() -> None:
    policy = AddressPolicy(parse_networks(["10.1.0.0/16", " fd00::/8 ", ""]))

    assert policy.is_allowed(ip_address("10.1.2.3"))
    assert policy.is_allowed(ip_address("fd00::5"))
    assert not policy.is_allowed(ip_address("10.2.0.1"))
    assert not policy.is_allowed(ip_address("::ffff:10.1.2.3"))


def test_one_private_address_among_public_ones_refuses_the_host() -> None:
    mixed = [ip_address("8.8.8.8"), ip_address("10.0.0.1")]

    assert PUBLIC_ONLY.usable(mixed) == []
    assert PUBLIC_ONLY.usable(mixed[:1]) == mixed[:1]
    assert PUBLIC_ONLY.usable([]) == []


def test_a_host_opened_by_one_address_is_used_by_that_one_alone() -> None:
    policy = AddressPolicy(parse_networks(["127.0.0.0/8"]))

    assert policy.usable([ip_address("::1"), ip_address("127.0.0.1")]) == [ip_address("127.0.0.1")]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "https://example.com/a.wav?x=1#y",
        "HTTPS://Example.COM:8443/a",
        "http://user:p%40ss@example.com/a.wav",
        "http://8.8.8.8/a",
        "http://[2606:4700::1]:8080/a",
        "http://bücher.example/ä.wav",
        "http://my_bucket.example.com./my file.wav",
        "http://localhost:9000/x",
    ],
)
def test_a_usable_url_passes(url: str) -> None:
    assert isinstance(check_url(url), httpx.URL)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/a.wav",
        "//example.com/a",
        "ftp://example.com/a",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "data:audio/wav;base64,AAAA",
        "javascript:alert(1)",
        "http:example.com",
        "http://",
        "http:///a",
        "http://:80/",
        " http://example.com",
        "http://exa mple.com/",
        "http://example.com/a\r\nHost: b",
        "http://example.com/\x00",
        "http://example.com/\u2028",
        "http://example.com/\ud800",
        "http://good.example\\@evil.example/",
        "http://a..b/",
        "http://-a.example/",
        "http://*/",
        "http://a,b/",
        "http://a%2fb/",
        f"http://{'a' * 64}.example/",
        f"http://{'a.' * 130}example/",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://example.com:-1/",
        "http://example.com:8O/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1.1/",
        "http://0x7f.1/",
        "http://1.2.3.999/",
        "http://example.0x/",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://[127.0.0.1]/",
        "http://example.com/" + "a" * 2048,
    ],
)
def test_an_unusable_url_is_refused_at_its_field(url: str) -> None:
    with pytest.raises(InvalidUrl) as refused:
        check_url(url)

    assert list(refused.value.violations) == ["source.url"]
    assert refused.value.reason == "INVALID_URL"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"])
def test_a_private_literal_can_be_refused_before_anything_is_fetched(host: str) -> None:
    check_url(f"http://{host}/")

    with pytest.raises(InvalidUrl, match="private or reserved"):
        check_url(f"http://{host}/", policy=PUBLIC_ONLY)


@given(
    st.text(max_size=40), st.sampled_from(["", "http://", "https://[", "http://a@", "http://h:", "http://h/"])
)
def test_any_text_is_either_a_url_with_a_host_or_refused(text: str, start: str) -> None:
    try:
        url = check_url(start + text)
    except InvalidUrl:
        return

    assert url.scheme in {"http", "https"}
    assert url.raw_host


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_refused_whenever_python_calls_it_private(address: object) -> None:
    ip = ip_address(str(address))

    if ip.is_private or ip.is_multicast or ip.is_reserved or ip in ip_network("100.64.0.0/10"):
        assert not PUBLIC_ONLY.is_allowed(ip)
