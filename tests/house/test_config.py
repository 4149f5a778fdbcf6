import dataclasses
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from webapp.config import ROOT, Settings
from webapp.environment import SettingError

KEY = "k" * 32


def read(tmp_path: Path, **environment: str) -> Settings:
    return Settings.from_environment({"SECRET_KEY": KEY, "DELTACROWN_INSTANCE": str(tmp_path), **environment})


def test_an_empty_environment_gives_a_development_site_on_sqlite(tmp_path: Path) -> None:
    assert read(tmp_path) == Settings(
        secret_key=KEY,
        database_url=f"sqlite:///{tmp_path}/deltacrown.sqlite3",
        redis_url=None,
        port=8000,
        bind_address="127.0.0.1",
        base_url="http://127.0.0.1:8000",
        trusted_proxies=0,
        mail_url=None,
        log_format="json",
        log_level="INFO",
        production=False,
        demo=True,
        instance_path=tmp_path,
    )


def test_every_variable_is_taken_over(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        DELTACROWN_ENV="production",
        DATABASE_URL="postgres://u:p@db:5433/cup",
        REDIS_URL="rediss://:p@cache:6380/1",
        PORT="80",
        BIND_ADDRESS="0.0.0.0",
        BASE_URL="https://cup.example.org/",
        TRUSTED_PROXIES="2",
        MAIL_URL="smtps://u:p@mail:465",
        WS_RATE_MSG_RPS="0",
        WS_RATE_CONN_PER_IP="500",
        WS_ALLOWED_ORIGINS="https://a.example.org/, http://b.example.org:81",
        WS_RATE_CONN_PER_OVERLAY="7",
        WS_ALLOWED_ADDRESSES="203.0.113.7, 2001:db8::/48",
        METRICS_ALLOWED_ADDRESSES="10.1.2.3/8",
        METRICS_TOKEN="m" * 32,
        LOG_FORMAT="text",
        LOG_LEVEL="WARNING",
    )
    assert settings == Settings(
        secret_key=KEY,
        database_url="postgresql+psycopg://u:p@db:5433/cup",
        redis_url="rediss://:p@cache:6380/1",
        port=80,
        bind_address="0.0.0.0",
        base_url="https://cup.example.org",
        trusted_proxies=2,
        mail_url="smtps://u:p@mail:465",
        ws_rate_msg_rps=0,
        ws_rate_conn_per_ip=500,
        ws_allowed_origins=("https://a.example.org", "http://b.example.org:81"),
        ws_rate_conn_per_overlay=7,
        ws_allowed_addresses=("203.0.113.7/32", "2001:db8::/48"),
        metrics_allowed_addresses=("10.0.0.0/8",),
        metrics_token="m" * 32,
        log_format="text",
        log_level="WARNING",
        production=True,
        demo=False,
        instance_path=tmp_path,
    )


@pytest.mark.parametrize(
    ("variable", "given", "part_of_the_answer"),
    [
        ("PORT", "eighty", "PORT is 'eighty'; it must be a whole number from 1 to 65535, for example PORT=8000"),
        ("PORT", "0", "whole number from 1 to 65535"),
        ("PORT", "65536", "whole number from 1 to 65535"),
        ("PORT", "80.0", "whole number"),
        ("PORT", "８０", "whole number"),
        ("PORT", "-1", "whole number"),
        ("TRUSTED_PROXIES", "yes", "whole number from 0 to 10"),
        ("DELTACROWN_ENV", "prod", "DELTACROWN_ENV is 'prod'; it must be one of development, production"),
        ("DELTACROWN_DEMO", "true", "it must be one of on, off"),
        ("WS_RATE_MSG_RPS", "-1", "whole number from 0 to 1000000, for example WS_RATE_MSG_RPS=10"),
        ("WS_ALLOWED_ORIGINS", "https://a.example.org,b.example.org", "WS_ALLOWED_ORIGINS has 'b.example.org'"),
        ("WS_ALLOWED_ADDRESSES", "203.0.113.7,venue", "WS_ALLOWED_ADDRESSES has 'venue'; it must be IP addresses"),
        ("METRICS_ALLOWED_ADDRESSES", "localhost", "METRICS_ALLOWED_ADDRESSES has 'localhost'"),
        ("METRICS_TOKEN", "short", "METRICS_TOKEN has 5 characters; it must have at least 32 characters"),
        ("LOG_FORMAT", "xml", "it must be one of json, text"),
        ("LOG_LEVEL", "info", "it must be one of DEBUG, INFO, WARNING, ERROR"),
        ("BIND_ADDRESS", "localhost", "it must be an IP address of this machine"),
        ("SECRET_KEY", "short", "SECRET_KEY has 5 characters; set it to at least 32 random characters"),
        ("DATABASE_URL", "mysql://u:p@h/cup", "it must look like sqlite:///"),
        ("DATABASE_URL", "sqlite://", "it must look like sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:", "it must look like sqlite:///"),
        ("DATABASE_URL", "postgresql://host", "postgresql://user:password@host:5432/name"),
        ("DATABASE_URL", "cup.sqlite3", "DATABASE_URL is 'cup.sqlite3'"),
        ("REDIS_URL", "localhost:6379", "it must look like redis://"),
        ("REDIS_URL", "http://cache:6379", "it must look like redis://"),
        ("REDIS_URL", "redis://cache:port", "it must look like redis://"),
        ("REDIS_URL", "unix://", "it must look like redis://"),
        ("BASE_URL", "cup.example.org", "for example https://cup.example.org"),
        ("BASE_URL", "https://cup.example.org/path", "a scheme and a host only"),
        ("BASE_URL", "ftp://cup.example.org", "a scheme and a host only"),
        ("MAIL_URL", "mail.example.org", "it must look like smtp://"),
        ("WEBHOOK_ENDPOINT", "hooks.example.org", "it must look like https://hooks.example.org/results"),
        ("WEBHOOK_SECRET", "x" * 31, "WEBHOOK_SECRET has 31 characters; it must have at least 32 characters"),
        ("WEBHOOK_SECRET", "ü" * 32, "WEBHOOK_SECRET has characters that are not ASCII; it must be at least 32 ASCII"),
        ("WEBHOOK_RETRY_DELAYS", "1,soon", "WEBHOOK_RETRY_DELAYS"),
        ("WEBHOOK_TIMEOUT", "0", "whole number from 1 to 60"),
        ("WEBHOOK_ALLOW_PRIVATE", "yes", "it must be one of 0, 1"),
        ("DELTACROWN_INSTANCE", __file__, "it must be a folder"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(
    tmp_path: Path, variable: str, given: str, part_of_the_answer: str
) -> None:
    with pytest.raises(SettingError) as refused:
        read(tmp_path, **{variable: given})
    assert refused.value.variable == variable
    assert part_of_the_answer in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "given"),
    [
        ("DATABASE_URL", "mysql://u:hunter2@h/cup"),
        ("DATABASE_URL", "postgres://u:hunter2@h:port/cup"),
        ("DATABASE_URL", "u:hunter2@h/cup"),
        ("REDIS_URL", "http://:hunter2@h"),
        ("MAIL_URL", "smtp2://u:hunter2@h"),
        ("BASE_URL", "https://u:hunter2@h"),
        ("SECRET_KEY", "hunter2"),
        ("WEBHOOK_SECRET", "hunter2 für alle, die es wissen müssen"),
    ],
)
def test_a_refusal_never_shows_a_password(tmp_path: Path, variable: str, given: str) -> None:
    with pytest.raises(SettingError) as refused:
        read(tmp_path, **{variable: given})
    assert "hunter2" not in str(refused.value)


def test_production_needs_a_key_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="SECRET_KEY is not set and DELTACROWN_ENV=production needs it"):
        read(tmp_path, SECRET_KEY="", DELTACROWN_ENV="production")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_value_means_the_default(tmp_path: Path) -> None:
    assert read(tmp_path, PORT="", REDIS_URL=" ", BASE_URL="") == read(tmp_path)


def test_a_relative_sqlite_path_starts_at_the_project(tmp_path: Path) -> None:
    assert (
        read(tmp_path, DATABASE_URL="sqlite:///instance/x.sqlite3").database_url
        == f"sqlite:///{ROOT}/instance/x.sqlite3"
    )


def test_secrets_stay_out_of_the_repr(tmp_path: Path) -> None:
    settings = read(tmp_path, DATABASE_URL="postgres://u:hunter2@h/cup", REDIS_URL="redis://:hunter2@h")
    assert KEY not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(tmp_path).port = 1  # type: ignore[misc]  # what must not work


def test_processes_that_start_at_once_agree_on_one_generated_key(tmp_path: Path) -> None:
    script = (
        "from webapp.config import Settings;"
        f"print(Settings.from_environment({{'DELTACROWN_INSTANCE': {str(tmp_path / 'instance')!r}}}).secret_key)"
    )
    command = [sys.executable, "-c", script]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    keys = {process.communicate()[0].strip() for process in started}
    assert len(keys) == 1
    assert len(keys.pop()) >= 32
    kept = tmp_path / "instance" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(kept.parent.iterdir()) == [kept]


def test_a_webhook_of_the_settings_needs_its_secret(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="WEBHOOK_SECRET is not set and WEBHOOK_ENDPOINT needs it"):
        read(tmp_path, WEBHOOK_ENDPOINT="https://hooks.example.org/")
    given = read(tmp_path, WEBHOOK_ENDPOINT="https://hooks.example.org/", WEBHOOK_SECRET="x" * 32)
    assert (given.webhook_endpoint, given.webhook_secret) == ("https://hooks.example.org/", "x" * 32)
