"""The command line: ``hotspot demo``, ``hotspot hotspots`` and ``hotspot check``."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotspot import __version__
from hotspot.errors import HotspotWarning, InputError
from hotspot.text import printable

if TYPE_CHECKING:
    from hotspot.intake.ledger import Intake

    _PathParameter = click.ParamType[Path]
else:
    _PathParameter = click.ParamType  # generic from click 8.5 on

_MONTH = "YYYY-MM"


class _AnyPath(_PathParameter):
    """A path as text: whether it can be used is for the readers to say, in their own words."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Refuse what no file system takes."""
        if not str(value).strip() or "\0" in str(value):
            self.fail("the path is empty or holds a NUL character")
        return Path(value)


_PATH = _AnyPath()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hotspot")
def cli() -> None:
    """Find hotspots of reported incidents, rank repeat locations, and map them.

    Everything runs on this machine; the maps it writes open without a network.
    """


def _analysis_options(command: Any) -> Any:
    """Add the options that the demo and the main job share."""
    options = [
        click.option("--category", multiple=True, help="Only this category; may be given several times."),
        click.option(
            "--cell-size", type=float, default=200.0, show_default=True, help="Size of a cell in metres."
        ),
        click.option(
            "--shape",
            type=click.Choice(["square", "hexagon"]),
            default="square",
            show_default=True,
            help="Shape of cells.",
        ),
        click.option("--from", "start", metavar=_MONTH, help="First month."),
        click.option("--to", "end", metavar=_MONTH, help="Last month."),
        click.option(
            "--as-of", metavar="YYYY-MM-DD", help="The date that stands for today; later months are left out."
        ),
        click.option(
            "--across-breaks",
            is_flag=True,
            help="Rank locations although the source's points changed within the months; noted on every output.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@cli.command()
@click.option("--out", type=_PATH, default=Path("hotspot-demo"), show_default=True)
@_analysis_options
def demo(out: Path, **asked: Any) -> None:
    """Run the main job on the simulated incidents that come with the package."""
    from hotspot import sample
    from hotspot.geography.area import read_area

    area = read_area(sample.borough(), layer=sample.BOROUGH_LAYER)
    _main_job(sample.police_uk_archive(), area, out, {"command": "demo"}, asked)


@cli.command()
@click.argument("data", type=_PATH)
@click.option("--area", "area_file", type=_PATH, required=True, help="File of polygons.")
@click.option("--layer", help="Layer of the area file, when it has several.")
@click.option("--where", help="Condition on the area's columns, such as \"name = 'Dudley'\".")
@click.option("--out", type=_PATH, default=Path("hotspot-output"), show_default=True)
@_analysis_options
def hotspots(
    data: Path, area_file: Path, layer: str | None, where: str | None, out: Path, **asked: Any
) -> None:
    """Find hotspots in DATA: data.police.uk files, a folder of them, a pattern or the archive .zip."""
    from hotspot.geography.area import read_area

    area = read_area(area_file, layer=layer, where=where)
    call = {"command": "hotspots", "data": data.name, "area": area_file.name, "layer": layer, "where": where}
    _main_job(data, area, out, call, asked)


@cli.command()
@click.argument("data", type=_PATH)
def check(data: Path) -> None:
    """Say what is in DATA: the rows of each file, where they went, and the months that are missing."""
    from hotspot.intake.police_uk import read_police_uk

    _report(read_police_uk(data, progress=True))


def _main_job(data: Path, area: Any, out: Path, call: dict[str, Any], asked: dict[str, Any]) -> None:
    from hotspot.intake.police_uk import read_police_uk
    from hotspot.publish.folder import check_place
    from hotspot.publish.main_job import Job, analyse, summary_of_ledger, write_folder

    check_place(out)  # before the work, so that a wrong folder costs no time
    job = Job(categories=tuple(asked.pop("category")), **asked)
    intake = read_police_uk(data, area=area, progress=True)
    for line in summary_of_ledger(intake.ledger):
        click.echo(line)
    results = analyse(intake, area, job, click.echo)
    files = write_folder(out, results, intake=intake, area=area, job=job, call=call)
    click.echo(f"Written to {out}:")
    for path in files:
        click.echo(f"  {path.name}  ({path.stat().st_size:,} bytes)")
    click.echo(f"Open {out / 'map.html'} in a browser; it needs no network.")


def _report(intake: Intake) -> None:
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
        click.echo(_coverage_line(str(source), months))
    for row in intake.findings.itertuples(index=False):
        click.echo(
            f"look at {row.source_file}: {row.finding} ({row.rows:,} rows, the first is row {row.first_row})"
        )


def _coverage_line(source: str, months: Any) -> str:
    from hotspot.provenance import spans

    present = months.loc[months["status"] != "missing", "month"]
    partial = months.loc[months["status"] == "partial?", "month"]
    missing = months.loc[months["status"] == "missing", "month"]
    text = f"{source}: {len(present)} months with a file ({spans(present)})"
    if len(missing):
        text += f"; {len(missing)} months missing, which is not zero incidents ({spans(missing)})"
    if len(partial):
        text += f"; implausibly few rows, perhaps a part of the month: {spans(partial)}"
    return text


class _Notes(logging.Handler):
    """Show automatic choices on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"note: {printable(record.getMessage())}", err=True)


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    if issubclass(category, HotspotWarning):
        click.echo(f"look: {printable(message)}", err=True)


def main(arguments: Iterable[str] | None = None) -> None:
    """Run the command line; bad input ends it with exit code 2 and one line that says what to do."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A console of an old code page shows a question mark rather than stopping the run.
            stream.reconfigure(errors="replace")
    log, notes = logging.getLogger("hotspot"), _Notes()
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(notes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", HotspotWarning)
            warnings.showwarning = _show_warning
            cli.main(
                args=None if arguments is None else list(arguments),
                prog_name="hotspot",
                standalone_mode=False,
            )
    except InputError as error:
        _stop(str(error))
    except click.ClickException as error:
        _stop(error.format_message())
    except click.Abort:
        click.echo("hotspot: stopped", err=True)
        sys.exit(130)
    except MemoryError:
        _stop("this needs more memory than the machine has; use larger cells or fewer months")
    except OSError as error:
        _stop(f"a file or folder cannot be used ({error}); check the paths and run again")
    finally:
        log.removeHandler(notes)
        log.setLevel(level)


def _stop(message: str) -> None:
    click.echo(f"hotspot: {printable(message)}", err=True)
    sys.exit(2)
