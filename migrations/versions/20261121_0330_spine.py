"""The spine: people, tournaments, results, boards, log, outbox, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


_APPEND_ONLY = ("events", "audit_entries", "adjustments")


def _forbid_changes(table: str) -> None:
    """Rows of a record are added and never changed: the database itself refuses."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"""CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"""
        )
        op.execute(
            f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"""
        )
        return
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"""CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""
        )


def _allow_changes(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(f"DROP FUNCTION {table}_append_only()")
        return
    for action in ("update", "delete"):
        op.execute(f"DROP TRIGGER {table}_no_{action}")


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_audit_entries_number_from_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sa.UniqueConstraint("chain", "number", name=op.f("uq_audit_entries_chain_number")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entries_at", ["at"], unique=False)

    op.create_table(
        "audit_heads",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "board_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("entries_count", sa.Integer(), nullable=False),
        sa.Column("rules_hash", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_us", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_versions")),
        sa.UniqueConstraint("scope", "version", name=op.f("uq_board_versions_scope_version")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handler", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispatches", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("handler", "key", name=op.f("uq_outbox_handler_key")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_due",
            ["next_at", "id"],
            unique=False,
            sqlite_where=sa.text("wanted > done"),
            postgresql_where=sa.text("wanted > done"),
        )

    op.create_table(
        "schedule_claims",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("period", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job", "period", name=op.f("pk_schedule_claims")),
    )
    op.create_table(
        "seasons",
        sa.Column("game", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("count_best", sa.Integer(), nullable=True),
        sa.Column("ties", sa.String(), server_default="id", nullable=False),
        sa.PrimaryKeyConstraint("game", "slug", name=op.f("pk_seasons")),
    )
    op.create_table(
        "snapshots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("entries_count", sa.Integer(), nullable=False),
        sa.Column("rules_hash", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_us", sa.Integer(), nullable=False),
        sa.Column("is_compacted", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("scope", "audience", "version", name=op.f("uq_snapshots_scope_audience_version")),
    )
    with op.batch_alter_table("snapshots", schema=None) as batch_op:
        batch_op.create_index("ix_snapshots_taken_at", ["taken_at"], unique=False)

    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("handle_key", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("email_key", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("role", sa.String(), server_default="player", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("role IN ('spectator', 'player', 'organizer', 'admin')", name=op.f("ck_users_role_known")),
        sa.CheckConstraint("(email IS NULL) = (password_hash IS NULL)", name=op.f("ck_users_login_is_whole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index("uq_users_email_key", ["email_key"], unique=True)
        batch_op.create_index("uq_users_handle_key", ["handle_key"], unique=True)

    op.create_table(
        "boards",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("board_version_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("audience IN ('public', 'official')", name=op.f("ck_boards_audience_known")),
        sa.ForeignKeyConstraint(
            ["board_version_id"], ["board_versions.id"], name=op.f("fk_boards_board_version_id_board_versions")
        ),
        sa.PrimaryKeyConstraint("scope", "audience", name=op.f("pk_boards")),
    )
    with op.batch_alter_table("boards", schema=None) as batch_op:
        batch_op.create_index("ix_boards_board_version_id", ["board_version_id"], unique=False)

    op.create_table(
        "feature_flags",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["updated_by_id"], ["users.id"], name=op.f("fk_feature_flags_updated_by_id_users")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_feature_flags")),
    )
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("game", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=True),
        sa.Column("captain_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["captain_id"], ["users.id"], name=op.f("fk_teams_captain_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("game", "name", name=op.f("uq_teams_game_name")),
    )
    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_teams_captain_id"), ["captain_id"], unique=False)

    op.create_table(
        "tournaments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("game", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("status", sa.String(), server_default="draft", nullable=False),
        sa.Column("visibility", sa.String(), server_default="public", nullable=False),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=True),
        sa.Column("season", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("is_official", sa.Boolean(), nullable=False),
        sa.Column("is_featured", sa.Boolean(), nullable=False),
        sa.Column("ruleset", sa.JSON(), nullable=False),
        sa.Column("lot_seed", sa.String(), server_default="", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requires_review", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("log_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("results_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("roster_seq", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "format IN ('battle-royale', 'single-elimination', 'double-elimination', 'round-robin', 'swiss')",
            name=op.f("ck_tournaments_format_known"),
        ),
        sa.CheckConstraint(
            "status <> 'completed' OR completed_at IS NOT NULL", name=op.f("ck_tournaments_completed_has_time")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'registration_open', 'registration_closed', 'live', 'completed', 'cancelled', 'archived')",
            name=op.f("ck_tournaments_status_known"),
        ),
        sa.CheckConstraint(
            "visibility IN ('public', 'unlisted', 'private')", name=op.f("ck_tournaments_visibility_known")
        ),
        sa.ForeignKeyConstraint(["organizer_id"], ["users.id"], name=op.f("fk_tournaments_organizer_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tournaments")),
        sa.UniqueConstraint("slug", name=op.f("uq_tournaments_slug")),
    )
    with op.batch_alter_table("tournaments", schema=None) as batch_op:
        batch_op.create_index("ix_tournaments_listing", ["visibility", "status", "starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_tournaments_organizer_id"), ["organizer_id"], unique=False)
        batch_op.create_index("ix_tournaments_season", ["game", "season"], unique=False)

    op.create_table(
        "imported_files",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_imported_files_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_imported_files")),
    )
    op.create_table(
        "registrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), server_default="approved", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'submitted', 'approved', 'rejected', 'waitlisted', 'withdrawn', 'no_show')",
            name=op.f("ck_registrations_status_known"),
        ),
        sa.CheckConstraint("(team_id IS NULL) <> (user_id IS NULL)", name=op.f("ck_registrations_team_or_player")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_registrations_team_id_teams")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_registrations_tournament_id_tournaments")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_registrations_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("tournament_id", "team_id", name=op.f("uq_registrations_tournament_id_team_id")),
        sa.UniqueConstraint("tournament_id", "user_id", name=op.f("uq_registrations_tournament_id_user_id")),
    )
    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.create_index("ix_registrations_team_id", ["team_id"], unique=False)
        batch_op.create_index("ix_registrations_user_id", ["user_id"], unique=False)

    op.create_table(
        "matches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("map", sa.String(), nullable=True),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), server_default="scheduled", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("best_of", sa.Integer(), server_default="1", nullable=False),
        sa.Column("side_a_id", sa.Integer(), nullable=True),
        sa.Column("side_b_id", sa.Integer(), nullable=True),
        sa.Column("winner_id", sa.Integer(), nullable=True),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_lines", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'completed' OR completed_at IS NOT NULL", name=op.f("ck_matches_completed_has_time")
        ),
        sa.CheckConstraint(
            "state IN ('scheduled', 'ready', 'live', 'pending_result', 'disputed', 'completed', 'forfeit', 'cancelled')",
            name=op.f("ck_matches_state_known"),
        ),
        sa.CheckConstraint("best_of IN (1, 3, 5, 7)", name=op.f("ck_matches_best_of_known")),
        sa.ForeignKeyConstraint(["side_a_id"], ["registrations.id"], name=op.f("fk_matches_side_a_id_registrations")),
        sa.ForeignKeyConstraint(["side_b_id"], ["registrations.id"], name=op.f("fk_matches_side_b_id_registrations")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_matches_tournament_id_tournaments")
        ),
        sa.ForeignKeyConstraint(["winner_id"], ["registrations.id"], name=op.f("fk_matches_winner_id_registrations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
        sa.UniqueConstraint("tournament_id", "number", name=op.f("uq_matches_tournament_id_number")),
    )
    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.create_index("ix_matches_state", ["tournament_id", "state"], unique=False)

    op.create_table(
        "standings",
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("kills", sa.BigInteger(), nullable=False),
        sa.Column("wins", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("draws", sa.Integer(), nullable=False),
        sa.Column("matches_played", sa.Integer(), nullable=False),
        sa.Column("best_placement", sa.Integer(), nullable=True),
        sa.Column("avg_placement", sa.Integer(), nullable=True),
        sa.Column("placement_points", sa.BigInteger(), nullable=False),
        sa.Column("kill_points", sa.BigInteger(), nullable=False),
        sa.Column("adjustment", sa.BigInteger(), nullable=False),
        sa.Column("score_for", sa.BigInteger(), nullable=False),
        sa.Column("score_against", sa.BigInteger(), nullable=False),
        sa.Column("games_won", sa.Integer(), nullable=False),
        sa.Column("earliest_win_at", sa.BigInteger(), nullable=True),
        sa.Column("last_completed_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_standings_registration_id_registrations")
        ),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_standings_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("tournament_id", "registration_id", name=op.f("pk_standings")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("standings", schema=None) as batch_op:
        batch_op.create_index("ix_standings_changed_seq", ["tournament_id", "changed_seq"], unique=False)

    op.create_table(
        "adjustments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("kind IN ('penalty', 'bonus', 'head_start')", name=op.f("ck_adjustments_kind_known")),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_adjustments_match_id_matches")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_adjustments_registration_id_registrations")
        ),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_adjustments_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustments")),
    )
    with op.batch_alter_table("adjustments", schema=None) as batch_op:
        batch_op.create_index("ix_adjustments_tournament_id", ["tournament_id", "registration_id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_events_actor_id_users")),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_events_match_id_matches")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_events_registration_id_registrations")
        ),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_events_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("tournament_id", "seq", name=op.f("uq_events_tournament_id_seq")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_match_id", ["match_id", "seq"], unique=False)
        batch_op.create_index("ix_events_type", ["tournament_id", "type", "seq"], unique=False)

    op.create_table(
        "match_games",
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("map", sa.String(), nullable=True),
        sa.Column("score_a", sa.Integer(), nullable=False),
        sa.Column("score_b", sa.Integer(), nullable=False),
        sa.Column("winner_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("score_a >= 0 AND score_b >= 0", name=op.f("ck_match_games_scores_not_negative")),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_match_games_match_id_matches")),
        sa.ForeignKeyConstraint(
            ["winner_id"], ["registrations.id"], name=op.f("fk_match_games_winner_id_registrations")
        ),
        sa.PrimaryKeyConstraint("match_id", "number", name=op.f("pk_match_games")),
    )
    op.create_table(
        "results",
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("placement", sa.Integer(), nullable=True),
        sa.Column("placement_high", sa.Integer(), nullable=True),
        sa.Column("kills", sa.Integer(), nullable=False),
        sa.Column("placement_points", sa.Integer(), nullable=False),
        sa.Column("kill_points", sa.Integer(), nullable=False),
        sa.Column("time_alive_s", sa.Integer(), nullable=True),
        sa.CheckConstraint("kills >= 0", name=op.f("ck_results_kills_not_negative")),
        sa.CheckConstraint("placement >= 1", name=op.f("ck_results_placement_from_one")),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_results_match_id_matches")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_results_registration_id_registrations")
        ),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_results_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("tournament_id", "registration_id", "match_id", name=op.f("pk_results")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.create_index("ix_results_match_id", ["match_id"], unique=False)
    for table in _APPEND_ONLY:
        _forbid_changes(table)


def downgrade() -> None:
    for table in _APPEND_ONLY:
        _allow_changes(table)
    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.drop_index("ix_results_match_id")

    op.drop_table("results")
    op.drop_table("match_games")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index("ix_events_type")
        batch_op.drop_index("ix_events_match_id")

    op.drop_table("events")
    with op.batch_alter_table("adjustments", schema=None) as batch_op:
        batch_op.drop_index("ix_adjustments_tournament_id")

    op.drop_table("adjustments")
    with op.batch_alter_table("standings", schema=None) as batch_op:
        batch_op.drop_index("ix_standings_changed_seq")

    op.drop_table("standings")
    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.drop_index("ix_matches_state")

    op.drop_table("matches")
    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.drop_index("ix_registrations_user_id")
        batch_op.drop_index("ix_registrations_team_id")

    op.drop_table("registrations")
    op.drop_table("imported_files")
    with op.batch_alter_table("tournaments", schema=None) as batch_op:
        batch_op.drop_index("ix_tournaments_season")
        batch_op.drop_index(batch_op.f("ix_tournaments_organizer_id"))
        batch_op.drop_index("ix_tournaments_listing")

    op.drop_table("tournaments")
    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_teams_captain_id"))

    op.drop_table("teams")
    op.drop_table("feature_flags")
    with op.batch_alter_table("boards", schema=None) as batch_op:
        batch_op.drop_index("ix_boards_board_version_id")

    op.drop_table("boards")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index("uq_users_handle_key")
        batch_op.drop_index("uq_users_email_key")

    op.drop_table("users")
    with op.batch_alter_table("snapshots", schema=None) as batch_op:
        batch_op.drop_index("ix_snapshots_taken_at")

    op.drop_table("snapshots")
    op.drop_table("seasons")
    op.drop_table("schedule_claims")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_due", sqlite_where=sa.text("wanted > done"), postgresql_where=sa.text("wanted > done")
        )

    op.drop_table("outbox")
    op.drop_table("heartbeats")
    op.drop_table("board_versions")
    op.drop_table("audit_heads")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entries_at")

    op.drop_table("audit_entries")
