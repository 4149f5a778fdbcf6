"""Notifications, mails and webhooks, how far each log was worked off for them; sponsors and promotions of teams."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_IS_LEASED = sa.text("lease_token IS NOT NULL")
_LEASED: dict[str, Any] = {"sqlite_where": _IS_LEASED, "postgresql_where": _IS_LEASED}


def upgrade() -> None:
    op.create_table(
        "event_cursors",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("after_user_id", sa.Integer(), server_default="0", nullable=False),
        sa.Column("counts", sa.JSON(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_event_cursors")),
    )
    op.create_table(
        "webhook_messages",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_webhook_messages")),
    )
    with op.batch_alter_table("webhook_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_messages_created_at"), ["created_at"], unique=False)

    op.create_table(
        "notification_preferences",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('in_app', 'email', 'discord')", name=op.f("ck_notification_preferences_channel_known")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notification_preferences_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "kind", "channel", name=op.f("pk_notification_preferences")),
    )
    op.create_table(
        "notification_settings",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("time_zone", sa.String(), server_default="UTC", nullable=False),
        sa.Column("is_in_app_on", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_email_on", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_discord_on", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        sa.Column("has_digest", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("digest_minute", sa.Integer(), server_default="480", nullable=False),
        sa.Column("email_stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439 OR quiet_from IS NULL AND quiet_until IS NULL",
            name=op.f("ck_notification_settings_quiet_is_whole"),
        ),
        sa.CheckConstraint("digest_minute BETWEEN 0 AND 1439", name=op.f("ck_notification_settings_digest_in_day")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notification_settings_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notification_settings")),
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), server_default="webhook", nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("tournament_id", sa.Integer(), nullable=True),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column("url_sealed", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=True),
        sa.Column("event_types", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("secret_sealed", sa.String(), server_default="", nullable=False),
        sa.Column("former_secrets", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("is_from_environment", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.String(), server_default="", nullable=False),
        sa.Column("missed_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("circuit", sa.String(), server_default="closed", nullable=False),
        sa.Column("circuit_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures_in_a_row", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("openings", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tokens", sa.Double(), server_default="0", nullable=False),
        sa.Column("tokens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_flight_limit", sa.Integer(), server_default="4", nullable=False),
        sa.Column("throttled_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "circuit IN ('closed', 'open', 'half_open')", name=op.f("ck_webhook_endpoints_circuit_known")
        ),
        sa.CheckConstraint("kind IN ('webhook', 'discord')", name=op.f("ck_webhook_endpoints_kind_known")),
        sa.CheckConstraint("scope = 'site' OR owner_id IS NOT NULL", name=op.f("ck_webhook_endpoints_has_owner")),
        sa.CheckConstraint("scope IN ('tournaments', 'site', 'person')", name=op.f("ck_webhook_endpoints_scope_known")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_webhook_endpoints_owner_id_users")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_webhook_endpoints_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    with op.batch_alter_table("webhook_endpoints", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_endpoints_owner_id", ["owner_id", "scope"], unique=False)
        batch_op.create_index(
            "uq_webhook_endpoints_environment",
            ["is_from_environment"],
            unique=True,
            sqlite_where=sa.text("is_from_environment"),
            postgresql_where=sa.text("is_from_environment"),
        )
        batch_op.create_index(
            "uq_webhook_endpoints_address_key",
            ["address_key"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("endpoint_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), server_default="pending", nullable=False),
        sa.Column("is_manual", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'held', 'delivered', 'failed', 'exhausted')",
            name=op.f("ck_webhook_deliveries_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.id"], name=op.f("fk_webhook_deliveries_endpoint_id_webhook_endpoints")
        ),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_webhook_deliveries_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("endpoint_id", "event_id", name=op.f("uq_webhook_deliveries_endpoint_id_event_id")),
    )
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_deliveries_created_at", ["created_at"], unique=False)
        batch_op.create_index(
            "ix_webhook_deliveries_due",
            ["endpoint_id", "next_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.create_index(
            "ix_webhook_deliveries_leased",
            ["endpoint_id", "lease_until"],
            unique=False,
            sqlite_where=sa.text("lease_token IS NOT NULL"),
            postgresql_where=sa.text("lease_token IS NOT NULL"),
        )
        batch_op.create_index("ix_webhook_deliveries_state", ["state", "id"], unique=False)
        batch_op.create_index("ix_webhook_deliveries_tournament_id", ["tournament_id", "state"], unique=False)

    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("endpoint_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_manual", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_success", sa.Boolean(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.Column("headers", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_deliveries.id"],
            name=op.f("fk_webhook_attempts_delivery_id_webhook_deliveries"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.id"], name=op.f("fk_webhook_attempts_endpoint_id_webhook_endpoints")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempts")),
    )
    with op.batch_alter_table("webhook_attempts", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_attempts_at", ["endpoint_id", "at"], unique=False)
        batch_op.create_index("ix_webhook_attempts_delivery_id", ["delivery_id", "id"], unique=False)

    op.create_table(
        "notifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=True),
        sa.Column("match_id", sa.Integer(), nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("is_in_app", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_notifications_match_id_matches")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_notifications_registration_id_registrations")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_notifications_team_id_teams")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_notifications_tournament_id_tournaments")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notifications_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("event_id", "user_id", name=op.f("uq_notifications_event_id_user_id")),
    )
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.create_index("ix_notifications_read_at", ["read_at"], unique=False)
        batch_op.create_index("ix_notifications_tournament_id", ["tournament_id", "kind", "created_at"], unique=False)
        batch_op.create_index("ix_notifications_user_id", ["user_id", "id"], unique=False)
        # After it: where SQLite knows no better, it takes the index that came last.
        batch_op.create_index(
            "ix_notifications_unread",
            ["user_id", "id"],
            unique=False,
            sqlite_where=sa.text("read_at IS NULL AND is_in_app"),
            postgresql_where=sa.text("read_at IS NULL AND is_in_app"),
        )

    op.create_table(
        "mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("notification_id", sa.Integer(), nullable=True),
        sa.Column("digest_on", sa.Date(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="pending", nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("delays", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'sent', 'failed', 'skipped')", name=op.f("ck_mails_state_known")),
        sa.CheckConstraint("(notification_id IS NULL) <> (digest_on IS NULL)", name=op.f("ck_mails_notice_or_digest")),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_mails_notification_id_notifications"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mails_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("notification_id", name=op.f("uq_mails_notification_id")),
        sa.UniqueConstraint("user_id", "digest_on", name=op.f("uq_mails_user_id_digest_on")),
    )
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.create_index("ix_mails_created_at", ["created_at"], unique=False)
        batch_op.create_index(
            "ix_mails_due",
            ["next_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
    for table in ("mails", "outbox"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(f"ix_{table}_leased", ["lease_token"], unique=False, **_LEASED)

    _show_for_others()

    # Nobody is told of what happened before there was anybody to tell.
    op.execute(
        "INSERT INTO event_cursors (stream, seq) SELECT 'tournament:' || CAST(id AS VARCHAR), log_seq FROM tournaments"
    )
    op.execute("INSERT INTO event_cursors (stream, seq) SELECT 'team:' || CAST(id AS VARCHAR), log_seq FROM teams")


def _show_for_others() -> None:
    """Sponsors and promotions of teams."""
    op.create_table(
        "team_sponsors",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("logo_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        *_proposed(),
        sa.CheckConstraint(
            "state IN ('pending', 'approved', 'rejected', 'expired', 'withdrawn')",
            name=op.f("ck_team_sponsors_state_known"),
        ),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_team_sponsors_days_in_order")),
        sa.ForeignKeyConstraint(["logo_id"], ["stored_files.id"], name=op.f("fk_team_sponsors_logo_id_stored_files")),
        *_keys_of("team_sponsors"),
    )
    op.create_table(
        "team_promotions",
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        *_proposed(),
        sa.CheckConstraint(
            "state IN ('pending', 'scheduled', 'active', 'ended', 'rejected', 'cancelled')",
            name=op.f("ck_team_promotions_state_known"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_team_promotions_times_in_order")),
        *_keys_of("team_promotions"),
    )
    for table, times in (("team_sponsors", ["ends_on"]), ("team_promotions", ["starts_at", "ends_at"])):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(f"ix_{table}_state", ["state", *times], unique=False)
            batch_op.create_index(f"ix_{table}_team_id", ["team_id", "state"], unique=False)


def _proposed() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="pending", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
    )


def _keys_of(table: str) -> tuple[sa.Constraint, ...]:
    people = (
        sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_{table}_{column}_users"))
        for column in ("proposed_by_id", "decided_by_id")
    )
    return (
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f(f"fk_{table}_team_id_teams")),
        *people,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    for table in ("team_promotions", "team_sponsors"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(f"ix_{table}_team_id")
            batch_op.drop_index(f"ix_{table}_state")
        op.drop_table(table)
    for table in ("outbox", "mails"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(f"ix_{table}_leased", **_LEASED)
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_mails_due", sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'")
        )
        batch_op.drop_index("ix_mails_created_at")

    op.drop_table("mails")
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.drop_index("ix_notifications_user_id")
        batch_op.drop_index(
            "ix_notifications_unread",
            sqlite_where=sa.text("read_at IS NULL AND is_in_app"),
            postgresql_where=sa.text("read_at IS NULL AND is_in_app"),
        )
        batch_op.drop_index("ix_notifications_tournament_id")
        batch_op.drop_index("ix_notifications_read_at")

    op.drop_table("notifications")
    with op.batch_alter_table("webhook_attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_webhook_attempts_delivery_id")
        batch_op.drop_index("ix_webhook_attempts_at")

    op.drop_table("webhook_attempts")
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_webhook_deliveries_tournament_id")
        batch_op.drop_index("ix_webhook_deliveries_state")
        batch_op.drop_index(
            "ix_webhook_deliveries_leased",
            sqlite_where=sa.text("lease_token IS NOT NULL"),
            postgresql_where=sa.text("lease_token IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_webhook_deliveries_due",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.drop_index("ix_webhook_deliveries_created_at")

    op.drop_table("webhook_deliveries")
    with op.batch_alter_table("webhook_endpoints", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_webhook_endpoints_environment",
            sqlite_where=sa.text("is_from_environment"),
            postgresql_where=sa.text("is_from_environment"),
        )
        batch_op.drop_index("ix_webhook_endpoints_owner_id")

    op.drop_table("webhook_endpoints")
    op.drop_table("notification_settings")
    op.drop_table("notification_preferences")
    with op.batch_alter_table("webhook_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_messages_created_at"))

    op.drop_table("webhook_messages")
    op.drop_table("event_cursors")
