"""TLS of our own, as the settings have it: the certificate that an API shows, and whom we believe when we ask others."""

import asyncio
import ssl
from pathlib import Path

import httpx

from shared.kernel.settings import Settings
from shared.observability.logs import log

LOOK_SECONDS = 30.0
"""How often the files of a certificate are looked at: whoever renews it does so days before it ends."""


class TlsUnreadable(Exception):
    """A file that a setting for TLS names cannot be used; the sentence names the setting."""


class OwnCertificate:
    """What an API shows to who asks it over TLS. A renewed certificate is taken from the same files without a restart."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises TlsUnreadable."""
        self._files = (certificate, key)
        try:
            self._stamp = self._look()
            self.context = self._read()
        except (OSError, ValueError) as error:  # SSLError is an OSError
            raise TlsUnreadable(
                f"HAVN_TLS_CERTIFICATE={certificate} and HAVN_TLS_KEY={key} are no certificate and its key in PEM "
                f"({type(error).__name__})."
            ) from None

    async def keep_fresh(self) -> None:
        """Show a renewed certificate to whoever connects from then on, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look_again()

    def look_again(self) -> None:
        """Take the certificate from its files, if they have changed. One that cannot be used changes nothing; it is said."""
        try:
            stamp = self._look()
            if stamp == self._stamp:
                return
            self._read()  # first aside: half a change would leave the server without any
            self.context.load_cert_chain(*self._files)
        except (OSError, ValueError) as error:
            log.error("the renewed certificate cannot be used; the old one stays", reason=type(error).__name__)
            return
        self._stamp = stamp
        log.info("certificate renewed")

    def _look(self) -> list[tuple[int, int]]:
        return [(found.st_mtime_ns, found.st_ino) for found in (file.stat() for file in self._files)]

    def _read(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self._files)
        return context


def own_certificate(settings: Settings) -> OwnCertificate | None:
    """The certificate that the port for partners is served with; None where it speaks plain HTTP. Raises TlsUnreadable."""
    if settings.tls_certificate and settings.tls_key:
        return OwnCertificate(settings.tls_certificate, settings.tls_key)
    return None


def trust_in_services(settings: Settings) -> ssl.SSLContext | bool:
    """Whom we believe to be another service: who our own authority has signed and nobody else, where there is one; otherwise
    whoever the world believes. Raises TlsUnreadable."""
    if settings.service_ca is None:
        return True
    try:
        return ssl.create_default_context(cafile=settings.service_ca)
    except (OSError, ValueError) as error:
        raise TlsUnreadable(
            f"HAVN_SERVICE_CA={settings.service_ca} is no authority in PEM ({type(error).__name__})."
        ) from None


def trust_in_issuers(settings: Settings) -> ssl.SSLContext | bool:
    """Whom we believe to be an issuer: whoever the world believes, and who the issuers' own authority has signed, where there
    is one. Raises TlsUnreadable."""
    if settings.issuer_ca is None:
        return True
    context = httpx.create_ssl_context(trust_env=False)
    try:
        context.load_verify_locations(settings.issuer_ca)
    except (OSError, ValueError) as error:
        raise TlsUnreadable(
            f"HAVN_ISSUER_CA={settings.issuer_ca} is no authority in PEM ({type(error).__name__})."
        ) from None
    return context
