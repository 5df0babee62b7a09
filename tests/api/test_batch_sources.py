"""Where a recording may come from: keys of uploads, streams, and places made for them."""

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct

from server.api import batch_rules
from server.fetch.guard import AddressPolicy
from storage.keys import upload_data_key
from tests.api.batch_house import asked
from tests.api.batch_models import models
from zerokerf.errors import InvalidParams, UploadNotFound
from zerokerf.v1 import batch_pb2
from zerokerf.v1 import batch_service_pb2 as pb

MODELS = models()


def test_the_key_of_an_upload_stands_for_it() -> None:
    request = pb.CreateBatchJobRequest()
    request.source.upload_key = upload_data_key("acc_a", "upl_0123456789abcdefghij")

    assert (
        batch_rules.job_request(request, "acc_a", AddressPolicy(), MODELS).upload_id
        == "upl_0123456789abcdefghij"
    )


@pytest.mark.parametrize(
    "key",
    [
        "t/acc_b/u/upl_0123456789abcdefghij/data.bin",
        "t/acc_a/u/upl_0123456789abcdefghij/data.bin/",
        "t/acc_a/u/upl_0123456789abcdefghij/parts/1.bin",
        "t/acc_a/u/../data.bin",
        "t/acc_a/u//data.bin",
        "t/acc_a/j/job_0123456789abcdefghij/in/source",
        "data.bin",
        "/",
        "\0",
        "k" * 5000,
    ],
)
def test_a_key_that_is_no_upload_of_the_account_is_not_found(key: str) -> None:
    request = pb.CreateBatchJobRequest()
    request.source.upload_key = key

    with pytest.raises(UploadNotFound) as raised:
        batch_rules.job_request(request, "acc_a", AddressPolicy(), MODELS)

    assert len(raised.value.sentence) < 200


def test_a_stream_brings_its_own_source() -> None:
    with pytest.raises(InvalidParams) as raised:
        batch_rules.streamed_request(asked(), AddressPolicy(), MODELS)

    assert list(raised.value.violations) == ["source"]
    assert (
        batch_rules.streamed_request(pb.CreateBatchJobRequest(), AddressPolicy(), MODELS).source_url is None
    )


@pytest.mark.parametrize(
    "request_",
    [
        pb.CreateBatchUploadRequest(transcription_config=batch_pb2.TranscriptionConfig(language="de")),
        pb.CreateBatchUploadRequest(tracking=ParseDict({"title": 1}, Struct())),
        pb.CreateBatchUploadRequest(
            output_config=batch_pb2.OutputConfig(srt_overrides=batch_pb2.SrtOverrides(max_lines=0))
        ),
        pb.CreateBatchUploadRequest(job_id="a b"),
    ],
    ids=["config", "tracking", "output", "id"],
)
def test_a_place_checks_the_job_that_is_to_follow(request_: pb.CreateBatchUploadRequest) -> None:
    with pytest.raises(InvalidParams):
        batch_rules.upload_request(request_, MODELS)
