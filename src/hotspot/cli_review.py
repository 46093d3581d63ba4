"""The commands on orders: ``hotspot review`` and ``hotspot new-order``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspot.errors import InputError
from hotspot.text import printable

if TYPE_CHECKING:
    from hotspot.decisions.order_file import ReviewConfig


@click.command("review")
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG.toml")
@click.option("--plan", is_flag=True, help="Write the plan beside CONFIG, with date and hash, and stop.")
@click.option(
    "--release",
    type=click.Choice(["restricted", "public"]),
    multiple=True,
    help="Which packs; those that CONFIG names when left out.",
)
@click.option(
    "--register",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="File of earlier releases: the public pack is checked against it and entered; else that of [pack].",
)
def review(config: Path, plan: bool, release: tuple[str, ...], register: Path | None) -> None:
    """Review an order: write the restricted and the public pack that CONFIG describes.

    `hotspot new-order` writes a first CONFIG. Write the plan (--plan) before looking at the figures: the pack
    prints it, and every later change.
    """
    from hotspot.decisions.order_file import read_review

    asked = read_review(config)
    if plan:
        _write_plan(asked, dt.date.today().isoformat())
        return
    from hotspot import recording

    # The packs' manifests then name the files that were read.
    with recording.recording(recording.Run(asked.folder)):
        _review(asked, release or asked.release, register or asked.register)


def _review(asked: ReviewConfig, releases: tuple[str, ...], register: Path | None) -> None:
    from hotspot.decisions.review_job import plan_table, review_from
    from hotspot.publish.release import PublicRelease
    from hotspot.publish.review_pack import write_review

    for row in plan_table(asked).itertuples(index=False):
        click.echo(printable(f"plan, {row.part}: {row.says}", limit=1_000))
    made = review_from(asked, progress=True, say=lambda text: click.echo(printable(text)))
    for name, lines in made.summary.items():
        click.echo(f"\n{printable(name)}")
        for line in lines:
            click.echo(f"  {printable(line, limit=1_000)}")
    click.echo("")
    for kind in releases:
        folder = asked.folder.with_name(f"{asked.folder.name}-{kind}")
        pack = write_review(
            folder,
            made,
            title=asked.title,
            release=PublicRelease(register=register) if kind == "public" else None,
        )
        page = next(pack.glob("index*.html"))
        click.echo(f"{kind} pack: open {page}")


def _write_plan(asked: ReviewConfig, written: str) -> None:
    from hotspot.decisions.review_job import plan_path
    from hotspot.decisions.review_plan import plan_hash, plan_text

    path = plan_path(asked)
    text = plan_text(asked, written=written)
    try:
        with path.open("xb") as target:
            target.write(text.encode("utf-8"))
    except FileExistsError:
        raise InputError(
            f"{path} is there already and is not written over: a plan is written once. The pack prints every change since; "
            "to begin anew, move the old plan away and keep it"
        ) from None
    click.echo(f"Written to {path}: SHA-256 {plan_hash(asked)}")
    click.echo("Send it to somebody, so that its date can be shown.")


@click.command("new-order")
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE.toml", required=False)
def new_order(path: Path | None) -> None:
    """Write a commented file to fill in for `hotspot review`; on the screen when FILE.toml is left out."""
    from hotspot.decisions.new_order import new_order as make

    text = make(path)
    if path is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"Written to {path}. Fill it in, then: hotspot review {path} --plan")
