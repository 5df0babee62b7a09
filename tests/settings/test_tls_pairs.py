"""Files of certificates that only mean something together."""

import pytest

from server.settings import load_settings
from zerokerf.errors import ConfigError


@pytest.mark.parametrize("one", ["GRPC_TLS_CERT", "CLIENT_CERT", "TEMPORAL_CERT"])
def test_a_certificate_without_its_key_is_no_setting(one: str) -> None:
    name = f"ZEROKERF_{one}_FILE"

    with pytest.raises(ConfigError, match=f"{name} and {name.replace('CERT', 'KEY')} go together"):
        load_settings(environment={name: "/cert.pem"})


def test_certificates_of_clients_need_tls() -> None:
    with pytest.raises(ConfigError, match="ZEROKERF_GRPC_TLS_CERT_FILE"):
        load_settings(environment={"ZEROKERF_GRPC_TLS_CLIENT_CA_FILE": "/ca.pem"})
