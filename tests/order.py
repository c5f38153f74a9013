"""In which order, and where, tests run when there are several processes."""

import pytest
from _pytest.nodeid import NodeId
from xdist.scheduler import LoadGroupScheduling


def slow_first(items: list[pytest.Item]) -> None:
    """The slow ones to the front, the rest in the (random) order that it has: a process that begins a test of a minute when all
    else is done lets the others stand idle."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def keep_groups_together(items: list[pytest.Item]) -> None:
    """Let `xdist_group` mean something: what shares a Kafka runs in one process, and starts it once.

    pytest-xdist writes the group behind the test's id, into a field that pytest 9.2 no longer reads (pytest-xdist issue 1386)."""
    for item in items:
        groups = sorted({str(marker.args[0]) for marker in item.iter_markers("xdist_group")})
        if groups and not item.nodeid.endswith(f"@{groups[-1]}"):
            item._id = NodeId.parse(f"{item.nodeid}@{'_'.join(groups)}")


class Scheduling(LoadGroupScheduling):
    """What `--dist loadgroup` means, without counting all that was ever done anew after each test: of ten thousand tests that is
    most of what the process costs that hands them out."""

    def _pending_of(self, workload: dict[str, dict[str, bool]]) -> int:
        for done in [group for group, tests in workload.items() if all(tests.values())]:
            del workload[done]
        return super()._pending_of(workload)
