"""Several processes on one machine, forked from one that has loaded Havn: what loading has made is there once and not in each.

The one that they are forked from does nothing but look after them: no thread and no event loop, which a fork would tear apart."""

import ctypes
import gc
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping

from shared.observability.logs import log

Part = Callable[[], None]
_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
_HEARD = _ENDING | {signal.SIGCHLD, signal.SIGALRM}
GRACE_SECONDS = 20.0
"""So long a part may take to end when it is asked to; a service has answered what is under way in half of it."""
SOON_SECONDS = 60.0
"""A part that ends sooner after its start has failed to start; each time in a row it is given twice as long before the next."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
PR_SET_PDEATHSIG = 1  # prctl(2): the signal that a process is sent when its parent dies


class Forked:
    """Parts of Havn, by name, each in a process of its own."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts
        self._running: dict[int, tuple[str, float]] = {}
        """By process: which part, and since when."""
        self._due = dict.fromkeys(parts, 0.0)
        """When each part that does not run is started, on the clock that never goes back."""
        self._failures = Counter[str]()
        self._patient_until: float | None = None
        """Once all are to end: how long they may take."""
        self._status = 0

    def supervise(self) -> Part:
        """Start all parts, and start again what ends, until SIGTERM or SIGINT; then end them in order.

        Returns in every process, with what is left to do there: in a child its part, in the parent to exit when all have ended.
        That is with status 0; with 78 (EX_CONFIG) where a part said that it cannot work as it is set up, which ended the others
        too; with 1 where one had to be killed. A parent that is killed ends its children."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
        # Where the collector has been, a page is no longer shared; and what is loaded stays.
        gc.disable()
        gc.freeze()
        while True:
            for name in [name for name, when in self._due.items() if when <= time.monotonic()]:
                if self._begin(name):
                    return self._parts[name]
            if not self._running and not self._due:
                return lambda: sys.exit(self._status)
            self._listen()

    def _begin(self, name: str) -> bool:
        """Start the part; True in the process that is to do it."""
        del self._due[name]
        parent = os.getpid()
        process = os.fork()
        if process:
            self._running[process] = name, time.monotonic()
            return False
        os.setpgid(0, 0)  # of Ctrl-C the parent alone hears, who ends all in order
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before it could be said
            sys.exit(1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
        gc.enable()
        return True

    def _listen(self) -> None:
        """Wait until a part has ended, is due or late, or all are to end; see to it."""
        if self._due:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, min(self._due.values()) - time.monotonic()))
        heard = signal.sigwait(_HEARD)
        if heard in _ENDING:
            self._end_all(0)
        elif self._patient_until is not None and time.monotonic() >= self._patient_until:
            self._kill_all()
        while self._running:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            self._note_end(process, os.waitstatus_to_exitcode(status))

    def _note_end(self, process: int, status: int) -> None:
        name, since = self._running.pop(process)
        if self._patient_until is not None:
            return
        if status == os.EX_CONFIG:
            log.error("a part of Havn cannot work as it is set up: all end", part=name)
            self._end_all(status)
            return
        self._failures[name] = self._failures[name] + 1 if time.monotonic() - since < SOON_SECONDS else 1
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (self._failures[name] - 1))
        log.error("a part of Havn has ended and is started again", part=name, status=status, seconds=pause)
        self._due[name] = time.monotonic() + pause

    def _end_all(self, status: int) -> None:
        """Ask all to end; who asks twice waits no longer."""
        if self._patient_until is not None:
            self._kill_all()
            return
        self._status = status
        self._due.clear()
        for process in self._running:
            os.kill(process, signal.SIGTERM)
        self._patient_until = time.monotonic() + GRACE_SECONDS
        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS + 0.1)

    def _kill_all(self) -> None:
        for process, (name, _) in self._running.items():
            log.error("a part of Havn did not end and is killed", part=name)
            os.kill(process, signal.SIGKILL)
            self._status = self._status or 1
