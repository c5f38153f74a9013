"""The parts around Havn that tests bring up for themselves: Kafka, in this process or real, and clamd."""

import ctypes
import glob
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import confluent_kafka
import pytest

KAFKA = Path(__file__).parent.parent / "tools" / "kafka"
PRODUCE = 0
OFFSET_COMMIT = 8
SHORT_LIVED = "-XX:TieredStopAtLevel=1"
"""For a Java that ends soon: it does without the compiler whose work pays after minutes, and starts in half the time."""


def skip_or_fail(reason: str) -> NoReturn:
    """Leave the test out where a part is missing; with HAVN_ALL_PARTS=1 that is a failure, so CI never skips unseen."""
    if os.environ.get("HAVN_ALL_PARTS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class MockKafka:
    """librdkafka's mock cluster of one broker: speaks the protocol of Kafka, keeps nothing, fails on request.

    It makes no topics through an admin client (use `make_topic`), but makes whatever topic a client asks for by name.
    Consumers must not check CRCs.
    """

    def __init__(self, library: ctypes.CDLL, cluster: int) -> None:
        self._library = library
        self._cluster = cluster
        self.bootstrap: str = library.rd_kafka_mock_cluster_bootstraps(cluster).decode()

    def make_topic(self, topic: str, partitions: int = 6) -> None:
        assert self._library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1) == 0

    def fail_next(self, request: int, codes: Sequence[int]) -> None:
        """Answer the next requests of this kind with these error codes, one each."""
        errors = (ctypes.c_int * len(codes))(*codes)
        self._library.rd_kafka_mock_push_request_errors_array(self._cluster, request, len(codes), errors)

    def answer_after(self, milliseconds: int) -> None:
        assert self._library.rd_kafka_mock_broker_set_rtt(self._cluster, 1, milliseconds) == 0

    def go_down(self) -> None:
        assert self._library.rd_kafka_mock_broker_set_down(self._cluster, 1) == 0

    def come_up(self) -> None:
        assert self._library.rd_kafka_mock_broker_set_up(self._cluster, 1) == 0


@contextmanager
def mock_kafka() -> Iterator[MockKafka]:
    """A mock cluster that starts in milliseconds and ends with the block."""
    library = _librdkafka()
    conf = library.rd_kafka_conf_new()
    library.rd_kafka_conf_set(conf, b"log_level", b"0", None, 0)
    client = library.rd_kafka_new(0, conf, None, 0)
    cluster = library.rd_kafka_mock_cluster_new(client, 1)
    library.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0)
    try:
        yield MockKafka(library, cluster)
    finally:
        library.rd_kafka_mock_cluster_destroy(cluster)
        library.rd_kafka_destroy(client)


def _librdkafka() -> ctypes.CDLL:
    # The wheel of confluent-kafka brings the library; its Python side shows neither topics nor errors of the mock.
    package = Path(confluent_kafka.__file__).parent
    library = ctypes.CDLL(glob.glob(str(package.parent / "confluent_kafka.libs" / "librdkafka*"))[0])
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "conf_new": (pointer, []),
        "conf_set": (number, [pointer, text, text, text, ctypes.c_size_t]),
        "new": (pointer, [number, pointer, text, ctypes.c_size_t]),
        "destroy": (None, [pointer]),
        "mock_cluster_new": (pointer, [pointer, number]),
        "mock_cluster_destroy": (None, [pointer]),
        "mock_cluster_bootstraps": (text, [pointer]),
        "mock_group_initial_rebalance_delay_ms": (None, [pointer, ctypes.c_int32]),
        "mock_topic_create": (number, [pointer, text, number, number]),
        "mock_push_request_errors_array": (None, [pointer, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(number)]),
        "mock_broker_set_rtt": (number, [pointer, ctypes.c_int32, number]),
        "mock_broker_set_down": (number, [pointer, ctypes.c_int32]),
        "mock_broker_set_up": (number, [pointer, ctypes.c_int32]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, f"rd_kafka_{name}")
        function.restype, function.argtypes = result, arguments
    return library


class RealKafka:
    """A real Apache Kafka through tools/kafka, with its data in a folder of the test."""

    def __init__(self, folder: Path, port: int | None = None, *, java: str = "") -> None:
        self._folder = folder
        self._java = java
        self.port = port or _two_free_ports()
        self.bootstrap = f"127.0.0.1:{self.port}"

    @staticmethod
    def available() -> str | None:
        """Why it cannot run here, or None."""
        missing = [program for program in ("java", "mvn") if shutil.which(program) is None]
        return f"A real Kafka needs {' and '.join(missing)}." if missing else None

    def start(self) -> None:
        """Return when the broker answers: in seconds, or after its jars are fetched the first time ever."""
        self._run("start")

    def stop(self) -> None:
        self._run("stop")

    def kill(self) -> None:
        """kill -9."""
        self._run("kill")

    def wipe(self) -> None:
        """Kill it and forget every message and offset."""
        self._run("wipe")

    def _run(self, action: str) -> None:
        command = [str(KAFKA), action, str(self.port), str(self._folder)]
        # Into a file: the broker inherits the outputs, and a pipe would stay open for as long as it runs.
        with (self._folder / f"{action}.txt").open("w+") as said:
            java = os.environ | ({"JAVA_TOOL_OPTIONS": self._java} if self._java else {})
            ended = subprocess.run(command, stdout=said, stderr=subprocess.STDOUT, timeout=300, check=False, env=java)
            said.seek(0)
            assert ended.returncode == 0, said.read()


@contextmanager
def real_kafka(folder: Path) -> Iterator[RealKafka]:
    """A running broker for the length of the block; skips or fails where there is no Java or Maven."""
    if reason := RealKafka.available():
        skip_or_fail(reason)
    kafka = RealKafka(folder, java=f"{SHORT_LIVED} -XX:+UseSerialGC")
    try:
        kafka.start()
        yield kafka
    finally:
        kafka.wipe()


EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE" + b"!$H+H*"
"""The harmless text that every scanner takes for malware."""


@contextmanager
def real_clamd(folder: Path, stream_limit: str = "30M") -> Iterator[str]:
    """The address of a running clamd that knows one signature, EICAR's; skips or fails where ClamAV is not installed."""
    if shutil.which("clamd") is None:
        skip_or_fail("A real scan needs clamd (package clamav-daemon).")
    (folder / "signatures").mkdir(exist_ok=True)
    (folder / "signatures" / "havn.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    socket_path, settings = folder / "clamd.ctl", folder / "clamd.conf"
    settings.write_text(
        f"LocalSocket {socket_path}\nDatabaseDirectory {folder / 'signatures'}\n"
        f"StreamMaxLength {stream_limit}\nForeground yes\n"
    )
    with (folder / "clamd.txt").open("w") as said:
        process = subprocess.Popen(["clamd", "--config-file", str(settings)], stdout=said, stderr=said)
    try:
        for _ in range(300):
            if socket_path.exists() or process.poll() is not None:
                break
            time.sleep(0.1)
        assert socket_path.exists(), (folder / "clamd.txt").read_text()
        yield f"unix:{socket_path}"
    finally:
        process.terminate()
        process.wait(30)


def _two_free_ports() -> int:
    """A port that is free, as is the next one (the controller's); below the range the system hands out to clients."""
    start = 20_000 + os.getpid() % 5_000 * 2
    for port in range(start, start + 2_000, 2):
        with ExitStack() as stack:
            try:
                for candidate in (port, port + 1):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return port
    raise RuntimeError("No two free ports next to each other.")
