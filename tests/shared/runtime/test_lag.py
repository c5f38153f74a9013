"""What waits in Kafka is told to who watches, and a Kafka that is away ends nothing."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from shared.observability.metrics import exposition
from shared.runtime import service


async def test_the_lag_of_each_group_is_told_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LAG_SECONDS", 0.0)
    answers: list[Any] = [{("lagging", "havn.referrals"): 7}, OSError("away"), {("lagging", "havn.referrals"): 3}]
    asked, may_answer, has_answered = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Bus:
        async def lag(self) -> dict[tuple[str, str], int]:
            if not answers:
                asked.set()
                await may_answer.wait()
                has_answered.set()
                return {}
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return dict(answer)

    task = asyncio.create_task(service.measure_lag(Bus()))  # type: ignore[arg-type]
    await asyncio.wait_for(asked.wait(), 5)
    task.cancel()
    may_answer.set()
    with suppress(asyncio.CancelledError):
        await task
    assert b'havn_consumer_lag{group="lagging",topic="havn.referrals"} 3.0' in exposition()
    assert has_answered.is_set(), "a question that was asked is not broken off"
