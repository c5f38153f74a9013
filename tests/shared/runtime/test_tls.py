"""The services ask each other over TLS of their own: whom they believe, and a certificate that is renewed while they run."""

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from shared.http.peers import LocalTokens, PeerAway, Peers
from shared.kernel.settings import Settings, SettingsInvalid, read_settings
from shared.runtime import serving
from shared.runtime.operations import peers_of
from shared.runtime.platform import ConfigurationRefused, certificate_of, check_configuration, make_platform
from shared.runtime.running import Dispatcher
from shared.runtime.serving import take_port
from shared.runtime.tls import OwnCertificate, trust_in_issuers
from tests.shared.http.raw_http import self_signed
from tests.shared.runtime.test_exposure import production
from tests.shared.runtime.test_refusals import refused
from tests.shared.runtime.test_start import free_port


def authority(folder: Path, name: str, host: str = "localhost") -> dict[str, str]:
    (folder / name).mkdir()
    return self_signed(folder / name, host)[1]


def settings_with(folder: Path, files: dict[str, str], **others: Any) -> Settings:
    port = free_port()
    return production(
        folder,
        port=port,
        tls_certificate=files["ssl_certfile"],
        tls_key=files["ssl_keyfile"],
        service_urls={"stats": f"https://localhost:{port}"},
        **others,
    )


@asynccontextmanager
async def serving_over_tls(settings: Settings) -> AsyncIterator[OwnCertificate]:
    """An API that answers anything, as `run_api` serves one."""
    certificate, ready = certificate_of(settings), asyncio.Event()
    assert certificate
    app = Dispatcher()
    app.apps[""] = JSONResponse({"status": "here"})
    app.apps["token"] = JSONResponse({"access_token": "token", "expires_in": 60})
    with take_port(settings) as listener:
        task = asyncio.create_task(serving.serve(app, settings, listener, ready=ready.set, certificate=certificate))
        try:
            await asyncio.wait_for(ready.wait(), 5)
            yield certificate
        finally:
            signal.raise_signal(signal.SIGTERM)
            await task


async def asked(settings: Settings) -> dict[str, Any]:
    """What another service with these settings is answered."""
    platform = make_platform(settings, server_url="postgresql://127.0.0.1/x", client_id="x")
    try:
        return await Peers(settings, LocalTokens(lambda: "token"), platform.neighbours).get("stats", "/stats/v1/x")
    finally:
        await platform.close()


async def test_a_service_asks_another_over_tls_and_believes_our_authority_alone(tmp_path: Path) -> None:
    ours, other = authority(tmp_path, "ours"), authority(tmp_path, "other")
    settings = settings_with(tmp_path, ours, service_ca=ours["ssl_certfile"])
    async with serving_over_tls(settings):
        assert await asked(settings) == {"status": "here"}
        with pytest.raises(PeerAway, match="ConnectError"):
            await asked(settings.model_copy(update={"service_ca": Path(other["ssl_certfile"])}))
        with pytest.raises(PeerAway, match="ConnectError"):  # whoever the world believes has not signed it
            await asked(settings.model_copy(update={"service_ca": None}))
        async with httpx.AsyncClient(trust_env=False) as plain:
            with pytest.raises(httpx.TransportError):
                await plain.get(f"http://127.0.0.1:{settings.port}/stats/v1/x")


async def test_who_replays_dead_letters_by_hand_asks_over_the_same_tls(tmp_path: Path) -> None:
    files = authority(tmp_path, "ours")
    settings = settings_with(tmp_path, files, service_ca=files["ssl_certfile"], issuer_ca=files["ssl_certfile"])
    settings = settings.model_copy(update={"token_url": f"https://localhost:{settings.port}/token"})
    async with serving_over_tls(settings):
        async with peers_of("accommodation", settings) as peers:
            assert await peers.get("stats", "/stats/v1/x") == {"status": "here"}
        for setting in ("service_ca", "issuer_ca"):
            async with peers_of("accommodation", settings.model_copy(update={setting: None})) as peers:
                with pytest.raises(PeerAway, match="ConnectError"):
                    await peers.get("stats", "/stats/v1/x")


async def test_a_certificate_for_another_name_is_not_believed(tmp_path: Path) -> None:
    files = authority(tmp_path, "ours", host="havn.example")
    settings = settings_with(tmp_path, files, service_ca=files["ssl_certfile"])
    async with serving_over_tls(settings):
        with pytest.raises(PeerAway, match="ConnectError"):
            await asked(settings)


async def test_a_renewed_certificate_is_shown_without_a_restart_and_a_broken_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    files, renewed = authority(tmp_path, "ours"), authority(tmp_path, "renewed")
    settings = settings_with(tmp_path, files, service_ca=files["ssl_certfile"])
    monkeypatch.setattr("shared.runtime.tls.LOOK_SECONDS", 0.01)
    async with serving_over_tls(settings):
        await asyncio.to_thread(Path(files["ssl_keyfile"]).write_text, "half of a key")
        await asyncio.sleep(0.2)
        assert "the old one stays" in caplog.text
        assert await asked(settings.model_copy(update={"service_ca": trusted_copy(files, tmp_path)}))
        for part in ("ssl_certfile", "ssl_keyfile"):
            os.replace(renewed[part], files[part])
        await until_believed(settings)


def trusted_copy(files: dict[str, str], folder: Path) -> Path:
    copy = folder / "copy.pem"
    copy.write_bytes(Path(files["ssl_certfile"]).read_bytes())
    return copy


async def until_believed(settings: Settings) -> None:
    """The authority's file holds the renewed certificate, which is believed once it is shown."""
    async with asyncio.timeout(5):
        while True:
            with suppress(PeerAway):
                assert await asked(settings) == {"status": "here"}
                return
            await asyncio.sleep(0.02)


def test_an_issuers_own_authority_is_believed_besides_those_of_the_world(tmp_path: Path) -> None:
    files = authority(tmp_path, "ministry", host="login.example")
    settings = production(tmp_path, issuer_ca=files["ssl_certfile"])
    context = trust_in_issuers(settings)
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    names = [dict(part[0] for part in each["subject"]).get("commonName") for each in context.get_ca_certs()]
    assert "login.example" in names
    assert len(names) > 50


async def test_the_token_endpoint_and_the_keys_may_be_signed_by_the_issuers_own_authority(tmp_path: Path) -> None:
    files = authority(tmp_path, "ministry")
    served = settings_with(tmp_path, files)
    async with serving_over_tls(served):
        address = f"https://localhost:{served.port}/jwks"
        for settings, is_believed in (
            (served.model_copy(update={"issuer_ca": Path(files["ssl_certfile"])}), True),
            (served, False),
        ):
            platform = make_platform(settings, server_url="postgresql://127.0.0.1/x", client_id="x")
            clients = [platform.issuer, *(keys._client for _, keys in platform.verifier._issuers.values())]  # type: ignore[attr-defined]
            for client in clients:
                if is_believed:
                    assert (await client.get(address)).status_code == 200
                else:
                    with pytest.raises(httpx.ConnectError):
                        await client.get(address)
            await platform.close()


@pytest.mark.parametrize("setting", ["service_ca", "issuer_ca"])
def test_an_authority_that_cannot_be_read_is_named_before_anything_is_made(tmp_path: Path, setting: str) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for wrong in (tmp_path / "none.pem", tmp_path / "ca.pem"):
        with pytest.raises(ConfigurationRefused, match=f"HAVN_{setting.upper()}"):
            check_configuration(production(tmp_path, **{setting: wrong}))


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    files, other = authority(tmp_path, "ours"), authority(tmp_path, "other")
    for key in (other["ssl_keyfile"], str(tmp_path / "none.pem")):
        with pytest.raises(ConfigurationRefused, match="HAVN_TLS_CERTIFICATE"):
            certificate_of(production(tmp_path, tls_certificate=files["ssl_certfile"], tls_key=key))
    assert certificate_of(production(tmp_path)) is None
    said = refused(
        ("-m", "services.referrals", "api"),
        tmp_path / "new",
        HAVN_TLS_CERTIFICATE=files["ssl_certfile"],
        HAVN_TLS_KEY=other["ssl_keyfile"],
        HAVN_KAFKA="127.0.0.1:1",
        HAVN_DATABASE_URL="postgresql://127.0.0.1:1/x",
        HAVN_ISSUERS=str(production(tmp_path).issuers),
        HAVN_TOKEN_URL="https://i.example/token",
    )
    assert "HAVN_TLS_KEY" in said


def test_a_certificate_has_its_key_and_makes_the_address_of_this_machine_https(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAVN_TLS_CERTIFICATE", "certificate.pem")
    with pytest.raises(SettingsInvalid, match="HAVN_TLS_CERTIFICATE and HAVN_TLS_KEY"):
        read_settings()
    monkeypatch.setenv("HAVN_TLS_KEY", "key.pem")
    assert read_settings().origin == "https://127.0.0.1:8000"
