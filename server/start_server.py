"""Builds what the gRPC server works with, and lets it serve."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

from server.accounts.account_records import AccountRecords
from server.accounts.api_keys import ApiKeys
from server.accounts.authentication import Authentication
from server.accounts.bootstrap import ensure_bootstrap
from server.accounts.closing import Closing
from server.accounts.export_records import ExportRecords, ExportRef
from server.accounts.exports import Exports
from server.accounts.key_records import KeyRecords
from server.accounts.key_uses import KeyUses, keep_counting
from server.accounts.quotas import Quotas
from server.accounts.rate_limits import RateLimits
from server.accounts.token_keys import open_token_keys
from server.accounts.tokens import TokenRules, Tokens
from server.accounts.usage import Usage
from server.api.account_service import AccountParts, AccountService
from server.api.batch_files import BatchFiles
from server.api.batch_service import BatchService
from server.api.desk import Desk
from server.api.grpc_server import Services, Tls, running_grpc_server
from server.api.segment_files import SegmentFiles
from server.api.split_service import SplitService
from server.api.upload_service import UploadService
from server.api.webhook_service import WebhookService
from server.fetch.guard import AddressPolicy
from server.jobs.batch.jobs import BatchJobs
from server.jobs.handover.open_work import OpenWork
from server.jobs.handover.reconciler import Round, Sweep, reconcile_forever, rounds_of_jobs
from server.jobs.splits.jobs import SplitJobs
from server.parts import Ground, open_models
from server.pem_files import read_pem, read_pem_if_named
from server.process import Stopped, owned
from server.settings import Settings
from server.speech.models import Models
from server.webhooks.delivery_log import DeliveryLog
from server.webhooks.endpoints import Endpoints
from server.webhooks.signing_secrets import SigningSecrets
from server.workflows.upkeep.engine import AccountEngine
from server.workflows.upkeep.schedule import RetentionSchedule
from storage.address import object_uri, parse_address


async def start_server(
    stack: AsyncExitStack, settings: Settings, ground: Ground, stopped: Stopped
) -> str | None:
    """Returns the API key that was made at the first start, once."""
    fresh_key = await ensure_bootstrap(
        ground.database,
        settings.plain("bootstrap_api_key"),
        webhook_secret=settings.plain("webhook_secret"),
    )
    uses = KeyUses(ground.database)
    await stack.enter_async_context(owned(keep_counting(uses), "key uses", stopped))
    authentication = await _authentication(settings, ground, uses)
    accounts = _Accounts(ground)
    reconciling = reconcile_forever(_rounds(settings, ground, accounts))
    await stack.enter_async_context(owned(reconciling, "reconciler", stopped))
    running = running_grpc_server(
        settings.grpc_address,
        services=await _services(settings, ground, accounts, authentication.forget),
        authenticator=authentication,
        rate_limits=RateLimits(ground.database),
        probes={
            "database": ground.database.check,
            "engine": ground.engine.check,
            "storage": ground.storage.store.check,
        },
        tls=await asyncio.to_thread(_tls, settings),
        observer=ground.observing.metrics.calls,
        tracer=ground.observing.tracer,
    )
    await stack.enter_async_context(running)
    return fresh_key


class _Accounts:
    """What makes archives of accounts, and ends them."""

    def __init__(self, ground: Ground) -> None:
        engine = AccountEngine(ground.client)
        self.exports = Exports(ground.database, engine, ground.storage.signer)
        self.export_records = ExportRecords(ground.database)
        self.closing = Closing(ground.database, engine)
        self._engine = engine

    async def start_export(self, ref: ExportRef) -> None:
        await self._engine.start_export(ref.id, ref.account_id)


async def _authentication(settings: Settings, ground: Ground, uses: KeyUses) -> Authentication:
    keys = await asyncio.to_thread(
        open_token_keys, settings.jwt_jwks_url, settings.jwt_public_key_file, settings.data_dir
    )
    rules = TokenRules(settings.jwt_audience, settings.jwt_issuer, settings.jwt_account_claim)
    return Authentication(
        ApiKeys(ground.database, ground.plans, uses), Tokens(ground.database, ground.plans, keys, rules)
    )


def _rounds(settings: Settings, ground: Ground, accounts: _Accounts) -> tuple[Round, ...]:
    """What is repaired and seen to for as long as the server runs."""
    work, deliveries = OpenWork(ground.database), ground.deliveries
    handed_over = ground.observing.metrics.upkeep.handed_over
    sweep = partial(Sweep, on_handed_over=handed_over)
    return (
        *rounds_of_jobs(work, ground.engine, ground.afterwards.admission, handed_over),
        sweep("deliver", ground.delivery_records.due, deliveries.start),
        sweep("export", accounts.export_records.unfinished, accounts.start_export),
        sweep("close_account", accounts.closing.unfinished, accounts.closing.hand_over),
        RetentionSchedule(ground.client, timedelta(seconds=settings.retention_every_s)),
    )


async def _services(
    settings: Settings, ground: Ground, accounts: _Accounts, forget: Callable[[str], None]
) -> Services:
    """`forget` is told the hash of every secret that ends."""
    policy = AddressPolicy(settings.fetch_allow)
    models = await open_models(settings)
    desk = Desk(Quotas(ground.database), settings.webhook_progress_bytes)
    database = ground.database
    return Services(
        splits=_splits(ground, policy, models, desk),
        batches=_batches(settings, ground, policy, models, desk),
        uploads=UploadService(ground.uploads),
        accounts=AccountService(
            AccountParts(
                keys=KeyRecords(database, forget=forget),
                accounts=AccountRecords(database, ground.plans),
                usage=Usage(database),
                exports=accounts.exports,
                closing=accounts.closing,
            ),
            policy,
        ),
        webhooks=WebhookService(
            DeliveryLog(database), ground.deliveries, Endpoints(database), SigningSecrets(database)
        ),
    )


def _splits(ground: Ground, policy: AddressPolicy, models: Models, desk: Desk) -> SplitService:
    jobs = SplitJobs(ground.records, ground.engine, ground.uploads, ground.wakeups, ground.afterwards)
    return SplitService(jobs, SegmentFiles(ground.storage.signer), policy, models, desk)


def _batches(
    settings: Settings, ground: Ground, policy: AddressPolicy, models: Models, desk: Desk
) -> BatchService:
    jobs = BatchJobs(ground.batches, ground.engine, ground.recordings, ground.wakeups, ground.afterwards)
    files = BatchFiles(ground.storage.signer, partial(object_uri, parse_address(settings.storage)))
    return BatchService(jobs, ground.recordings, files, policy, models, desk)


def _tls(settings: Settings) -> Tls | None:
    cert, key = settings.grpc_tls_cert_file, settings.grpc_tls_key_file
    if cert is None or key is None:
        return None
    return Tls(read_pem(cert), read_pem(key), read_pem_if_named(settings.grpc_tls_client_ca_file))
