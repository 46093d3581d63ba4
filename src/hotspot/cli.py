"""The command line: ``hotspot demo``, ``hotspots``, ``run``, ``check``, ``verify``, ``rerun`` and those on orders."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotspot import __version__
from hotspot.cli_check import report
from hotspot.cli_review import new_order, review
from hotspot.errors import HotspotWarning, InputError
from hotspot.text import printable

if TYPE_CHECKING:
    from hotspot.intake.ledger import Intake

    _PathParameter = click.ParamType[Path]
else:
    _PathParameter = click.ParamType  # generic from click 8.5 on

_MONTH = "YYYY-MM"
_OTHER_FORMATS = (".xlsx", ".xlsm", ".parquet", ".geoparquet", ".gpkg", ".geojson")
_MAPPING = "Mapping file (TOML) of a partner's export; without one, DATA is data.police.uk's."


class _AnyPath(_PathParameter):
    """A path as text: whether it can be used is for the readers to say, in their own words."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Refuse what no file system takes."""
        if not str(value).strip() or "\0" in str(value):
            self.fail("the path is empty or holds a NUL character")
        return Path(value)


_PATH = _AnyPath()


@dataclass(frozen=True)
class _Inputs:
    """What is read, by which mapping, and where the rows set aside are to be written."""

    data: Path
    mapping: Path | None = None
    save_set_aside: Path | None = None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hotspot")
def cli() -> None:
    """Find hotspots of reported incidents, rank repeat locations, and map them.

    Everything runs on this machine; the maps it writes open without a network.
    """


cli.add_command(review)
cli.add_command(new_order)


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
        *_RELEASE_OPTIONS,
    ]
    for option in reversed(options):
        command = option(command)
    return command


_RELEASE_OPTIONS = [
    click.option(
        "--release",
        type=click.Choice(["restricted", "public"]),
        default="restricted",
        show_default=True,
        help="public: only what may be handed out, small counts of closed sources protected. restricted: everything, "
        "marked OFFICIAL-SENSITIVE unless every source is open.",
    ),
    click.option(
        "--register",
        type=_PATH,
        metavar="FILE.csv",
        help="Register of earlier public releases, itself restricted: a release that gives a count away with one of "
        "them is refused. Made when it is not there.",
    ),
]


def _release_of(asked: dict[str, Any], out: Path) -> Any:
    """Take release and register out of the options, and return what the writers are given."""
    release, register = asked.pop("release", None) or "restricted", asked.pop("register", None)
    if release == "restricted":
        if register is not None:
            raise InputError(
                "a register is for public releases; add --release public, or leave the register out"
            )
        return None
    from hotspot.publish.release import PublicRelease

    if register is not None and register.resolve().is_relative_to(out.resolve()):
        raise InputError(
            f"the register {register.name} is restricted and would lie in the public folder {out}; keep it elsewhere"
        )
    return PublicRelease(register=register)


@cli.command()
@click.option("--out", type=_PATH, default=Path("hotspot-demo"), show_default=True)
@_analysis_options
def demo(out: Path, **asked: Any) -> None:
    """Run the main job on the simulated incidents that come with the package."""
    _demo(out, asked)


def _demo(out: Path, asked: dict[str, Any]) -> None:
    from hotspot import sample
    from hotspot.geography.area import read_area

    area = read_area(sample.borough(), layer=sample.BOROUGH_LAYER)
    _main_job(_Inputs(sample.police_uk_archive()), area, out, {"command": "demo"}, asked)


@cli.command()
@click.argument("data", type=_PATH)
@click.option("--area", "area_file", type=_PATH, required=True, help="File of polygons.")
@click.option("--layer", help="Layer of the area file, when it has several.")
@click.option("--where", help="Condition on the area's columns, such as \"name = 'Dudley'\".")
@click.option("--mapping", type=_PATH, metavar="FILE.toml", help=_MAPPING)
@click.option(
    "--save-set-aside",
    type=_PATH,
    metavar="FILE",
    help="Also write the rows that need repair, whole, personal data included; never written unless asked.",
)
@click.option("--out", type=_PATH, default=Path("hotspot-output"), show_default=True)
@_analysis_options
def hotspots(
    data: Path,
    area_file: Path,
    layer: str | None,
    where: str | None,
    mapping: Path | None,
    save_set_aside: Path | None,
    out: Path,
    **asked: Any,
) -> None:
    """Find hotspots in DATA: data.police.uk files, or with --mapping the export of any partner.

    DATA is a file, a folder of files, a pattern, or for data.police.uk the archive .zip as downloaded.
    """
    places = {"data": data, "area": area_file, "layer": layer, "where": where, "mapping": mapping}
    _hotspots(places | asked, out, save_set_aside)


@cli.command()
@click.argument("job", type=_PATH, metavar="JOB.toml")
def run(job: Path) -> None:
    """Run the main job that a TOML file describes: data, area, out, and the options of hotspots.

    Paths in it are relative to the file; the options are category (a list), cell_size, shape, start, end,
    as_of, across_breaks, layer, where, mapping, release ("restricted" or "public") and register.
    """
    from hotspot.publish.job_file import read_job

    asked = read_job(job)
    out = asked.pop("out")
    _hotspots(asked, out)


def _hotspots(asked: dict[str, Any], out: Path, save_set_aside: Path | None = None) -> None:
    """Run the main job from its options by name."""
    from hotspot.geography.area import read_area

    layer, where, mapping = asked.pop("layer", None), asked.pop("where", None), asked.pop("mapping", None)
    data, area_file = asked.pop("data"), asked.pop("area")
    area = read_area(area_file, layer=layer, where=where)
    call = {"command": "hotspots", "data": data.name, "area": area_file.name, "layer": layer, "where": where}
    if mapping is not None:
        call |= {"mapping": mapping.name, "mapping_sha256": _fingerprint(mapping)}
    asked["category"] = asked.get("category", ())
    _main_job(_Inputs(data, mapping, save_set_aside), area, out, call, asked)


@cli.command()
@click.argument("folder", type=_PATH)
@click.option(
    "--order",
    type=_PATH,
    metavar="CONFIG.toml",
    help="A review's file: also refuse a pack that was made for another boundary.",
)
def verify(folder: Path, order: Path | None) -> None:
    """Say whether FOLDER still holds exactly what its manifest says; exit code 1 when it does not."""
    if order is None:
        from hotspot.publish.verify import verify as compare

        _say_states(compare(folder))
        return
    from hotspot.decisions.order_file import order_of, read_review
    from hotspot.publish.verify_order import verify_order

    _say_states(verify_order(folder, order_of(read_review(order))))


@cli.command()
@click.argument("manifest", type=_PATH)
@click.option("--inputs", type=_PATH, metavar="FOLDER", help="Folder that holds the data, area and mapping.")
def rerun(manifest: Path, inputs: Path | None) -> None:
    """Make the job of MANIFEST again, in a temporary folder, and compare every output with it."""
    from hotspot.publish.rerun import rerun as again

    _say_states(again(manifest, inputs, _make_again))


def _make_again(call: dict[str, Any], out: Path) -> None:
    job = dict(call["job"])
    job["category"] = tuple(job.pop("categories"))
    if call["command"] == "demo":
        _demo(out, job)
    else:
        _hotspots(
            job | {key: call[key] for key in ("data", "area", "layer", "where", "mapping") if key in call},
            out,
        )


def _say_states(states: Any) -> None:
    for row in states.itertuples(index=False):
        click.echo(f"{row.state:<20}{printable(row.name)}")
    wrong = int((states["state"] != "same").sum())
    click.echo(f"{len(states) - wrong:,} of {len(states):,} files are the same")
    if wrong:
        sys.exit(1)


@cli.command()
@click.argument("data", type=_PATH)
@click.option("--mapping", type=_PATH, metavar="FILE.toml", help=_MAPPING)
def check(data: Path, mapping: Path | None) -> None:
    """Say what is in DATA: where its rows went, months missing or partial, what to look at, known breaks."""
    report(_read(_Inputs(data, mapping)), "with a file" if mapping is None else "covered")


@cli.command("new-mapping")
@click.argument("file", type=_PATH)
@click.option("--sheet", help="Sheet of a workbook that has several.")
@click.option("--layer", help="Layer of a GeoPackage that has several.")
@click.option(
    "--header-row", type=click.IntRange(min=1), help="Row that holds the column names, counted from 1."
)
@click.option(
    "--out",
    type=_PATH,
    metavar="FILE.toml",
    help="File to write; on the screen when left out. Never overwritten.",
)
def write_new_mapping(
    file: Path, sheet: str | None, layer: str | None, header_row: int | None, out: Path | None
) -> None:
    """Write a first mapping for FILE from its header, guesses marked; no value of the data is in it."""
    from hotspot.intake.new_mapping import new_mapping

    if out is not None:
        _refuse_existing(out)
    try:
        text = new_mapping(file, sheet=sheet, layer=layer, header_row=header_row)
    except InputError as error:
        words = (
            str(error)
            .replace("[file] sheet", "--sheet")
            .replace("[file] layer", "--layer")
            .replace("[file] header_row", "--header-row")
        )
        raise InputError(words.replace("the right header_row", "the right --header-row")) from None
    if out is None:
        click.echo(text, nl=False)
        return
    with out.open("xb") as target:  # not even a file that appeared since
        target.write(text.encode("utf-8"))
    click.echo(f"Written to {out}. Read it through, then see what it makes of the file:")
    click.echo(f"  hotspot check {_quoted(file)} --mapping {_quoted(out)}")


def _quoted(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise InputError(
            f"{path} is there already and is not overwritten; choose another name, or move it away"
        )
    if not path.parent.is_dir():
        raise InputError(f"the folder {path.parent} does not exist; make it first, or choose another")


def _fingerprint(path: Path) -> str | None:
    """Return the SHA-256 of a mapping; what is wrong with a file that cannot be read, its reader says."""
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _read(inputs: _Inputs, area: Any = None) -> Intake:
    if inputs.mapping is not None:
        from hotspot.intake.partner import read_incidents

        return read_incidents(inputs.data, inputs.mapping, area=area, progress=True)
    from hotspot.intake.police_uk import read_police_uk

    try:
        return read_police_uk(inputs.data, area=area, progress=True)
    except InputError as error:
        text = str(error)
        if inputs.data.suffix.lower() in _OTHER_FORMATS:
            text = f"{inputs.data.name} is no file of data.police.uk, which are CSV"
        elif "not a data.police.uk street file" not in text:
            raise
        raise InputError(
            f"{text}. For the export of another partner give --mapping FILE.toml; `hotspot new-mapping` writes one"
        ) from None


def _main_job(inputs: _Inputs, area: Any, out: Path, call: dict[str, Any], asked: dict[str, Any]) -> None:
    from hotspot.publish.folder import check_place
    from hotspot.publish.main_job import Job, analyse, summary_of_ledger, write_folder

    check_place(out.absolute())  # before the work, so that a wrong folder costs no time
    release = _release_of(asked, out)
    if inputs.save_set_aside is not None:
        _check_set_aside_file(inputs.save_set_aside)
    job = Job(categories=tuple(asked.pop("category")), **asked)
    intake = _read(inputs, area)
    for line in summary_of_ledger(intake.ledger):
        click.echo(line)
    if len(intake.findings):
        click.echo(f"Findings to look at: {len(intake.findings):,}; `hotspot check` lists them")
    if inputs.save_set_aside is not None:
        _save_set_aside(intake, inputs)
    results = analyse(intake, area, job, click.echo)
    # Absolute: when it is the current folder, the new one stands in its place.
    files = write_folder(
        out.absolute(), results, intake=intake, area=area, job=job, call=call, release=release
    )
    click.echo(f"Written to {out}:")
    for path in files:
        click.echo(f"  {path.name}  ({path.stat().st_size:,} bytes)")
    page = next(path for path in files if path.suffix == ".html")
    click.echo(f"Open {page} in a browser; it needs no network.")
    if release is not None:
        click.echo(_said_of_public(results, files))


def _said_of_public(results: Any, files: list[Path]) -> str:
    """Say what is not in a public folder, and what is still to be done."""
    left = results.locations is not None and not any(path.name == "locations.csv" for path in files)
    text = "Locations of a closed source are not published. " if left else ""
    return f"{text}Look through the folder before it is handed out; hotspot.check_release helps."


def _check_set_aside_file(path: Path) -> None:
    """Refuse a file that is there, under its own name or the marked one: it may hold repairs by hand."""
    from hotspot.provenance import SENSITIVE

    for each in (path, path.with_name(f"{path.stem} {SENSITIVE}{path.suffix}")):
        _refuse_existing(each)


def _save_set_aside(intake: Intake, inputs: _Inputs) -> None:
    """Write the rows that need repair, whole: not those that a rule left out or that lie outside the area."""
    from hotspot.intake.mapping import read_mapping

    by_choice = {"outside the area"}
    if inputs.mapping is not None:
        by_choice |= {rule.reason for rule in read_mapping(inputs.mapping).leave_out}
    reasons = sorted(set(intake.set_aside["reason"].astype(str)) - by_choice)
    if not reasons or inputs.save_set_aside is None:
        click.echo(f"No row needs repair; {inputs.save_set_aside} is not written.")
        return
    written = intake.save_set_aside(inputs.save_set_aside, reasons=reasons)
    rows = int(intake.set_aside["reason"].isin(reasons).sum())
    click.echo(f"Whole rows to be repaired: {rows:,}, in {written}; delete it when they are.")


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
