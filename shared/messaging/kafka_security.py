"""TLS and logging in, as the settings have them, in the words of aiokafka's clients."""

import ssl
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from shared.kernel.settings import KafkaSecurity, Settings

PLAIN: Final[Mapping[str, Any]] = MappingProxyType({})
"""Neither TLS nor a login."""


class KafkaUnreadable(Exception):
    """A file that HAVN_KAFKA_... names cannot be used; the sentence names the settings."""


def security_of(settings: Settings) -> Mapping[str, Any]:
    """The arguments that every client of Kafka is made with. Raises KafkaUnreadable."""
    security = settings.kafka_security or KafkaSecurity.PLAINTEXT
    if security is KafkaSecurity.PLAINTEXT:
        return PLAIN
    arguments: dict[str, Any] = {"security_protocol": security.value, "ssl_context": _tls(settings)}
    if security is KafkaSecurity.SASL_SSL and settings.kafka_password:
        arguments |= {
            "sasl_mechanism": settings.kafka_sasl.value,
            "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return arguments


def _tls(settings: Settings) -> ssl.SSLContext:
    """A context that checks the broker's certificate and its name."""
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca)
        if settings.kafka_certificate:
            context.load_cert_chain(settings.kafka_certificate, settings.kafka_key)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise KafkaUnreadable(
            "HAVN_KAFKA_CA, HAVN_KAFKA_CERTIFICATE or HAVN_KAFKA_KEY names no usable PEM file "
            f"({type(error).__name__})."
        ) from None
    return context
