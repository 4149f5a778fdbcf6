"""Somebody who types commands, for the tests of all of them."""

from pathlib import Path

from click.testing import CliRunner, Result
from flask import Flask

CUP = (
    "match,participant,placement,kills,penalty\n"
    "1,Alpha,1,3,\n1,Beta,2,7,2\n1,Gamma,,1,\n1,=Delta,3,0,\n"
    "2,Beta,1,2,\n2,Alpha,2,0,\n2,Gamma,3,5,\n2,=Delta,4,0,\n"
)
BOARD = """\
#  name    points  kills  wins  matches  marks
1  Beta        23      9     1        2  !
2  Alpha       19      3     1        2
3  Gamma       11      6     0        2
4  =Delta       9      0     0        2
"""


class Operator:
    """Somebody at a terminal, with a folder of files."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.folder = folder
        self._runner: CliRunner = app.test_cli_runner()

    def types(self, *words: str | int | Path, stdin: str | bytes | None = None) -> Result:
        return self._runner.invoke(args=[str(word) for word in words], input=stdin)  # type: ignore[call-arg]  # Flask's runner knows the app

    def file(self, content: str | bytes, name: str = "cup.csv") -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def imports(self, content: str | bytes = CUP, *more: str) -> Result:
        return self.types(
            "import-results", self.file(content), "--game", "pubgm", "--name", "Spring Cup", "--points-preset", "super",
            *more,
        )  # fmt: skip

    def turns_on(self, *names: str) -> None:
        for name in names or ("LEADERBOARDS_COMPUTE_ENABLED", "LEADERBOARDS_ENGINE_V2_ENABLED"):
            assert self.types("flags", "set", name, "on").exit_code == 0
