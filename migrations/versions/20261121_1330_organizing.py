"""The organizer's day: stages and brackets, teams and their members, entries, reports, disputes, settings."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ACCENTS = range(0x300, 0x370)


def upgrade() -> None:
    op.create_table(
        "player_ids",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("game", sa.String(), nullable=False),
        sa.Column("player_id", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_player_ids_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_player_ids")),
        sa.UniqueConstraint("user_id", "game", name=op.f("uq_player_ids_user_id_game")),
    )
    op.create_table(
        "announcements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("audience", sa.String(), server_default="all", nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("audience IN ('all', 'participants')", name=op.f("ck_announcements_audience_known")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_announcements_author_id_users")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_announcements_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.create_index("ix_announcements_tournament_id", ["tournament_id", "id"], unique=False)

    op.create_table(
        "custom_fields",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("help", sa.String(), server_default="", nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("limits", sa.JSON(), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "kind IN ('text', 'number', 'dropdown', 'url', 'toggle', 'date', 'media')",
            name=op.f("ck_custom_fields_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_custom_fields_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_fields")),
        sa.UniqueConstraint("tournament_id", "key", name=op.f("uq_custom_fields_tournament_id_key")),
    )
    with op.batch_alter_table("custom_fields", schema=None) as batch_op:
        batch_op.create_index("ix_custom_fields_tournament_id", ["tournament_id", "position"], unique=False)

    op.create_table(
        "stages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("settings", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("state", sa.String(), server_default="planned", nullable=False),
        sa.Column("seeding", sa.String(), server_default="slot", nullable=False),
        sa.Column("seeding_seed", sa.String(), server_default="", nullable=False),
        sa.Column("seeds", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("generated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finalized_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "format IN ('single-elimination', 'double-elimination', 'round-robin', 'swiss')",
            name=op.f("ck_stages_format_known"),
        ),
        sa.CheckConstraint(
            "seeding IN ('slot', 'random', 'manual', 'ranked', 'advanced')", name=op.f("ck_stages_seeding_known")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'generated', 'finalized', 'completed')", name=op.f("ck_stages_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_stages_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stages")),
        sa.UniqueConstraint("tournament_id", "number", name=op.f("uq_stages_tournament_id_number")),
    )
    op.create_table(
        "stored_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('logo', 'proof', 'evidence', 'screenshot', 'answer')", name=op.f("ck_stored_files_kind_known")
        ),
        sa.CheckConstraint("size >= 0", name=op.f("ck_stored_files_size_not_negative")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_stored_files_created_by_id_users")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_stored_files_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_files")),
        sa.UniqueConstraint("name", name=op.f("uq_stored_files_name")),
    )
    with op.batch_alter_table("stored_files", schema=None) as batch_op:
        batch_op.create_index("ix_stored_files_tournament_id", ["tournament_id", "kind"], unique=False)

    op.create_table(
        "tournament_templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column("scope", sa.String(), server_default="private", nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("tournament_id", sa.Integer(), nullable=True),
        sa.Column("game", sa.String(), nullable=True),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "scope <> 'organization' OR tournament_id IS NOT NULL",
            name=op.f("ck_tournament_templates_organization_of_tournament"),
        ),
        sa.CheckConstraint(
            "scope IN ('private', 'organization', 'global')", name=op.f("ck_tournament_templates_scope_known")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_tournament_templates_owner_id_users")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_tournament_templates_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tournament_templates")),
    )
    with op.batch_alter_table("tournament_templates", schema=None) as batch_op:
        batch_op.create_index("ix_tournament_templates_owner_id", ["owner_id"], unique=False)
        batch_op.create_index("ix_tournament_templates_scope", ["scope", "is_active"], unique=False)

    op.create_table(
        "tournament_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("restored_from", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_tournament_versions_actor_id_users")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_tournament_versions_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tournament_versions")),
        sa.UniqueConstraint("tournament_id", "number", name=op.f("uq_tournament_versions_tournament_id_number")),
    )
    op.create_table(
        "undoable_actions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_undoable_actions_actor_id_users")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_undoable_actions_tournament_id_tournaments")
        ),
        sa.ForeignKeyConstraint(["undone_by_id"], ["users.id"], name=op.f("fk_undoable_actions_undone_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undoable_actions")),
    )
    with op.batch_alter_table("undoable_actions", schema=None) as batch_op:
        batch_op.create_index("ix_undoable_actions_tournament_id", ["tournament_id", "id"], unique=False)

    op.create_table(
        "line_ups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("players", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_line_ups_team_id_teams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_ups")),
        sa.UniqueConstraint("team_id", "name", name=op.f("uq_line_ups_team_id_name")),
    )
    op.create_table(
        "team_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_team_events_actor_id_users")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_team_events_team_id_teams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_events")),
        sa.UniqueConstraint("team_id", "seq", name=op.f("uq_team_events_team_id_seq")),
    )
    op.create_table(
        "team_invites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), server_default="player", nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), server_default="pending", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('player', 'substitute', 'coach')", name=op.f("ck_team_invites_role_known")),
        sa.CheckConstraint(
            "state IN ('pending', 'accepted', 'declined', 'withdrawn', 'expired')",
            name=op.f("ck_team_invites_state_known"),
        ),
        sa.ForeignKeyConstraint(["invited_by_id"], ["users.id"], name=op.f("fk_team_invites_invited_by_id_users")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_team_invites_team_id_teams")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_team_invites_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_invites")),
    )
    with op.batch_alter_table("team_invites", schema=None) as batch_op:
        batch_op.create_index("ix_team_invites_expires_at", ["state", "expires_at"], unique=False)
        batch_op.create_index("ix_team_invites_user_id", ["user_id", "state"], unique=False)
        batch_op.create_index(
            "uq_team_invites_open",
            ["team_id", "user_id"],
            unique=True,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.create_table(
        "team_members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("game", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('captain', 'player', 'substitute', 'coach')", name=op.f("ck_team_members_role_known")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_team_members_team_id_teams")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_team_members_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_members")),
    )
    with op.batch_alter_table("team_members", schema=None) as batch_op:
        batch_op.create_index("ix_team_members_team_id", ["team_id", "left_at"], unique=False)
        batch_op.create_index(
            "uq_team_members_one_team_per_game",
            ["user_id", "game"],
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        )

    op.create_table(
        "payments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="pending", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("method", sa.String(), server_default="", nullable=False),
        sa.Column("reference", sa.String(), server_default="", nullable=False),
        sa.Column("proof_id", sa.Integer(), nullable=True),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'submitted', 'verified', 'rejected', 'refunded')",
            name=op.f("ck_payments_state_known"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_payments_amount_not_negative")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_payments_decided_by_id_users")),
        sa.ForeignKeyConstraint(["proof_id"], ["stored_files.id"], name=op.f("fk_payments_proof_id_stored_files")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_payments_registration_id_registrations")
        ),
        sa.ForeignKeyConstraint(["submitted_by_id"], ["users.id"], name=op.f("fk_payments_submitted_by_id_users")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_payments_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("registration_id", name=op.f("uq_payments_registration_id")),
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index("ix_payments_state", ["tournament_id", "state"], unique=False)

    op.create_table(
        "registration_players",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("player_id", sa.String(), nullable=True),
        sa.Column("identity", sa.String(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "role IN ('captain', 'player', 'substitute', 'coach')", name=op.f("ck_registration_players_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_registration_players_registration_id_registrations"),
        ),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_registration_players_tournament_id_tournaments")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_registration_players_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_players")),
    )
    with op.batch_alter_table("registration_players", schema=None) as batch_op:
        batch_op.create_index("ix_registration_players_registration_id", ["registration_id"], unique=False)
        batch_op.create_index("ix_registration_players_user_id", ["user_id", "is_active"], unique=False)
        batch_op.create_index(
            "uq_registration_players_identity",
            ["tournament_id", "identity"],
            unique=True,
            sqlite_where=sa.text("is_active AND identity IS NOT NULL"),
            postgresql_where=sa.text("is_active AND identity IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_registration_players_person",
            ["tournament_id", "user_id"],
            unique=True,
            sqlite_where=sa.text("is_active"),
            postgresql_where=sa.text("is_active"),
        )

    op.create_table(
        "tournament_outcomes",
        sa.Column("tournament_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("winner_id", sa.Integer(), nullable=True),
        sa.Column("runner_up_id", sa.Integer(), nullable=True),
        sa.Column("third_place_id", sa.Integer(), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("requires_review", sa.Boolean(), nullable=False),
        sa.Column("determined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_reason", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint(
            "method IN ('normal', 'tiebreak', 'forfeit_chain', 'match_point', 'manual')",
            name=op.f("ck_tournament_outcomes_method_known"),
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["users.id"], name=op.f("fk_tournament_outcomes_reviewed_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["runner_up_id"], ["registrations.id"], name=op.f("fk_tournament_outcomes_runner_up_id_registrations")
        ),
        sa.ForeignKeyConstraint(
            ["third_place_id"], ["registrations.id"], name=op.f("fk_tournament_outcomes_third_place_id_registrations")
        ),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_tournament_outcomes_tournament_id_tournaments")
        ),
        sa.ForeignKeyConstraint(
            ["winner_id"], ["registrations.id"], name=op.f("fk_tournament_outcomes_winner_id_registrations")
        ),
        sa.PrimaryKeyConstraint("tournament_id", name=op.f("pk_tournament_outcomes")),
    )
    op.create_table(
        "bracket_nodes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("group", sa.String(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source_a", sa.String(), nullable=False),
        sa.Column("source_b", sa.String(), nullable=False),
        sa.Column("winner_to", sa.String(), nullable=True),
        sa.Column("loser_to", sa.String(), nullable=True),
        sa.Column("is_conditional", sa.Boolean(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "section IN ('winners', 'losers', 'final', 'third_place', 'group', 'swiss')",
            name=op.f("ck_bracket_nodes_section_known"),
        ),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_bracket_nodes_match_id_matches")),
        sa.ForeignKeyConstraint(["stage_id"], ["stages.id"], name=op.f("fk_bracket_nodes_stage_id_stages")),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_bracket_nodes_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bracket_nodes")),
        sa.UniqueConstraint("match_id", name=op.f("uq_bracket_nodes_match_id")),
        sa.UniqueConstraint("stage_id", "key", name=op.f("uq_bracket_nodes_stage_id_key")),
    )
    with op.batch_alter_table("bracket_nodes", schema=None) as batch_op:
        batch_op.create_index("ix_bracket_nodes_tournament_id", ["tournament_id"], unique=False)

    op.create_table(
        "result_submissions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), server_default="pending_opponent", nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("screenshot_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending_opponent', 'agreed', 'disputed', 'confirmed', 'superseded')",
            name=op.f("ck_result_submissions_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["users.id"], name=op.f("fk_result_submissions_answered_by_id_users")
        ),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_result_submissions_match_id_matches")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_result_submissions_registration_id_registrations")
        ),
        sa.ForeignKeyConstraint(
            ["screenshot_id"], ["stored_files.id"], name=op.f("fk_result_submissions_screenshot_id_stored_files")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["users.id"], name=op.f("fk_result_submissions_submitted_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_result_submissions_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_submissions")),
    )
    with op.batch_alter_table("result_submissions", schema=None) as batch_op:
        batch_op.create_index("ix_result_submissions_due", ["state", "answer_due_at"], unique=False)
        batch_op.create_index("ix_result_submissions_match_id", ["match_id", "id"], unique=False)
        batch_op.create_index(
            "uq_result_submissions_pending",
            ["match_id", "registration_id"],
            unique=True,
            sqlite_where=sa.text("state = 'pending_opponent'"),
            postgresql_where=sa.text("state = 'pending_opponent'"),
        )

    op.create_table(
        "disputes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tournament_id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("opened_by_id", sa.Integer(), nullable=True),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("base_revision", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("claim", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(), server_default="open", nullable=False),
        sa.Column("assigned_to_id", sa.Integer(), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.Column("resolution_reason", sa.String(), server_default="", nullable=False),
        sa.Column("resolved_by_id", sa.Integer(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason_code IN ('wrong_score', 'wrong_players', 'rules_broken', 'cheating', 'no_show', 'technical', 'other')",
            name=op.f("ck_disputes_reason_code_known"),
        ),
        sa.CheckConstraint(
            "resolution IS NULL OR resolution IN ('approve_original', 'approve_dispute', 'custom_result', 'replay', 'forfeit')",
            name=op.f("ck_disputes_resolution_known"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'under_review', 'escalated', 'resolved', 'rejected')",
            name=op.f("ck_disputes_state_known"),
        ),
        sa.ForeignKeyConstraint(["assigned_to_id"], ["users.id"], name=op.f("fk_disputes_assigned_to_id_users")),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_disputes_match_id_matches")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["users.id"], name=op.f("fk_disputes_opened_by_id_users")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_disputes_registration_id_registrations")
        ),
        sa.ForeignKeyConstraint(["resolved_by_id"], ["users.id"], name=op.f("fk_disputes_resolved_by_id_users")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["result_submissions.id"], name=op.f("fk_disputes_submission_id_result_submissions")
        ),
        sa.ForeignKeyConstraint(
            ["tournament_id"], ["tournaments.id"], name=op.f("fk_disputes_tournament_id_tournaments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    with op.batch_alter_table("disputes", schema=None) as batch_op:
        batch_op.create_index("ix_disputes_deadline_at", ["state", "deadline_at"], unique=False)
        batch_op.create_index("ix_disputes_state", ["tournament_id", "state"], unique=False)
        batch_op.create_index(
            "uq_disputes_unresolved",
            ["match_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('open', 'under_review', 'escalated')"),
            postgresql_where=sa.text("state IN ('open', 'under_review', 'escalated')"),
        )

    op.create_table(
        "dispute_comments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dispute_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("is_internal", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_dispute_comments_author_id_users")),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_comments_dispute_id_disputes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_comments")),
    )
    with op.batch_alter_table("dispute_comments", schema=None) as batch_op:
        batch_op.create_index("ix_dispute_comments_dispute_id", ["dispute_id", "id"], unique=False)

    op.create_table(
        "dispute_evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dispute_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(file_id IS NULL) <> (url IS NULL)", name=op.f("ck_dispute_evidence_file_or_link")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_dispute_evidence_author_id_users")),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_evidence_dispute_id_disputes")),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_files.id"], name=op.f("fk_dispute_evidence_file_id_stored_files")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_evidence")),
    )
    with op.batch_alter_table("dispute_evidence", schema=None) as batch_op:
        batch_op.create_index("ix_dispute_evidence_dispute_id", ["dispute_id", "id"], unique=False)

    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stage_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("coordinator_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("lobby", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("ready_a_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("ready_b_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("report_revision", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("forfeited_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("decided_by", sa.String(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_matches_decided_by_known"),
            "decided_by IS NULL OR decided_by IN ('forfeit', 'walk_over', 'force_win', 'dispute')",
        )
        batch_op.create_index("ix_matches_scheduled_at", ["tournament_id", "scheduled_at"], unique=False)
        batch_op.create_index("ix_matches_side_a_id", ["side_a_id"], unique=False)
        batch_op.create_index("ix_matches_side_b_id", ["side_b_id"], unique=False)
        batch_op.create_index("ix_matches_stage_id", ["stage_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_matches_stage_id_stages"), "stages", ["stage_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_matches_coordinator_id_users"), "users", ["coordinator_id"], ["id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_matches_forfeited_by_id_registrations"), "registrations", ["forfeited_by_id"], ["id"]
        )

    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("registered_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("waitlisted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("checked_in_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("answers", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("decision_reason", sa.String(), server_default="", nullable=False))
        batch_op.create_index("ix_registrations_status", ["tournament_id", "status", "waitlisted_at"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_registrations_checked_in_by_id_users"), "users", ["checked_in_by_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_registrations_registered_by_id_users"), "users", ["registered_by_id"], ["id"]
        )

    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.add_column(sa.Column("description", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("logo_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("disbanded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("log_seq", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("points", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("points_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("points_breakdown", sa.JSON(), server_default="[]", nullable=False))
        batch_op.create_foreign_key(batch_op.f("fk_teams_logo_id_stored_files"), "stored_files", ["logo_id"], ["id"])

    with op.batch_alter_table("tournaments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rules", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("places", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("has_waitlist", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("team_size", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("asks_approval", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("registration_opens_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("registration_closes_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("checkin_opens_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("has_checkin", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("entry_fee", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("currency", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("payment_methods", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("prize_pool", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("prize_distribution", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("bracket", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("best_of_by_round", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("asks_ready", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("shares_first", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reseeded_seq", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("search_text", sa.String(), server_default="", nullable=False))
        batch_op.create_check_constraint(
            op.f("ck_tournaments_money_not_negative"), "entry_fee >= 0 AND prize_pool >= 0"
        )
        batch_op.create_check_constraint(op.f("ck_tournaments_places_from_two"), "places IS NULL OR places >= 2")
    _fill_search_texts()


def _fill_search_texts() -> None:
    """Let the search find the tournaments that are there already, until their next edit writes it anew."""
    tournaments = sa.table(
        "tournaments", sa.column("id"), sa.column("name"), sa.column("game"), sa.column("search_text")
    )  # fmt: skip
    connection = op.get_bind()
    rows = connection.execute(sa.select(tournaments.c.id, tournaments.c.name, tournaments.c.game)).all()
    for tournament_id, name, game in rows:
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", f"{name} {game}").casefold())
        kept = (sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in folded if ord(sign) not in _ACCENTS)
        words = dict.fromkeys("".join(kept).split())
        update = tournaments.update().where(tournaments.c.id == tournament_id)
        connection.execute(update.values(search_text=f" {' '.join(words)} "))


def downgrade() -> None:
    with op.batch_alter_table("tournaments", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_tournaments_places_from_two"), type_="check")
        batch_op.drop_constraint(op.f("ck_tournaments_money_not_negative"), type_="check")
        batch_op.drop_column("search_text")
        batch_op.drop_column("reseeded_seq")
        batch_op.drop_column("paused_at")
        batch_op.drop_column("shares_first")
        batch_op.drop_column("asks_ready")
        batch_op.drop_column("best_of_by_round")
        batch_op.drop_column("bracket")
        batch_op.drop_column("prize_distribution")
        batch_op.drop_column("prize_pool")
        batch_op.drop_column("payment_methods")
        batch_op.drop_column("currency")
        batch_op.drop_column("entry_fee")
        batch_op.drop_column("has_checkin")
        batch_op.drop_column("checkin_opens_at")
        batch_op.drop_column("registration_closes_at")
        batch_op.drop_column("registration_opens_at")
        batch_op.drop_column("asks_approval")
        batch_op.drop_column("team_size")
        batch_op.drop_column("has_waitlist")
        batch_op.drop_column("places")
        batch_op.drop_column("rules")

    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_teams_logo_id_stored_files"), type_="foreignkey")
        batch_op.drop_column("points_breakdown")
        batch_op.drop_column("points_at")
        batch_op.drop_column("points")
        batch_op.drop_column("log_seq")
        batch_op.drop_column("disbanded_at")
        batch_op.drop_column("logo_id")
        batch_op.drop_column("description")

    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_registrations_registered_by_id_users"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_registrations_checked_in_by_id_users"), type_="foreignkey")
        batch_op.drop_index("ix_registrations_status")
        batch_op.drop_column("decision_reason")
        batch_op.drop_column("answers")
        batch_op.drop_column("checked_in_by_id")
        batch_op.drop_column("checked_in_at")
        batch_op.drop_column("offered_until")
        batch_op.drop_column("waitlisted_at")
        batch_op.drop_column("registered_by_id")

    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_matches_decided_by_known"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_matches_forfeited_by_id_registrations"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_matches_coordinator_id_users"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_matches_stage_id_stages"), type_="foreignkey")
        batch_op.drop_index("ix_matches_stage_id")
        batch_op.drop_index("ix_matches_side_b_id")
        batch_op.drop_index("ix_matches_side_a_id")
        batch_op.drop_index("ix_matches_scheduled_at")
        batch_op.drop_column("decided_by")
        batch_op.drop_column("forfeited_by_id")
        batch_op.drop_column("report_revision")
        batch_op.drop_column("ready_b_at")
        batch_op.drop_column("ready_a_at")
        batch_op.drop_column("lobby")
        batch_op.drop_column("coordinator_id")
        batch_op.drop_column("stage_id")

    with op.batch_alter_table("dispute_evidence", schema=None) as batch_op:
        batch_op.drop_index("ix_dispute_evidence_dispute_id")

    op.drop_table("dispute_evidence")
    with op.batch_alter_table("dispute_comments", schema=None) as batch_op:
        batch_op.drop_index("ix_dispute_comments_dispute_id")

    op.drop_table("dispute_comments")
    with op.batch_alter_table("disputes", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_disputes_unresolved",
            sqlite_where=sa.text("state IN ('open', 'under_review', 'escalated')"),
            postgresql_where=sa.text("state IN ('open', 'under_review', 'escalated')"),
        )
        batch_op.drop_index("ix_disputes_state")
        batch_op.drop_index("ix_disputes_deadline_at")

    op.drop_table("disputes")
    with op.batch_alter_table("result_submissions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_result_submissions_pending",
            sqlite_where=sa.text("state = 'pending_opponent'"),
            postgresql_where=sa.text("state = 'pending_opponent'"),
        )
        batch_op.drop_index("ix_result_submissions_match_id")
        batch_op.drop_index("ix_result_submissions_due")

    op.drop_table("result_submissions")
    with op.batch_alter_table("bracket_nodes", schema=None) as batch_op:
        batch_op.drop_index("ix_bracket_nodes_tournament_id")

    op.drop_table("bracket_nodes")
    op.drop_table("tournament_outcomes")
    with op.batch_alter_table("registration_players", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_registration_players_person", sqlite_where=sa.text("is_active"), postgresql_where=sa.text("is_active")
        )
        batch_op.drop_index(
            "uq_registration_players_identity",
            sqlite_where=sa.text("is_active AND identity IS NOT NULL"),
            postgresql_where=sa.text("is_active AND identity IS NOT NULL"),
        )
        batch_op.drop_index("ix_registration_players_user_id")
        batch_op.drop_index("ix_registration_players_registration_id")

    op.drop_table("registration_players")
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index("ix_payments_state")

    op.drop_table("payments")
    with op.batch_alter_table("team_members", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_team_members_one_team_per_game",
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        )
        batch_op.drop_index("ix_team_members_team_id")

    op.drop_table("team_members")
    with op.batch_alter_table("team_invites", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_team_invites_open",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.drop_index("ix_team_invites_user_id")
        batch_op.drop_index("ix_team_invites_expires_at")

    op.drop_table("team_invites")
    op.drop_table("team_events")
    op.drop_table("line_ups")
    with op.batch_alter_table("undoable_actions", schema=None) as batch_op:
        batch_op.drop_index("ix_undoable_actions_tournament_id")

    op.drop_table("undoable_actions")
    op.drop_table("tournament_versions")
    with op.batch_alter_table("tournament_templates", schema=None) as batch_op:
        batch_op.drop_index("ix_tournament_templates_scope")
        batch_op.drop_index("ix_tournament_templates_owner_id")

    op.drop_table("tournament_templates")
    with op.batch_alter_table("stored_files", schema=None) as batch_op:
        batch_op.drop_index("ix_stored_files_tournament_id")

    op.drop_table("stored_files")
    op.drop_table("stages")
    with op.batch_alter_table("custom_fields", schema=None) as batch_op:
        batch_op.drop_index("ix_custom_fields_tournament_id")

    op.drop_table("custom_fields")
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.drop_index("ix_announcements_tournament_id")

    op.drop_table("announcements")
    op.drop_table("player_ids")
