"""Other evidence on an order: consultation, activity and statements, each for itself, never added to incidents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspot.decisions.evidence_tables import (
    WHOLE_ORDER,
    EvidenceLike,
    checked_before,
    evidence_record,
    read_evidence,
)
from hotspot.intake.counts_cells import month_name, month_number

if TYPE_CHECKING:
    from hotspot.decisions.order import Order

__all__ = [
    "ACTIVITY",
    "CHOSE_TO_ANSWER",
    "LEAST_BASE",
    "WHOLE_ORDER",
    "Activity",
    "activity",
    "consultation",
    "statements",
]

CHOSE_TO_ANSWER = "people who chose to answer, not a sample"
ACTIVITY = "activity, not outcome"
LEAST_BASE = 10
"""Shares of fewer answers than this are not shown."""
EVENTS = ("enforcement starts", "enforcement stops")
ALL_RESPONDENTS = "not stated"
_NUMBER = re.compile(r"(\d{1,9})")


def consultation(
    frame: EvidenceLike,
    *,
    order: Order | None = None,
    name: str = "Consultation",
    open_data: bool = False,
    simulated: bool = False,
) -> pd.DataFrame:
    """Check the answers to a consultation, and give each its base and share.

    Parameters
    ----------
    frame
        A DataFrame, CSV or .xlsx with the columns question, prohibition (blank: the whole order), answer, n; and, if
        known, respondent_type, start and end (first and last day, YYYY-MM-DD), base (how many people answered the
        question, where each could give several answers).
    order
        When given, its prohibitions are the only ones that may be named.
    name, open_data, simulated
        How the source is called in records, whether anyone may publish it, whether it is made up.

    Returns
    -------
    DataFrame
        prohibition, question, respondent_type, answer, n, base, share_pct (missing under a base of 10), start, end,
        says. Sorted; one row an answer.

    Raises
    ------
    InputError
        If a column is missing or unknown, a text is blank, a count is no whole number, an answer stands twice, dates
        cannot be read or differ within a question, or an answer has more people than its base.

    Notes
    -----
    share = 100 n / base, and base is the sum of the answers of a question, prohibition and type of respondent, unless
    it is given. Types are not added up: a person may be a resident and a trader. Text is kept as it is.

    How this can mislead: those who answer are not those who live there. A leading question gives a leading share, and
    nothing here can tell. The shares are never put together with counts of incidents.

    Examples
    --------
    >>> import pandas as pd
    >>> asked = pd.DataFrame({"question": "Do you agree?", "prohibition": "", "answer": ["Yes", "No"], "n": [84, 16]})
    >>> consultation(asked)["says"].tolist()[1]
    '84 of 100 (84 %): people who chose to answer, not a sample'
    """
    if checked_before(frame, "consultation") and isinstance(frame, pd.DataFrame):
        return frame
    words = {
        "question": "the question as it was put",
        "prohibition": "the prohibition that it is about",
        "answer": "the answer",
        "n": "how many gave it",
    }
    more = {
        "respondent_type": "who answered",
        "start": "first day",
        "end": "last day",
        "base": "how many answered the question",
    }
    read = read_evidence(frame, "consultation", words, more)
    made = pd.DataFrame(
        {
            "prohibition": read.prohibitions(order),
            "question": read.required("question"),
            "respondent_type": read.text("respondent_type").fillna(ALL_RESPONDENTS),
            "answer": read.required("answer"),
        }
    )
    n, texts = read.numbers("n", whole=True), read.text("n")
    read.refuse(n.isna(), texts, "have no n", "write 0 where nobody gave the answer")
    read.refuse_repeats(
        made[["answer", "question", "prohibition", "respondent_type"]], "give an answer again"
    )
    group = [made["prohibition"], made["question"], made["respondent_type"]]
    given = read.numbers("base", whole=True)
    base = given.where(given.notna(), n.groupby(group).transform("sum"))
    read.refuse(
        n > base,
        texts,
        "have more answers than the base",
        "the base is how many people answered the question",
    )
    start, end = read.days("start"), read.days("end")
    read.refuse(end < start, read.text("end"), "end before they start", "exchange start and end")
    for days, column in ((start, "start"), (end, "end")):
        differ = days.groupby(group).transform("nunique") > 1
        read.refuse(
            differ,
            read.text(column),
            "have another day than the same question elsewhere",
            "correct the dates",
        )
    shown = base >= LEAST_BASE
    made["n"], made["base"] = n.astype("Int64"), base.astype("Int64")
    made["share_pct"] = (100 * n / base.where(base > 0)).where(shown)
    made["start"], made["end"] = start, end
    made["says"] = _answers_in_words(made)
    keys = ["prohibition", "question", "respondent_type", "answer"]
    made = made.sort_values(keys, ignore_index=True)
    note = f"{name}: {CHOSE_TO_ANSWER}; never put together with incidents"
    return evidence_record(made, read, name=name, open_data=open_data, simulated=simulated, note=note)


def _answers_in_words(made: pd.DataFrame) -> list[str]:
    columns = (made[name] for name in ("n", "base", "share_pct"))
    return [
        f"{count} of {of}: under {LEAST_BASE} answers, no share is shown; {CHOSE_TO_ANSWER}"
        if pd.isna(share)
        else f"{count} of {of} ({share:.0f} %): {CHOSE_TO_ANSWER}"
        for count, of, share in zip(*columns, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class Activity:
    """What was done under an order: activity, not outcome.

    Attributes
    ----------
    amounts
        prohibition, kind, unit, month (``YYYY-MM``), amount (missing where the month's amount is not known).
    events
        prohibition, date, event: days on which enforcement started or stopped.
    heading
        What stands above both.
    """

    amounts: pd.DataFrame
    events: pd.DataFrame
    heading: str = ACTIVITY


def activity(
    frame: EvidenceLike | Activity,
    *,
    order: Order | None = None,
    name: str = "Activity",
    open_data: bool = False,
    simulated: bool = False,
) -> Activity:
    """Check a table of fixed penalties, warnings, patrol hours and the like.

    Parameters
    ----------
    frame
        A DataFrame, CSV or .xlsx with the columns kind, month and amount; and, if known, unit, prohibition, date. A
        row of kind "enforcement starts" or "enforcement stops" has a date (YYYY-MM-DD), and neither month nor amount.
    order, name, open_data, simulated
        As for `consultation`.

    Returns
    -------
    Activity

    Raises
    ------
    InputError
        If a column is missing or unknown, a month, date or amount cannot be read, or a kind stands twice in a month.

    Notes
    -----
    A month without a row is not known; it is not a month without activity. Write 0 where nothing was done.

    How this can mislead: more patrol finds and records more, so activity and reports rise together. Few penalties may
    mean that the behaviour stopped, that nobody looked, or that words were enough.

    Examples
    --------
    >>> import pandas as pd
    >>> done = activity(pd.DataFrame({
    ...     "kind": ["Fixed penalties", "enforcement starts"], "month": ["2025-03", None], "amount": [4, None],
    ...     "date": [None, "2025-03-10"],
    ... }))
    >>> done.heading, done.amounts["amount"].tolist(), done.events["event"].tolist()
    ('activity, not outcome', [4.0], ['enforcement starts'])
    """
    if isinstance(frame, Activity):
        return frame
    words = {"kind": "what was done", "month": "YYYY-MM", "amount": "how much"}
    more = {"unit": "such as hours", "prohibition": "under which one", "date": "day of a start or stop"}
    read = read_evidence(frame, "activity", words, more)
    kind, prohibition = read.required("kind"), read.prohibitions(order)
    plain = kind.map(lambda text: " ".join(text.split()).casefold())
    event = plain.isin(EVENTS).to_numpy()
    days, dates = read.days("date"), read.text("date")
    read.refuse(
        event & days.isna(), kind, "start or stop enforcement without a date", "write it as YYYY-MM-DD"
    )
    read.refuse(
        ~event & days.notna(), dates, "have a date and are no start or stop", "write the month in its column"
    )
    months, amounts = read.text("month"), read.numbers("amount", whole=False)
    number = [None if pd.isna(text) else month_number(str(text)) for text in months]
    unread = np.array([each is None for each in number], dtype=bool)
    read.refuse(~event & unread, months, "have no month that can be read", "write it as 2025-03")
    read.refuse(
        event & amounts.notna(),
        read.text("amount"),
        "start or stop enforcement with an amount",
        "leave it out",
    )
    rows = pd.DataFrame(
        {
            "prohibition": prohibition,
            "kind": kind,
            "unit": read.text("unit").fillna(""),
            "month": pd.Series(["" if each is None else month_name(each) for each in number], dtype="str"),
            "amount": amounts,
        }
    )
    keys = rows[["kind", "prohibition", "unit", "month"]].assign(day=dates.fillna(""), event=event)
    read.refuse_repeats(keys, "repeat a kind and month")
    done = rows[~event].sort_values(["prohibition", "kind", "unit", "month"], ignore_index=True)
    happened = pd.DataFrame({"prohibition": prohibition, "date": days, "event": plain})[event]
    happened = happened.sort_values(["date", "event", "prohibition"], ignore_index=True)
    note = f"{name}: {ACTIVITY}"
    frames = [
        evidence_record(each, read, name=name, open_data=open_data, simulated=simulated, note=note)
        for each in (done, happened)
    ]
    return Activity(frames[0], frames[1])


def statements(
    frame: EvidenceLike,
    *,
    order: Order | None = None,
    name: str = "Statements",
    open_data: bool = False,
    simulated: bool = False,
) -> pd.DataFrame:
    """Check a list of statements: their exhibit numbers and titles, by prohibition.

    Parameters
    ----------
    frame
        A DataFrame, CSV or .xlsx with the columns exhibit, title and prohibition (blank: the whole order). An exhibit
        that bears on two prohibitions has two rows. Their words stay in the exhibits.
    order, name, open_data, simulated
        As for `consultation`.

    Returns
    -------
    DataFrame
        prohibition, exhibit, title; exhibits in their natural order (2 before 10).

    Raises
    ------
    InputError
        If a column is missing or unknown, a text is blank, or an exhibit has two titles or stands twice.

    How this can mislead: a list says that statements were taken, and nothing of what they say, who chose their makers,
    or who was not asked. A title can name a person: write titles that do not.

    Examples
    --------
    >>> import pandas as pd
    >>> listed = statements(pd.DataFrame({"exhibit": ["A10", "A2"], "title": ["Trader", "Resident"], "prohibition": ""}))
    >>> listed["exhibit"].tolist()
    ['A2', 'A10']
    """
    if checked_before(frame, "statements") and isinstance(frame, pd.DataFrame):
        return frame
    words = {"exhibit": "its number", "title": "its title", "prohibition": "the prohibition that it bears on"}
    read = read_evidence(frame, "statements", words, {})
    made = pd.DataFrame(
        {
            "prohibition": read.prohibitions(order),
            "exhibit": read.required("exhibit"),
            "title": read.required("title"),
        }
    )
    read.refuse_repeats(made[["exhibit", "prohibition"]], "list an exhibit again under the same prohibition")
    titles = made.groupby("exhibit")["title"].transform("nunique") > 1
    read.refuse(
        titles, made["exhibit"], "have an exhibit number with two titles", "give each exhibit its own number"
    )
    natural = made["exhibit"].map(
        lambda text: tuple(
            (int(part), "") if part.isdecimal() else (-1, part) for part in _NUMBER.split(text)
        )
    )
    order_of = sorted(range(len(made)), key=lambda at: (made["prohibition"].iloc[at], natural.iloc[at]))
    made = made.iloc[order_of].reset_index(drop=True)
    note = f"{name}: listed by number and title; their words stand in the exhibits"
    return evidence_record(made, read, name=name, open_data=open_data, simulated=simulated, note=note)
