"""Builds what a worker works with, and sets it to work."""

from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import structlog
from temporalio.worker import Worker

from server.accounts.export_records import ExportRecords
from server.database.clock import utc_now
from server.fetch.guard import AddressPolicy
from server.fetch.limits import FetchLimits
from server.fetch.post import public_post
from server.jobs.kinds import KindName
from server.media.cutter import Tools
from server.media.decoder import check_decoder, find_decoder
from server.media.facts import MediaLimits
from server.media.probing.prober import start_prober
from server.parts import BATCH_MAX_BYTES, Ground, open_models
from server.retention.closed import ClosedAccounts
from server.settings import Settings, WorkerKind
from server.speech.listening import SpeechDetector
from server.speech.whisper import WhisperRuntime
from server.webhooks.sending import Sender
from server.webhooks.signing_secrets import SigningSecrets
from server.workflows.activities import SplitActivities, SplitParts
from server.workflows.batch_activities import BatchActivities, BatchParts
from server.workflows.composing.cutter import Composing
from server.workflows.composing.local import LocalComposing
from server.workflows.cutting import Cutting
from server.workflows.planning import Planning
from server.workflows.recognizers import open_recognizers
from server.workflows.scratch import Scratch, open_scratch
from server.workflows.segment_transcripts import SegmentTranscripts
from server.workflows.sources import Sources
from server.workflows.steps import Steps
from server.workflows.transcribing import Transcribing
from server.workflows.upkeep.closing_activities import ClosingActivities, ClosingParts
from server.workflows.upkeep.export_activities import ExportActivities, ExportParts
from server.workflows.upkeep.retention_activities import RetentionActivities, RetentionParts
from server.workflows.upkeep.worker import make_upkeep_worker
from server.workflows.webhooks.activities import WebhookActivities, WebhookParts
from server.workflows.webhooks.bodies import WebhookBodies
from server.workflows.webhooks.worker import make_webhook_worker
from server.workflows.worker import make_workers
from storage.compose import Composer
from storage.interface import ObjectStore

log = structlog.get_logger()


async def start_worker(stack: AsyncExitStack, settings: Settings, ground: Ground) -> None:
    decoder = find_decoder(settings.ffmpeg)
    version = await check_decoder(decoder)
    log.info("decoder found", action="start", version=version)
    prober = await stack.enter_async_context(start_prober())
    scratch = stack.enter_context(open_scratch(settings.scratch.absolute(), settings.scratch_max_bytes))
    tools = Tools(decoder, prober, MediaLimits(max_segments=settings.max_segments), settings.encode_parallel)
    limits = FetchLimits(
        max_bytes=settings.max_source_bytes, total_s=settings.fetch_total_s, idle_s=settings.fetch_idle_s
    )
    sources = Sources(ground.uploads, AddressPolicy(settings.fetch_allow), limits)
    store, client, after = ground.storage.store, ground.client, ground.afterwards
    transcribing = await _transcribing(stack, settings, ground, tools)
    of_segments = replace(transcribing, records=ground.records)
    split = SplitActivities(
        SplitParts(
            records=ground.records,
            steps=Steps(ground.records, sources, store, scratch, client, after),
            cutting=Cutting(ground.records, store, tools, _local_composing(settings, store)),
            composing=Composing(store, _composer(settings, store), tools),
            planning=Planning(sources, tools),
            transcribing=of_segments,
            transcripts=SegmentTranscripts(ground.records, store, of_segments),
        )
    )
    batch = BatchActivities(
        BatchParts(
            records=ground.batches,
            steps=Steps(ground.batches, sources.up_to(BATCH_MAX_BYTES), store, scratch, client, after),
            transcribing=transcribing,
        )
    )
    cut, encode, transcribe = make_workers(ground.client, split, batch, settings.worker_jobs)
    workers = {
        WorkerKind.CUT: cut,
        WorkerKind.ENCODE: encode,
        WorkerKind.TRANSCRIBE: transcribe,
        WorkerKind.DELIVER: make_webhook_worker(ground.client, _webhooks(settings, ground)),
        WorkerKind.UPKEEP: _upkeep_worker(settings, ground, scratch),
    }
    for kind, worker in workers.items():
        if kind in settings.worker_kinds:
            await stack.enter_async_context(worker)


def _composer(settings: Settings, store: ObjectStore) -> Composer | None:
    return store if settings.storage_compose and isinstance(store, Composer) else None


def _local_composing(settings: Settings, store: ObjectStore) -> LocalComposing | None:
    composer = _composer(settings, store)
    return LocalComposing(store, composer) if composer is not None else None


def _webhooks(settings: Settings, ground: Ground) -> WebhookActivities:
    post = public_post(AddressPolicy(settings.fetch_allow))
    return WebhookActivities(
        WebhookParts(
            records=ground.delivery_records,
            bodies=WebhookBodies(ground.records, ground.batches, ground.storage.signer),
            sender=Sender(
                post,
                SigningSecrets(ground.database),
                on_attempt=ground.observing.metrics.webhooks.attempted,
            ),
        )
    )


def _upkeep_worker(settings: Settings, ground: Ground, scratch: Scratch) -> Worker:
    database, store = ground.database, ground.storage.store
    retention = RetentionActivities(
        RetentionParts(
            database, store, ground.storage.sweeper, utc_now, timedelta(days=settings.records_days)
        )
    )
    exports = ExportActivities(ExportParts(database, ExportRecords(database), store, scratch))
    closing = ClosingActivities(
        ClosingParts(
            ClosedAccounts(database, store),
            {KindName.SPLIT: ground.records, KindName.BATCH: ground.batches},
            ground.engine,
        )
    )
    return make_upkeep_worker(ground.client, retention, exports, closing)


async def _transcribing(
    stack: AsyncExitStack, settings: Settings, ground: Ground, tools: Tools
) -> Transcribing:
    runtime = WhisperRuntime(
        device=settings.speech_device,
        compute_type=settings.speech_compute_type,
        threads=settings.speech_threads,
        batch_windows=settings.speech_batch,
    )
    detector = SpeechDetector(threads=settings.speech_threads)
    stack.push_async_callback(detector.close)
    models = await open_models(settings)
    hears = WorkerKind.TRANSCRIBE in settings.worker_kinds
    default = models.all[0] if hears else None  # others need one only to tell languages apart
    return Transcribing(
        records=ground.batches,
        store=ground.storage.store,
        tools=tools,
        detector=detector,
        models=models,
        recognizers=await stack.enter_async_context(
            open_recognizers(runtime, default, ground.observing.metrics.speech.recognizing)
        ),
    )
