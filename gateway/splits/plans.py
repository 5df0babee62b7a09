"""Where a job would cut, told without making one: an extension of the documented API."""

from typing import NotRequired

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from typing_extensions import TypedDict

from gateway.backend import AnyCaller
from gateway.leaving import unless_client_leaves
from gateway.splits.answers import format_name
from gateway.splits.requests import parse_plan
from gateway.strict_json import json_object
from zerokerf.durations import Number, exact_length, exact_seconds
from zerokerf.v1.split_pb2 import PlannedSegment
from zerokerf.v1.split_service_pb2 import PlanSplitResponse


class PlannedSegmentJson(TypedDict):
    """Seconds are exact to the nanosecond. `expectedSize` is absent where only encoding can tell."""

    index: int
    start: float
    duration: float
    firstSample: int
    sampleCount: int
    reason: str
    title: NotRequired[str]
    shiftedSamples: int
    overlap: float
    expectedSize: NotRequired[int]
    sizeIsExact: bool


class SplitPlanJson(TypedDict):
    """What a job of the same body would do. Samples are those of the source."""

    outputFormat: str
    copiesFrames: bool
    sourceFileName: str
    sourceDuration: float
    sourceSize: int
    sourceFormat: str
    sampleRate: int
    channels: int
    sampleCount: int
    segments: list[PlannedSegmentJson]
    notes: list[str]


async def plan_split(request: Request, caller: AnyCaller) -> Response:
    config = caller.backend.config
    fields = await json_object(request, config.max_body_bytes, config.idle_timeout_s)
    call = caller.backend.splits.PlanSplit(
        parse_plan(fields), metadata=caller.metadata, timeout=config.plan_timeout_s
    )
    return JSONResponse(plan_json(await unless_client_leaves(request, call)))


def plan_json(plan: PlanSplitResponse) -> SplitPlanJson:
    source = plan.source
    return SplitPlanJson(
        outputFormat=format_name(plan.output_format),
        copiesFrames=plan.copies_frames,
        sourceFileName=source.file_name,
        sourceDuration=exact_seconds(source.duration),
        sourceSize=source.size,
        sourceFormat=format_name(source.format),
        sampleRate=source.sample_rate,
        channels=source.channels,
        sampleCount=source.sample_count,
        segments=[_segment_json(segment, source.sample_rate) for segment in plan.segments],
        notes=list(plan.notes),
    )


def _segment_json(segment: PlannedSegment, sample_rate: int) -> PlannedSegmentJson:
    answer: PlannedSegmentJson = {
        "index": segment.index,
        "start": _position(segment.first_sample, sample_rate),
        "duration": exact_seconds(segment.duration),
        "firstSample": segment.first_sample,
        "sampleCount": segment.sample_count,
        "reason": segment.reason,
    }  # type: ignore[typeddict-item]  # the others follow, in the order in which they are shown
    if segment.title:
        answer["title"] = segment.title
    answer["shiftedSamples"] = segment.shifted_samples
    answer["overlap"] = _position(segment.overlap_samples, sample_rate)
    if segment.HasField("expected_size"):
        answer["expectedSize"] = segment.expected_size
    answer["sizeIsExact"] = segment.size_is_exact
    return answer


def _position(samples: int, sample_rate: int) -> Number:
    return exact_length(samples, sample_rate) if sample_rate else 0
