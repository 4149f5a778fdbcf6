"""What keeps the code base the way `docs/architecture.md` draws it."""

import ast
import graphlib
import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from flask import Flask

from tests.checks import check_migrations, check_templates, check_translations
from webapp import create_app
from webapp.config import ROOT, VARIABLES, Settings
from webapp.logging import ALLOWED_ENDINGS, ALLOWED_FIELDS
from webapp.services.operations import flags
from webapp.services.spine import outbox

CODE_FOLDERS = ("webapp", "jobs", "tests", "bench")
FILE_LINES = 400
FUNCTION_LINES = 50
TEMPLATE_LINES = 150
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def own_files() -> list[Path]:
    """Every file that belongs to the project, as git sees it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture
def fresh_app(tmp_path: Path) -> Flask:
    database_url = f"sqlite:///{tmp_path / 'fresh.sqlite3'}"
    return create_app(Settings(secret_key="k" * 32, database_url=database_url, instance_path=tmp_path))


def test_imports_run_one_way() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_module_needs_itself_so_that_each_can_be_the_first_to_be_loaded() -> None:
    """A worker loads its jobs and nothing of the pages, in an order of its own."""
    graph = grimp.build_graph("webapp", "jobs")
    needed = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    graphlib.TopologicalSorter(needed).prepare()


def test_there_is_one_newest_migration_and_it_matches_the_models(fresh_app: Flask) -> None:
    assert "match" in check_migrations(fresh_app)


def test_every_template_compiles(fresh_app: Flask) -> None:
    assert "compile" in check_templates(fresh_app)


def test_every_language_says_everything(fresh_app: Flask) -> None:
    assert "translated" in check_translations(fresh_app)


@pytest.mark.parametrize("path", python_files(*CODE_FOLDERS), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_short(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= FILE_LINES
    functions = (
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    lengths = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > FUNCTION_LINES} == {}


def test_templates_stay_short() -> None:
    lengths = {str(path): path.read_text("utf-8").count("\n") for path in (ROOT / "templates").rglob("*.html")}
    assert {name: length for name, length in lengths.items() if length > TEMPLATE_LINES} == {}


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)) == sorted(VARIABLES)
    assert set(re.findall(r"^#\s+([A-Z_0-9]+)=", text, re.MULTILINE)) <= set(flags.FLAGS)


def test_every_setting_reads_a_field_of_its_own() -> None:
    assert sorted(VARIABLES.values()) == sorted(Settings.__dataclass_fields__)


def test_the_documented_settings_are_the_defaults(tmp_path: Path) -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    fixed = {"SECRET_KEY": "k" * 32, "DELTACROWN_INSTANCE": str(tmp_path)}
    assert Settings.from_environment(documented | fixed) == Settings.from_environment(fixed)


def test_every_job_that_services_name_exists() -> None:
    for name, handler in outbox.HANDLERS.items():
        assert callable(pkgutil.resolve_name(handler.path)), name


def test_every_module_can_be_imported() -> None:
    for path in python_files("webapp", "jobs"):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_and_explained(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "-r "))]
    pinned = re.compile(r"[A-Za-z0-9_.-]+(\[[a-z,]+\])?==[0-9][0-9a-z.]*(; [^#]+)?\s+# .+")
    assert [line for line in wanted if not pinned.fullmatch(line)] == []


def test_every_exception_to_a_rule_has_its_reason() -> None:
    without = []
    for path in python_files(*CODE_FOLDERS):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            noqa = re.search(r"#\s*noqa(: [A-Z0-9, ]+)?(?P<reason>.*)", line)
            ignored = re.search(r"#\s*type: ignore(\[[a-z-, ]+\])?(?P<reason>.*)", line)
            found = noqa or ignored
            if found and len(found["reason"].strip()) < 8 and path != Path(__file__):
                without.append(f"{path.relative_to(ROOT)}:{number}")
    assert without == []


def test_nothing_is_left_to_do_and_no_machine_is_named() -> None:
    unfinished = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
    a_machine = re.compile(r"(?<![\w./])/(home|root|Users|work)/\w")
    found = []
    for path in own_files():
        if path.suffix in {".woff", ".woff2", ".png", ".webp", ".ico", ".js", ".mo"}:
            continue
        text = path.read_text(encoding="utf-8")
        found += [
            f"{path.relative_to(ROOT)}: {match[0]}"
            for match in [unfinished.search(text), a_machine.search(text)]
            if match
        ]
    assert found == []


def log_calls(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of every field that a call of `log.…(…)` gives."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOG_METHODS:
            target = node.func.value
            if isinstance(target, ast.Name) and target.id in {"log", "logger"}:
                yield from ((node.lineno, keyword.arg) for keyword in node.keywords if keyword.arg)


def test_no_log_line_has_a_field_that_would_be_withheld() -> None:
    withheld = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in python_files("webapp", "jobs")
        # A message that no server takes is printed whole, but for its address.
        if path.name != "mail.py"
        for line, name in log_calls(path)
        if name not in ALLOWED_FIELDS | {"exc_info"} and not name.endswith(ALLOWED_ENDINGS)
    ]
    assert withheld == []
