"""Templates by API: saved of a tournament, listed, applied, changed, switched, deleted. Pages do the same."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import template_facts, tournament_templates
from webapp.services.tournaments.template_facts import Wanted
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.paging import around
from webapp.views.api.schemas.templates import (
    Applied,
    ApplyBody,
    TemplateBody,
    TemplateChanges,
    TemplateGone,
    TemplatesQuery,
    TemplatesTold,
    TemplateTold,
    TemplateWhole,
)

FAMILY: Final = "Templates"
_ALL: Final = "/tournaments/templates/"
_ONE: Final = _ALL + "<int(max=2147483647):template_id>/"
_POST: Final = ("POST",)
_READS: Final[dict[str, Any]] = {"family": FAMILY, "scope": "organize", "rate": rates.ORGANIZE}
_CHANGES: Final[dict[str, Any]] = _READS | {
    "takes_key": True,
    "gives": TypeAdapter(TemplateTold),
    "problems": {
        403: "forbidden",
        404: "template_not_found",
        409: "idempotency_running",
        422: "invalid_result, idempotency_key_reused",
    },
}


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ALL, "templates", templates)
    bp.add_url_rule(_ALL, "save_template", save_template, methods=_POST)
    bp.add_url_rule(_ONE, "template", template)
    bp.add_url_rule(_ONE, "change_template", change_template, methods=("PATCH",))
    bp.add_url_rule(_ONE, "delete_template", delete_template, methods=("DELETE",))
    bp.add_url_rule(_ONE + "apply/", "apply_template", apply_template, methods=_POST)
    bp.add_url_rule(_ONE + "activate/", "activate_template", activate_template, methods=_POST)
    bp.add_url_rule(_ONE + "deactivate/", "deactivate_template", deactivate_template, methods=_POST)


@access.open_to(access.ORGANIZER)
@operation(
    summary="The templates that you may use", query=TemplatesQuery, gives=TypeAdapter(TemplatesTold), **_READS
)  # fmt: skip
def templates(query: TemplatesQuery) -> Response:
    """One's own, those of tournaments that one organizes, and those for everybody."""
    wanted = Wanted(
        query.search, query.game, query.scope or "", bool(query.only_active), query.limit, query.offset
    )  # fmt: skip
    found = template_facts.listed(wanted, actor=access.actor())
    return as_json(TemplatesTold.model_validate(found | around(query, found["count"])))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Save a tournament's settings as a template",
    body=TemplateBody,
    **(_CHANGES | {"problems": _CHANGES["problems"] | {404: "tournament_not_found"}}),
)
def save_template(body: TemplateBody) -> Response:
    """Without its name and dates, which are of the one tournament alone."""
    template_id = tournament_templates.save(
        body.tournament_id, body.name, description=body.description, scope=body.scope, actor=access.actor(),
        now=utc_now(),
    )  # fmt: skip
    return _told(template_id)


@access.open_to(access.ORGANIZER)
@operation(
    summary="A template with its settings",
    gives=TypeAdapter(TemplateWhole),
    problems={404: "template_not_found"},
    **_READS,
)
def template(template_id: int) -> Response:
    """Looking at it counts as no use."""
    return as_json(TemplateWhole.model_validate(template_facts.one(template_id, actor=access.actor())))


@access.open_to(access.ORGANIZER)
@operation(summary="Change what a template is called, and who may read it", body=TemplateChanges, **_CHANGES)
def change_template(template_id: int, body: TemplateChanges) -> Response:
    """Its settings stay."""
    changes = body.model_dump(exclude_none=True)
    tournament_templates.change(template_id, changes, actor=access.actor(), now=utc_now())
    return _told(template_id)


@access.open_to(access.ORGANIZER)
@operation(summary="Delete a template", **(_CHANGES | {"gives": TypeAdapter(TemplateGone)}))
def delete_template(template_id: int) -> Response:
    """What was made of it stays."""
    tournament_templates.delete(template_id, actor=access.actor(), now=utc_now())
    return as_json(TemplateGone(template_id=template_id))


@access.open_to(access.ORGANIZER)
@operation(
    summary="The settings of a template under what you give",
    description="Tables within tables are merged, lists are taken whole. Counts as a use and makes nothing.",
    body=ApplyBody,
    **(_CHANGES | {"gives": TypeAdapter(Applied)}),
)
def apply_template(template_id: int, body: ApplyBody) -> Response:
    """One that is switched off is not there for this."""
    settings = tournament_templates.apply(template_id, body.settings, actor=access.actor(), now=utc_now())
    return as_json(Applied(template_id=template_id, settings=settings))


@access.open_to(access.ORGANIZER)
@operation(summary="Switch a template on", **_CHANGES)
def activate_template(template_id: int) -> Response:
    """It can be applied. Twice is the same as once."""
    tournament_templates.set_active(template_id, is_active=True, actor=access.actor(), now=utc_now())
    return _told(template_id)


@access.open_to(access.ORGANIZER)
@operation(summary="Switch a template off", **_CHANGES)
def deactivate_template(template_id: int) -> Response:
    """It is listed and cannot be applied. Twice is the same as once."""
    tournament_templates.set_active(template_id, is_active=False, actor=access.actor(), now=utc_now())
    return _told(template_id)


def _told(template_id: int) -> Response:
    told = template_facts.one(template_id, actor=access.actor())
    del told["settings"]
    return as_json(TemplateTold.model_validate(told))
