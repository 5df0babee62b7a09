"""How errors cross the engine."""

import errno

import pytest
from temporalio.exceptions import ApplicationError

from server.jobs.wanted import JobNoLongerWanted
from server.workflows.failures import NO_LONGER_WANTED, failure_of, may_pass, reported, reported_in
from server.workflows.messages import FailedJob, JobRef, packed_plan, unpacked_plan
from zerokerf.errors import CorruptFile, InternalError, InvalidParams, StorageDenied, Unavailable

JOB = JobRef("job_a", "acc_a")


def crossed(error: Exception) -> ApplicationError:
    with pytest.raises(ApplicationError) as raised, reported():
        raise error
    return raised.value


def test_an_error_of_the_source_keeps_its_reason_sentence_and_facts() -> None:
    error = crossed(CorruptFile("10 of 20 samples are there.", expected=20))

    assert (error.type, error.non_retryable) == ("CORRUPT_FILE", True)
    assert error.message == "The source could not be decoded: 10 of 20 samples are there."
    assert error.details == ({"expected": "20"},)


def test_a_passing_outage_is_retried_and_its_sentence_stays_inside() -> None:
    error = crossed(Unavailable("The object store"))

    assert (error.type, error.non_retryable) == ("JOB_FAILED", False)
    assert "object store" not in error.message


def test_our_own_trouble_is_not_told_to_clients() -> None:
    error = crossed(InternalError())

    assert (error.type, error.non_retryable) == ("JOB_FAILED", True)


def test_a_store_that_refuses_our_credentials_is_an_outage() -> None:
    assert may_pass(crossed(StorageDenied()))


def test_a_job_that_is_no_longer_wanted_is_told_apart_from_a_failure() -> None:
    error = crossed(JobNoLongerWanted("job_a"))

    assert (error.type, error.details) == (NO_LONGER_WANTED, ({},))


def test_a_full_disk_is_an_outage() -> None:
    error = crossed(OSError(errno.ENOSPC, "no space left in /var/secret"))

    assert may_pass(error)
    assert "secret" not in error.message


def test_an_accident_is_left_to_the_engine_to_retry() -> None:
    with pytest.raises(ZeroDivisionError), reported():
        _ = 1 / 0


def test_a_failure_without_a_reason_is_ours() -> None:
    assert failure_of(FailedJob(JOB)).reason == "JOB_FAILED"
    assert failure_of(FailedJob(JOB, "CORRUPT_FILE", "It broke.", {"a": "b"})).facts == {"a": "b"}


def test_whoever_waits_gets_the_same_error_on_the_other_side() -> None:
    there = reported_in(crossed(InvalidParams({"encoding.bit_rate": "It is too high."})))

    assert isinstance(there, InvalidParams)
    assert there.violations == {"encoding.bit_rate": "It is too high."}
    assert isinstance(reported_in(crossed(CorruptFile("it is torn."))), CorruptFile)


def test_an_accident_is_no_error_of_ours_on_the_other_side() -> None:
    assert reported_in(ApplicationError("a bug", type="ZeroDivisionError")) is None


def test_the_plan_of_many_segments_is_small_enough_for_the_engine() -> None:
    segments = [{"index": index, "title": f"{index} " + "Kapitel " * 37} for index in range(5000)]

    packed = packed_plan({"segments": segments})

    assert len(packed) < 200_000
    assert unpacked_plan(packed) == {"segments": segments}
