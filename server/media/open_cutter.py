"""Chooses how a recording is cut."""

import asyncio
from dataclasses import replace
from pathlib import Path

from server.media.copying.copier import Copier, NotCopyable
from server.media.copying.cutter import CopyCutter
from server.media.copying.flac.decode import FrameDecoder
from server.media.copying.flac.limited import LimitedFrames
from server.media.copying.open_copier import open_copier
from server.media.cutter import Cutter, Tools
from server.media.decode import OnSamples, decode
from server.media.edges.proof import EdgeSource
from server.media.encoding.cutter import EncodeCutter
from server.media.encoding.options import plan_encode
from server.media.facts import SourceFacts
from server.media.integrity import check_integrity
from server.media.recipe import Recipe
from zerokerf.encoding import Encoding
from zerokerf.formats import Format

#: How the note begins that tells why frames could not be copied.
ENCODED_AGAIN = "Encoded again instead of copied"
ASKED_FOR = "An encoding of its own was asked for."


async def open_cutter(
    source: Path,
    facts: SourceFacts,
    recipe: Recipe,
    folder: Path,
    tools: Tools,
    on_decoded: OnSamples,
    *,
    why_not_copied: str | None = None,
) -> Cutter:
    """With a reason in `why_not_copied` frames are not copied, whatever the recipe says: what `Making` says
    of an earlier try makes this one in the same way.

    Raises CorruptFile for a source that holds no audio, or less than it promises where that is not tolerated.
    """
    stays = recipe.format in (None, facts.format)
    is_asked_for = recipe.encoding != Encoding()
    if stays and not is_asked_for and why_not_copied is None:
        try:
            copier = await asyncio.to_thread(_open_copier, facts, source, LimitedFrames(tools.prober))
            check_integrity(copier.integrity, copier.sample_count, recipe.damage)
            return CopyCutter(
                copier, EdgeSource(path=source, demuxer=facts.demuxer, copier=copier), folder, tools
            )
        except NotCopyable as declined:
            why_not_copied = declined.reason
    decoded = await decode(source, facts, folder, tools.decoder, tools.limits, on_decoded)
    check_integrity(decoded.integrity, decoded.pcm.sample_count, recipe.damage)
    plan = plan_encode(decoded.pcm, recipe.format or facts.format, facts.codec, recipe.encoding)
    if is_asked_for:
        why_not_copied = ASKED_FOR if stays else None
    elif why_not_copied is not None:
        note = f"{ENCODED_AGAIN}: {why_not_copied}"
        plan = replace(plan, notes=(note, *plan.notes))
    return EncodeCutter(decoded.pcm, decoded.integrity, plan, folder, tools, why_not_copied)


def _open_copier(facts: SourceFacts, source: Path, decode: FrameDecoder) -> Copier:
    """Raises NotCopyable for what is damaged as well: decoding it tells what is lost."""
    copier = open_copier(facts.format, source, decode)
    if copier.integrity.resyncs:
        raise NotCopyable("Frames of the file are damaged.")
    if copier.integrity.is_truncated and copier.format is Format.FLAC:
        # What follows the first break may still be decoded, and encoding it again loses nothing.
        raise NotCopyable("The file is cut short, or its frames do not follow each other.")
    if copier.sample_rate != facts.sample_rate:
        raise NotCopyable("Its frames say less than a decoder makes of them.")
    return copier
