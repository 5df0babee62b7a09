"""Errors keep their type, sentence and facts on the way over the wire."""

from collections.abc import Iterator

import grpc
import pytest
from google.rpc.code_pb2 import Code  # type: ignore[import-untyped]  # no py.typed
from google.rpc.error_details_pb2 import ErrorInfo  # type: ignore[import-untyped]  # no py.typed
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # no py.typed

from zerokerf import errors
from zerokerf.status import DETAILS_KEY, class_of, from_rpc_error, to_status


def descendants(cls: type[errors.ZerokerfError]) -> Iterator[type[errors.ZerokerfError]]:
    for child in cls.__subclasses__():
        yield child
        yield from descendants(child)


CLASSES = [cls for cls in descendants(errors.ZerokerfError) if cls.__module__.startswith("zerokerf.error_")]


def owner_of_reason(cls: type[errors.ZerokerfError]) -> type[errors.ZerokerfError]:
    """The most general class with this reason; callers that branch on the reason need no finer one."""
    lineage = [base for base in cls.__mro__ if base in CLASSES and getattr(base, "reason", "") == cls.reason]
    return lineage[-1]


def rpc_error(
    code: grpc.StatusCode, details: str | None = None, status: bytes | None = None
) -> grpc.aio.AioRpcError:
    trailers = grpc.aio.Metadata() if status is None else grpc.aio.Metadata((DETAILS_KEY, status))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, details)


def over_the_wire(error: errors.ZerokerfError) -> errors.ZerokerfError:
    code = grpc.StatusCode[error.kind.name]
    return from_rpc_error(rpc_error(code, str(error), to_status(error).SerializeToString()))


def bare(cls: type[errors.ZerokerfError]) -> errors.ZerokerfError:
    """An error of the class as its sentence would make it, without knowing that class's arguments."""
    error = cls.__new__(cls)
    errors.ZerokerfError.__init__(error, f"Sentence of {cls.__name__}.", size=7)
    if isinstance(error, errors.InvalidParams):
        error.violations = {"mode.duration": "Must be at least 1 s."}
    return error


def test_the_catalogue_names_every_error() -> None:
    assert {cls.__name__ for cls in CLASSES} <= set(errors.__all__)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_class_survives_the_wire(cls: type[errors.ZerokerfError]) -> None:
    sent = bare(cls)

    received = over_the_wire(sent)

    assert type(received) is owner_of_reason(cls)
    assert (received.kind, received.reason) == (sent.kind, sent.reason)
    assert str(received) == received.sentence == f"Sentence of {cls.__name__}."
    assert received.facts == {"size": "7"}


def test_error_classes_share_a_reason_only_with_their_ancestors() -> None:
    reasons = [cls.reason for cls in CLASSES if owner_of_reason(cls) is cls]

    assert len(reasons) == len(set(reasons))
    assert {class_of(reason) for reason in reasons} <= set(CLASSES)


def test_every_kind_is_a_status_code() -> None:
    assert {kind.name for kind in errors.Kind} <= set(Code.keys())
    assert {kind.name for kind in errors.Kind} <= set(grpc.StatusCode.__members__)


def test_field_violations_arrive_one_by_one() -> None:
    sent = errors.InvalidParams({"source": "Required.", "mode.duration": "Must be at least 1 s."})

    received = over_the_wire(sent)

    assert isinstance(received, errors.InvalidParams)
    assert received.violations == {"source": "Required.", "mode.duration": "Must be at least 1 s."}


def test_an_unknown_reason_becomes_a_generic_error_of_its_kind() -> None:
    sent = errors.ZerokerfError("The moon is full.", phase="full")
    sent.kind, sent.reason = errors.Kind.PERMISSION_DENIED, "MOON_IS_FULL"

    received = over_the_wire(sent)

    assert type(received) is errors.ZerokerfError
    assert (received.kind, received.reason) == (errors.Kind.PERMISSION_DENIED, "MOON_IS_FULL")
    assert (str(received), received.facts) == ("The moon is full.", {"phase": "full"})


@pytest.mark.parametrize(
    ("code", "details", "expected"),
    [
        (grpc.StatusCode.UNAVAILABLE, "failed to connect", errors.ServiceUnreachable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded", errors.ServiceUnreachable),
        (grpc.StatusCode.CANCELLED, "CANCELLED", errors.ServiceUnreachable),
        (grpc.StatusCode.INTERNAL, "Received RST_STREAM with error code 2", errors.ServiceUnreachable),
        (grpc.StatusCode.INTERNAL, "Internal error from Core", errors.ServiceUnreachable),
        (grpc.StatusCode.UNAUTHENTICATED, "", errors.Unauthenticated),
        (grpc.StatusCode.INTERNAL, "secret", errors.InternalError),
        (grpc.StatusCode.UNKNOWN, None, errors.InternalError),
        (grpc.StatusCode.UNIMPLEMENTED, "Method not found!", errors.InternalError),
    ],
)
def test_a_status_that_is_not_ours_says_what_it_means(
    code: grpc.StatusCode, details: str | None, expected: type[errors.ZerokerfError]
) -> None:
    received = from_rpc_error(rpc_error(code, details))

    assert type(received) is expected
    assert "secret" not in str(received)


def test_details_that_are_not_a_status_are_ignored() -> None:
    received = from_rpc_error(rpc_error(grpc.StatusCode.UNAVAILABLE, "", b"\xff\xff garbage"))

    assert type(received) is errors.ServiceUnreachable


def test_an_error_info_of_another_domain_is_not_ours() -> None:
    status = Status(code=5, message="secret")
    status.details.add().Pack(ErrorInfo(reason="JOB_NOT_FOUND", domain="example.org"))

    received = from_rpc_error(rpc_error(grpc.StatusCode.NOT_FOUND, "secret", status.SerializeToString()))

    assert type(received) is errors.InternalError


@pytest.mark.parametrize("text", ["x" * 10_000, "\N{SNOWMAN}" * 10_000, "\ud800" * 10_000])
def test_a_huge_value_still_fits_into_trailers(text: str) -> None:
    not_found = to_status(errors.JobNotFound(text))
    invalid = to_status(errors.InvalidParams({f"{text}{n}": text for n in range(100)}))

    assert not_found.ByteSize() < 4200
    assert invalid.ByteSize() < 4200
    assert type(over_the_wire(errors.JobNotFound(text))) is errors.JobNotFound
