"""What a Python file leads to by its imports: whether a change can be felt there."""

import re
from functools import cache
from pathlib import Path

_IMPORT = re.compile(r"^[ \t]*(?:from ([\w.]+) import (\([^)]*\)|[^\n]*)|import ([\w., ]+))", re.MULTILINE)
_READS_FILES = re.compile(r"\bROOT\b|\btests\.tree\b|__file__|\brglob\b")


class Reach:
    """The repository at `root`, as its imports have it, those within functions too."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._imports = cache(self._find_imports)
        self._files_of = cache(self._find_files)

    def feels(self, test: str, changed: set[str]) -> bool:
        """Whether a change of these files can be felt in this test: it leads to one by imports, or reads files by itself, or
        one is no Python (a table, a template), of which nobody says where it is read."""
        if any(not path.endswith(".py") and path.startswith(("services/", "shared/")) for path in changed):
            return True
        return bool(_READS_FILES.search((self._root / test).read_text()) or self.leads_to(test) & changed)

    def leads_to(self, path: str) -> set[str]:
        """The files of the repository that are loaded with this one, itself among them."""
        found: set[str] = set()
        waiting = [path]
        while waiting:
            if (each := waiting.pop()) not in found:
                found.add(each)
                waiting += self._imports(each)
        return found

    def _find_imports(self, path: str) -> frozenset[str]:
        named: set[str] = set()
        for module, names, plain in _IMPORT.findall((self._root / path).read_text()):
            named |= {module, *(f"{module}.{name.split(' as ')[0].strip()}" for name in names.strip("()").split(","))}
            named |= {each.split(" as ")[0].strip() for each in plain.split(",")}
        return frozenset(file for name in named if name.strip(".") for file in self._files_of(name))

    def _find_files(self, name: str) -> list[str]:
        """The file of a module, with those of the packages that it is in; none for a library's."""
        here = Path(*name.split("."))
        places = [here.with_name(f"{here.name}.py"), *(folder / "__init__.py" for folder in (here, *here.parents[:-1]))]
        return [str(place) for place in places if (self._root / place).is_file()]
