"""Where the keys that check tokens come from: a provider's address, its key in a file, or our own."""

from pathlib import Path

from server.accounts.dev_tokens import development_key, verifying_half
from server.accounts.jwks import PublishedKeys
from server.accounts.tokens import VerifyingKeys
from server.accounts.verifying_keys import OneKey, read_public_key
from zerokerf.errors import ConfigError


def open_token_keys(jwks_url: str | None, public_key_file: Path | None, data_dir: Path) -> VerifyingKeys:
    """With a provider, the service's own key counts for nothing. Reads files. Raises ConfigError."""
    if jwks_url is not None and public_key_file is not None:
        raise ConfigError("Set one of ZEROKERF_JWT_JWKS_URL and ZEROKERF_JWT_PUBLIC_KEY_FILE, not both.")
    if jwks_url is not None:
        return PublishedKeys(jwks_url)
    if public_key_file is not None:
        return OneKey(read_public_key(public_key_file))
    return OneKey(verifying_half(development_key(data_dir)))
