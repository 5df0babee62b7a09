"""The rules about what segments are to be, the same for jobs and for plans."""

from collections.abc import Callable

import pytest

from server.api import validation
from server.fetch.guard import AddressPolicy
from server.jobs.model import SplitRequest
from tests.api.batch_models import models
from zerokerf.encoding import Encoding
from zerokerf.errors import InvalidParams
from zerokerf.v1.audio_pb2 import AudioFormat
from zerokerf.v1.split_pb2 import EncodeOptions, PartsMode, SplitMode, SplitSource, TagOptions, Verification
from zerokerf.v1.split_service_pb2 import CreateSplitRequest, PlanSplitRequest

URL = "https://example.com/talk.mp3"
BASE = SplitRequest(source_url=URL, parts=3)
Request = CreateSplitRequest | PlanSplitRequest
Change = Callable[[Request], object]


def job_wish(change: Change) -> SplitRequest:
    request = CreateSplitRequest(source=SplitSource(url=URL), mode=SplitMode(parts=PartsMode(count=3)))
    change(request)
    return validation.split_request(request, AddressPolicy(), models())


def plan_wish(change: Change) -> SplitRequest:
    request = PlanSplitRequest(source=SplitSource(url=URL), mode=SplitMode(parts=PartsMode(count=3)))
    change(request)
    return validation.plan_request(request, AddressPolicy())


def encoding(**fields: float) -> Change:
    return lambda request: request.encoding.CopyFrom(EncodeOptions(**fields))  # type: ignore[arg-type]  # numbers only


def to_mp3(request: Request) -> None:
    request.output_format = AudioFormat.AUDIO_FORMAT_MP3


def both(one: Change, other: Change) -> Change:
    return lambda request: (one(request), other(request))


def tags(policy: int = 0, title: str = "") -> Change:
    return lambda request: request.tags.CopyFrom(TagOptions(policy=policy, title=title))  # type: ignore[arg-type]  # also unknown ones


PASSING: dict[str, tuple[Change, SplitRequest]] = {
    "nothing": (lambda _: None, BASE),
    "an empty encoding": (encoding(), BASE),
    "copied tags": (tags(TagOptions.POLICY_COPY), BASE),
    "an encoding": (
        both(encoding(bit_rate=64_000, channels=1, sample_rate=22_050), to_mp3),
        SplitRequest(
            source_url=URL,
            parts=3,
            output_format="mp3",
            encoding=Encoding(bit_rate=64_000, channels=1, sample_rate=22_050),
        ),
    ),
    "a quality of 0": (
        both(encoding(quality=0), to_mp3),
        SplitRequest(source_url=URL, parts=3, output_format="mp3", encoding=Encoding(quality=0)),
    ),
    "no tags": (tags(TagOptions.POLICY_NONE), SplitRequest(source_url=URL, parts=3, tag_policy="none")),
    "a title": (tags(title="{n:02}"), SplitRequest(source_url=URL, parts=3, title_template="{n:02}")),
    "a strict one": (
        lambda request: setattr(request, "strict", True),
        SplitRequest(source_url=URL, parts=3, is_strict=True),
    ),
}


@pytest.mark.parametrize("wish", [job_wish, plan_wish])
@pytest.mark.parametrize("name", PASSING)
def test_jobs_and_plans_ask_for_the_same(wish: Callable[[Change], SplitRequest], name: str) -> None:
    change, expected = PASSING[name]

    assert wish(change) == expected


BREACHES: dict[str, tuple[Change, str]] = {
    "a bit rate of no format": (encoding(bit_rate=1), "encoding.bit_rate"),
    "a negative bit rate": (encoding(bit_rate=-1), "encoding.bit_rate"),
    "a rate that mp3 has not": (both(encoding(sample_rate=44_000), to_mp3), "encoding.sample_rate"),
    "a depth that mp3 has not": (both(encoding(bit_depth=16), to_mp3), "encoding.bit_depth"),
    "nine channels": (encoding(channels=9), "encoding.channels"),
    "a quality that is no number": (both(encoding(quality=float("nan")), to_mp3), "encoding.quality"),
    "a bit rate and a quality": (both(encoding(quality=2, bit_rate=64_000), to_mp3), "encoding.quality"),
    "an unknown policy": (tags(99), "tags.policy"),
    "a title without tags": (tags(TagOptions.POLICY_NONE, "{n}"), "tags.title"),
    "an unknown field": (tags(title="{genre}"), "tags.title"),
    "a stray brace": (tags(title="{n"), "tags.title"),
    "a title without end": (tags(title="a" * 301), "tags.title"),
    "a NUL in a title": (tags(title="a\0"), "tags.title"),
}


@pytest.mark.parametrize("wish", [job_wish, plan_wish])
@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_names_its_field(wish: Callable[[Change], SplitRequest], name: str) -> None:
    change, field = BREACHES[name]

    with pytest.raises(InvalidParams) as raised:
        wish(change)

    assert list(raised.value.violations) == [field]
    assert all(sentence.endswith(".") for sentence in raised.value.violations.values())


def test_verification_is_told_by_its_name() -> None:
    full = job_wish(lambda request: setattr(request, "verification", Verification.VERIFICATION_FULL))

    assert (job_wish(lambda _: None).verification, full.verification) == ("edges", "full")
    with pytest.raises(InvalidParams) as raised:
        job_wish(lambda request: setattr(request, "verification", 99))
    assert list(raised.value.violations) == ["verification"]
