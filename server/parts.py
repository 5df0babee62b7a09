"""What server and worker stand on: the engine's client, the records, the store and the keys."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr
from temporalio.client import Client
from temporalio.service import RPCError

from server.accounts.kept_file import kept_once
from server.accounts.plans import Plans, read_plans
from server.database.clock import utc_now
from server.database.migrate import migrate
from server.database.open import Database, open_database
from server.jobs.batch.records import BatchRecords
from server.jobs.handover.admission import Admission
from server.jobs.handover.afterwards import Afterwards
from server.jobs.handover.open_counts import count_open
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.open import Wakeups, open_wakeups
from server.observe.observing import Observing
from server.settings import Settings
from server.speech.model_files import ModelFiles
from server.speech.models import Model, Models, bundled_model, find_model
from server.uploads.uploads import Uploads
from server.webhooks.deliveries import Deliveries
from server.webhooks.delivery_log import DeliveryLog
from server.webhooks.delivery_records import DeliveryRecords
from server.webhooks.pending import count_pending
from server.workflows.embedded.engine import EngineAddress, read_published_address, running_engine
from server.workflows.engine import TemporalEngine
from server.workflows.engine_tls import engine_tls
from server.workflows.observing import interceptors
from server.workflows.webhooks.engine import DeliveryEngine
from storage.open_store import OpenedStore, open_store
from storage.s3_client import S3Credentials
from zerokerf.errors import ConfigError

ENGINE_APPEARS_WITHIN_S = 30.0
BATCH_MAX_BYTES = 2**30
BUNDLED_MODEL = "zerokerf/whisper-tiny.en"
BATCH_LINK_LIVES = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Ground:
    observing: Observing
    client: Client
    engine: TemporalEngine
    plans: Plans
    database: Database
    afterwards: Afterwards
    deliveries: Deliveries
    delivery_records: DeliveryRecords
    records: SplitRecords
    batches: BatchRecords
    wakeups: Wakeups
    storage: OpenedStore
    uploads: Uploads
    #: Recordings to transcribe, smaller and sooner sent.
    recordings: Uploads

    async def look(self) -> None:
        """The metrics say what the records say now. Raises Unavailable."""
        metrics, counts = self.observing.metrics, await count_open(self.database)
        since = counts.waiting_since
        waited_s = 0.0 if since is None else (utc_now() - since).total_seconds()
        metrics.jobs.stand(counts.by_kind_and_state, max(0.0, waited_s))
        metrics.webhooks.stand(await count_pending(self.database))


@asynccontextmanager
async def open_ground(
    settings: Settings, observing: Observing, *, owns_engine: bool
) -> AsyncIterator[Ground]:
    """Everything opened, migrated and reachable; closed in reverse order. Raises ConfigError."""
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(_make_data_dir, settings)
        address = await _engine_address(stack, settings, owns_engine=owns_engine)
        storage = await stack.enter_async_context(open_storage(settings))
        await storage.store.check()
        database = await stack.enter_async_context(open_database(settings.database))
        await migrate(database)
        wakeups = await stack.enter_async_context(open_wakeups(database))
        client = await connect_engine(settings, address, observing)
        engine = TemporalEngine(client)
        plans = await asyncio.to_thread(read_plans, settings.plans_file, settings.default_plan)
        admission = Admission(database, engine, lambda plan_id: plans.of(plan_id).concurrent_jobs)
        delivery_records = DeliveryRecords(database)
        delivery_engine = DeliveryEngine(client, settings.webhook_schedule)
        deliveries = Deliveries(delivery_records, DeliveryLog(database), delivery_engine)
        yield Ground(
            observing=observing,
            client=client,
            engine=engine,
            plans=plans,
            database=database,
            afterwards=Afterwards(admission, deliveries),
            deliveries=deliveries,
            delivery_records=delivery_records,
            records=SplitRecords(database, wakeups, observer=observing.metrics.jobs),
            batches=BatchRecords(database, wakeups, observer=observing.metrics.jobs),
            wakeups=wakeups,
            storage=storage,
            uploads=Uploads(database, storage.store, storage.signer, settings.max_source_bytes),
            recordings=Uploads(
                database,
                storage.store,
                storage.signer,
                min(BATCH_MAX_BYTES, settings.max_source_bytes),
                link_lives=BATCH_LINK_LIVES,
            ),
        )


@asynccontextmanager
async def open_storage(settings: Settings) -> AsyncIterator[OpenedStore]:
    credentials = None
    if settings.storage_access_key is not None and settings.storage_secret_key is not None:
        credentials = S3Credentials(
            settings.storage_access_key.get_secret_value(),
            settings.storage_secret_key.get_secret_value(),
            _plain(settings.storage_session_token),
        )
    async with open_store(
        settings.storage,
        credentials=credentials,
        signing_key=await asyncio.to_thread(signing_key, settings),
        public_url=settings.public_base_url,
    ) as opened:
        yield opened


def signing_key(settings: Settings) -> bytes:
    """The key of links to local files: the setting, or a random one kept in the data folder."""
    if settings.signing_key is not None:
        return settings.signing_key.get_secret_value().encode()
    _make_data_dir(settings)
    return kept_once(settings.data_dir / "signing.key", lambda: secrets.token_hex(32).encode())


async def open_models(settings: Settings) -> Models:
    """The speech models that jobs can name, without what they weigh. Raises ConfigError."""
    cache = settings.data_dir / "models"
    if not settings.speech_models:
        files = await asyncio.to_thread(ModelFiles.open, bundled_model())
        return Models.of([Model(BUNDLED_MODEL, files)], settings.speech_enhanced)
    models = []
    for code, source in settings.speech_models:
        folder = await asyncio.to_thread(find_model, source, cache, may_download=settings.speech_downloads)
        models.append(Model(code, await asyncio.to_thread(ModelFiles.open, folder)))
    return Models.of(models, settings.speech_enhanced)


async def _engine_address(stack: AsyncExitStack, settings: Settings, *, owns_engine: bool) -> EngineAddress:
    if settings.temporal_address is not None:
        return EngineAddress(settings.temporal_address, settings.temporal_namespace)
    if not owns_engine:
        return await _published_address(settings)
    engine = running_engine(settings.data_dir, port=settings.temporal_port, binary=settings.temporal_binary)
    return await stack.enter_async_context(engine)


async def _published_address(settings: Settings) -> EngineAddress:
    """Worker and server may start together, so the server is given time to publish its engine."""
    give_up_at = time.monotonic() + ENGINE_APPEARS_WITHIN_S
    while True:
        try:
            return read_published_address(settings.data_dir)
        except ConfigError:
            if time.monotonic() > give_up_at:
                raise
        await asyncio.sleep(0.2)


async def connect_engine(
    settings: Settings, address: EngineAddress, observing: Observing | None = None
) -> Client:
    """Raises ConfigError."""
    watching = () if observing is None else interceptors(observing.metrics.steps, observing.tracer)
    try:
        return await Client.connect(
            address.target,
            namespace=address.namespace,
            tls=await asyncio.to_thread(engine_tls, settings),
            api_key=_plain(settings.temporal_api_key),
            interceptors=watching,
        )
    except (RPCError, RuntimeError, OSError) as error:
        raise ConfigError(
            f"The job engine at {address.target} does not answer; check ZEROKERF_TEMPORAL_ADDRESS."
        ) from error


def _make_data_dir(settings: Settings) -> None:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"The data folder {settings.data_dir} cannot be made: {error.strerror}.") from error


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None
