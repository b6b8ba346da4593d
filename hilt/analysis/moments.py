"""Times as people write them: ``2h``, ``yesterday``, ``2026-11-28``, ``2026-11-28 14:30``."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone

from hilt.core.exceptions import ConfigurationError, EventError
from hilt.core.ids_and_times import parse_timestamp, to_timestamp

__all__ = ["local", "parse_moment", "timestamp_key"]

_AGO = re.compile(
    r"(\d{1,9}(?:\.\d{1,3})?)\s*"
    r"(s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?|w|weeks?)(?:\s+ago)?"
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAYS = {"today": 0, "yesterday": 1}
_FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f")
_BETWEEN_DATE_AND_TIME = re.compile(r"(?<=\d)[Tt](?=\d)")
_ZONED = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d)(:\d\d(?:\.\d+)?)? ?(?:z|utc|([+-]\d\d):?(\d\d))")
_CANONICAL = len("2026-11-28T10:00:00.123456Z")
_EXPECTED = (
    "a date (2026-11-28), a time (2026-11-28 14:30, 14:30), an age (2h, 30m, 7d), "
    "today, yesterday or now"
)


def parse_moment(
    text: str, *, end: bool = False, utc: bool = False, now: datetime | None = None
) -> datetime:
    """The time that a text names, in local time where the text names no time zone.

    Args:
        text: A date, a time of a day, an age such as ``2h``, ``now``, ``today``, ``yesterday``.
        end: Whether a whole day stands for its end rather than its beginning.
        utc: Whether UTC is meant rather than local time.
        now: The current time; that of the clock if None.

    Raises:
        ConfigurationError: If the text names no time.
    """
    now = local(now or datetime.now(timezone.utc), utc=utc)
    plain = " ".join(_BETWEEN_DATE_AND_TIME.sub(" ", text).split())
    try:
        moment = _moment(plain, now, end=end, utc=utc)
    except (OverflowError, ValueError):
        moment = None
    if moment is None:
        raise ConfigurationError(f"{text!r} is not a time; expected {_EXPECTED}")
    return moment


def local(moment: datetime, *, utc: bool = False) -> datetime:
    """A datetime in local time, or in UTC."""
    return moment.astimezone(timezone.utc if utc else None)


def timestamp_key(timestamp: str) -> str:
    """An event's timestamp in the form in which timestamps compare as text; "" if it is none.

    HILT's own have that form, so most are returned as they are.
    """
    if len(timestamp) == _CANONICAL and timestamp[-1] == "Z" and timestamp[10] == "T":
        return timestamp
    try:
        return to_timestamp(parse_timestamp(timestamp))
    except (EventError, OverflowError, ValueError):
        return ""


def _moment(text: str, now: datetime, *, end: bool, utc: bool) -> datetime | None:
    name = text.lower()
    if name == "now":
        return now
    if name in _DAYS:
        return _day(now.date() - timedelta(days=_DAYS[name]), end=end, utc=utc)
    ago = _AGO.fullmatch(name)
    if ago is not None:
        return now - timedelta(**{_UNITS[ago[2][0]]: float(ago[1])})
    zoned = _ZONED.fullmatch(name)
    if zoned is not None:
        text = f"{zoned[1]}{zoned[2] or ':00'}{zoned[3] or '+00'}:{zoned[4] or '00'}"
    try:
        return parse_timestamp(text)  # with a time zone of its own
    except EventError:
        pass
    try:
        return _day(date.fromisoformat(text), end=end, utc=utc)
    except ValueError:
        return _time(text, now, utc=utc)


def _time(text: str, now: datetime, *, utc: bool) -> datetime | None:
    """A time of a day; of today if no day is given."""
    for given in (text, f"{now:%Y-%m-%d} {text}"):
        for form in _FORMS:
            try:
                return _in_zone(datetime.strptime(given, form), utc=utc)  # noqa: DTZ007 # below
            except ValueError:
                continue
    return None


def _day(day: date, *, end: bool, utc: bool) -> datetime:
    """The beginning or the end of a day, with the offset of local time on that day."""
    return _in_zone(datetime.combine(day + timedelta(days=1) if end else day, time()), utc=utc)


def _in_zone(moment: datetime, *, utc: bool) -> datetime:
    # astimezone takes a naive datetime for local time at that date, with its own offset.
    return moment.replace(tzinfo=timezone.utc) if utc else moment.astimezone()
