"""What ``hotspot check`` says of files: rows, months, findings and known breaks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hotspot.intake.ledger import Intake


def report(intake: Intake, observed: str) -> None:
    """Print what was read, file by file and month by month; ``observed`` is the word for a month with data."""
    from hotspot import provenance
    from hotspot.publish.main_job import summary_of_ledger

    width = max(len(str(name)) for name in intake.ledger["source_file"])
    click.echo(f"{'file'.ljust(width)}  {'read':>9}  {'used':>9}  {'set aside':>9}")
    for row in intake.ledger.itertuples(index=False):
        click.echo(
            f"{str(row.source_file).ljust(width)}  {row.read:>9,}  {row.used:>9,}  {row.set_aside:>9,}"
        )
    click.echo("")
    for line in summary_of_ledger(intake.ledger):
        click.echo(line)
    click.echo("")
    for source, months in intake.coverage.groupby("source", observed=True):
        click.echo(_coverage_line(str(source), months, observed))
    for line in provenance.of(intake.incidents)["notes"]:
        click.echo(line)
    for line in _finding_lines(intake.findings):
        click.echo(line)
    for line in _break_lines(intake.coverage):
        click.echo(line)


def _finding_lines(findings: Any) -> Iterable[str]:
    """Say each finding: where it is, how many rows, the first of them, and one field as an example."""
    for row in findings.itertuples(index=False):
        word = "mended in" if row.fixed else "look at"
        where = f"{row.source_file}, {row.field}" if row.field else row.source_file
        text = f"{word} {where}: {row.finding}"
        if row.rows:
            more = ", ..." if row.rows > row.first_rows.count(",") + 1 else ""
            numbers = (
                f"{row.rows:,} rows: {row.first_rows}{more}" if row.rows > 1 else f"row {row.first_rows}"
            )
            text += f" ({numbers}; such as {row.example!r})" if row.example else f" ({numbers})"
        yield text


def _break_lines(coverage: Any) -> Iterable[str]:
    """Say each shipped break within the months of a source, once for all the sources that it concerns."""
    from hotspot.intake.breaks import breaks_between

    known: dict[Any, list[str]] = {}
    for source, months in coverage.groupby("source", observed=True):
        for item in breaks_between(str(source), months["month"].min(), months["month"].max()):
            known.setdefault(item, []).append(str(source))
    if not known and len(coverage):
        yield "no known break of the register falls within these months"
    for item, sources in sorted(known.items(), key=lambda pair: (pair[0].start, pair[0].name)):
        whose = ", ".join(sources[:3]) + (f" and {len(sources) - 3} more" if len(sources) > 3 else "")
        yield f"known break of {whose}: {item.name} ({item.months}). {item.consequence}"


def _coverage_line(source: str, months: Any, observed: str) -> str:
    from hotspot.provenance import spans

    present = months.loc[months["status"] != "missing", "month"]
    partial = months.loc[months["status"] == "partial?", "month"]
    missing = months.loc[months["status"] == "missing", "month"]
    text = f"{source}: {_months(present)} {observed} ({spans(present)})"
    if len(missing):
        text += f"; {_months(missing)} missing, which is not zero incidents ({spans(missing)})"
    if len(partial):
        text += f"; implausibly few rows, perhaps a part of the month: {spans(partial)}"
    return text


def _months(listed: Any) -> str:
    return f"{len(listed)} month" + "s" * (len(listed) != 1)
