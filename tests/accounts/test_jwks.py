"""The provider's keys are fetched when they are needed, and no more often."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from server.accounts.jwks import PublishedKeys
from server.accounts.tokens import Tokens
from server.database.open import Database
from tests.accounts.tenants import PLANS, Time, make_account
from tests.accounts.token_maker import RULES, ec_key, jwk, rsa_key, token
from tests.services.web import Answer, Site, endless, hanging, redirect, running_site, status, whole
from zerokerf.errors import Unauthenticated, Unavailable

PATH = "/jwks.json"
SECOND = timedelta(seconds=1)


class Provider:
    """Publishes keys, and knows how often they were asked for."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.url = site.url + PATH
        self.asked = 0

    def publish(self, *keys: dict[str, object]) -> None:
        self.answer(whole(json.dumps({"keys": keys}).encode()))

    def answer(self, answer: Answer) -> None:
        def counted(request: BaseHTTPRequestHandler) -> None:
            self.asked += 1
            answer(request)

        self.site.add(PATH, counted)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_site() as site:
        yield Provider(site)


async def test_a_token_is_checked_with_the_key_that_it_names(database: Database, provider: Provider) -> None:
    await make_account(database, "acc_a")
    provider.publish(
        jwk(rsa_key(), kid="one"), jwk(rsa_key(1), kid="two"), jwk(ec_key(), kid="three", use="sig")
    )
    tokens = Tokens(database, PLANS, PublishedKeys(provider.url), RULES)

    for key, name in ((rsa_key(), "one"), (rsa_key(1), "two"), (ec_key(), "three")):
        assert (await tokens.authenticate(token(key, {"kid": name}))).account_id == "acc_a"
    for key, name in ((rsa_key(), "two"), (rsa_key(1), "one"), (ec_key(1), "three"), (ec_key(), "four")):
        with pytest.raises(Unauthenticated):
            await tokens.authenticate(token(key, {"kid": name}))
    with pytest.raises(Unauthenticated):  # which of the two is not said
        await tokens.authenticate(token(rsa_key()))
    assert await tokens.authenticate(token(ec_key()))
    assert provider.asked == 1


async def test_a_hundred_tokens_at_once_make_one_fetch(provider: Provider) -> None:
    provider.publish(jwk(ec_key(), kid="one"))
    keys = PublishedKeys(provider.url)

    found = await asyncio.gather(*(keys.find("one" if i % 2 else "unknown", "ES256") for i in range(100)))

    assert provider.asked == 1
    assert [key is not None for key in found] == [i % 2 == 1 for i in range(100)]


async def test_a_new_key_is_found_when_a_token_names_it(provider: Provider) -> None:
    time = Time()
    provider.publish(jwk(ec_key(), kid="old"))
    keys = PublishedKeys(provider.url, time.monotonic)
    await keys.find("old", "ES256")
    provider.publish(jwk(ec_key(1), kid="new"))

    time.pass_(29 * SECOND)
    assert await keys.find("new", "ES256") is None
    time.pass_(SECOND)
    assert await keys.find("new", "ES256") is not None

    assert provider.asked == 2


async def test_a_key_that_is_withdrawn_is_forgotten_in_ten_minutes(provider: Provider) -> None:
    time = Time()
    provider.publish(jwk(ec_key(), kid="old"))
    keys = PublishedKeys(provider.url, time.monotonic)
    await keys.find("old", "ES256")
    provider.publish(jwk(ec_key(1), kid="new"))

    time.pass_(599 * SECOND)
    assert await keys.find("old", "ES256") is not None
    time.pass_(SECOND)
    assert await keys.find("old", "ES256") is None


async def test_known_keys_outlive_an_outage_of_the_provider_by_an_hour(provider: Provider) -> None:
    time = Time()
    provider.publish(jwk(ec_key(), kid="one"))
    keys = PublishedKeys(provider.url, time.monotonic)
    await keys.find("one", "ES256")
    provider.answer(status(503))

    time.pass_(3599 * SECOND)
    assert await keys.find("one", "ES256") is not None
    with pytest.raises(Unavailable):
        await keys.find("two", "ES256")
    time.pass_(SECOND)
    with pytest.raises(Unavailable):
        await keys.find("one", "ES256")

    provider.publish(jwk(ec_key(), kid="one"))
    time.pass_(30 * SECOND)
    assert await keys.find("one", "ES256") is not None


@pytest.mark.parametrize(
    "answer",
    [
        status(404),
        redirect("/elsewhere"),
        whole(b""),
        whole(b"<html>"),
        whole(b"[]"),
        whole(b'{"keys": 1}'),
        whole(b"[" * 100_000),
        whole(b'{"keys": [' + b" " * 2**20 + b"]}"),
        whole(b"\xff\xfe\x00"),
    ],
)
async def test_a_provider_that_publishes_nonsense_is_not_available(
    provider: Provider, answer: Answer
) -> None:
    provider.answer(answer)

    with pytest.raises(Unavailable):
        await PublishedKeys(provider.url).find("one", "ES256")


async def test_a_provider_that_never_ends_is_not_available(provider: Provider) -> None:
    for answer in (hanging(provider.site.closed), endless(provider.site.closed)):
        provider.answer(answer)

        with pytest.raises(Unavailable):
            await PublishedKeys(provider.url, fetch_s=0.5).find("one", "ES256")


async def test_a_provider_that_is_not_there_is_not_available() -> None:
    with pytest.raises(Unavailable):
        await PublishedKeys("http://127.0.0.1:1/jwks.json").find("one", "ES256")


async def test_published_keys_that_do_not_fit_are_passed_over(provider: Provider) -> None:
    good = jwk(ec_key(), kid="good")
    provider.publish(
        {},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared", "alg": "HS256"},
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": ["EC"], "kid": "list"},
        {**good, "kid": ["good"]},
        jwk(ec_key(), kid="encrypts", use="enc"),
        jwk(rsa_key(), kid="other", alg="RS512"),
        jwk(rsa_key(bits=1024), kid="short"),
        good,
    )
    keys = PublishedKeys(provider.url)

    for name in ("shared", "broken", "list", "encrypts", "other", "short"):
        for algorithm in ("RS256", "ES256"):
            assert await keys.find(name, algorithm) is None
    assert await keys.find("good", "ES256") is not None
