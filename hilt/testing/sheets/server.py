"""The emulator: spreadsheets, service accounts, quotas and faults behind one address."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from hilt.testing.newest import Newest
from hilt.testing.sheets import metadata, updates, values
from hilt.testing.sheets.book import Book, Tab
from hilt.testing.sheets.calls import Call
from hilt.testing.sheets.errors import ApiError, invalid
from hilt.testing.sheets.faults import Faults
from hilt.testing.sheets.fields import masked
from hilt.testing.sheets.forbidden import forbidden
from hilt.testing.sheets.handler import Server
from hilt.testing.sheets.messages import localised
from hilt.testing.sheets.oauth import TokenServer
from hilt.testing.sheets.quota import Limits, Quota

__all__ = ["SheetsEmulator"]

_BOOK = re.compile(r"/v4/spreadsheets/([^/:]+)(:batchUpdate|/developerMetadata:search)?")
_VALUES = re.compile(r"/v4/spreadsheets/([^/:]+)/values(?:/(.+?))?(?::(append|clear|batchGet))?")

_MOST_CALLS = 10_000


class SheetsEmulator:
    """Google Sheets on loopback: ``with SheetsEmulator() as sheets: ...``.

    ::

        with SheetsEmulator() as sheets:
            book = sheets.add_book("my-sheet-id")
            key = sheets.service_account()
            instrument(backend="sheets", sheet_id="my-sheet-id", credentials_json=key)

    The environment variable ``HILT_SHEETS_API_ROOT`` (or ``SheetsSink(api_root=...)``) set to
    `api_root` makes HILT come here; the key's ``token_uri`` does so for google-auth.

    Args:
        limits: Quotas a minute.
        speed: How much faster than the wall clock the minutes of the quota and the life of tokens
            pass.
        latency_s: How long every answer takes.
        retry_after: Whether a 429 has a ``Retry-After`` header; Google's mostly have none.
        token_lifetime_s: How long a token is good, by the emulator's clock.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        speed: float = 1.0,
        latency_s: float = 0.0,
        retry_after: bool = False,
        token_lifetime_s: float = 3600,
    ) -> None:
        self.books: dict[str, Book] = {}
        self.calls: Newest[Call] = Newest(_MOST_CALLS)
        self.faults = Faults()
        self.latency_s = latency_s
        self.language = "en"
        """The language of the account that asks, in which messages are; ``de`` and ``es`` too."""
        self.forbidden_reason = ""
        """Why every request is refused, for example ``BILLING_DISABLED``; empty if it is not."""
        self.refused_characters = ""
        """Characters that no text may have: to see what a client does about a 400 for one row."""
        self._clock = _clock_of(speed)
        self.quota = Quota(limits or Limits(), self._clock, retry_after=retry_after, speed=speed)
        self.tokens = TokenServer(self._clock, token_lifetime_s)
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = Server(self)

    @property
    def api_enabled(self) -> bool:
        """Whether the Sheets API is enabled in the account's project."""
        return self.forbidden_reason != "SERVICE_DISABLED"

    @api_enabled.setter
    def api_enabled(self, enabled: bool) -> None:
        self.forbidden_reason = "" if enabled else "SERVICE_DISABLED"

    @property
    def url(self) -> str:
        """Where the server is: ``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def api_root(self) -> str:
        """What stands for ``https://sheets.googleapis.com``."""
        return self.url

    def start(self) -> SheetsEmulator:
        """Answer requests from now on, in threads of its own."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Answer no more; requests that wait are let go."""
        self.closing.set()
        self._server.stop()

    def __enter__(self) -> SheetsEmulator:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def add_book(
        self,
        book_id: str = "book",
        tabs: list[Tab] | None = None,
        *,
        shared_with: set[str] | None = None,
        readers: set[str] | None = None,
        locale: str = "en_US",
        time_zone: str = "Etc/UTC",
        is_office_file: bool = False,
    ) -> Book:
        """A new spreadsheet, shared with everybody unless ``shared_with`` is given."""
        book = Book(
            book_id,
            tabs=tabs,
            shared_with=shared_with,
            readers=readers,
            locale=locale,
            time_zone=time_zone,
            is_office_file=is_office_file,
        )
        self.books[book_id] = book
        return book

    def service_account(
        self, email: str = "logger@my-project.iam.gserviceaccount.com", project: str = "my-project"
    ) -> dict[str, Any]:
        """A new service account's key, as its JSON file holds it."""
        return self.tokens.credentials(f"{self.url}/token", email, project)

    def book(self, book_id: str = "book") -> Book:
        """A spreadsheet as it is now."""
        with self._lock:
            return self.books[book_id].copy()

    def calls_of(self, kind: str) -> list[Call]:
        """The requests of one kind (``read``, ``write``, ``token``) so far, refused ones too.

        Of a long run, those among the newest 10,000 requests or 64 MiB at least.
        """
        return [call for call in self.calls if call.kind == kind]

    def note(self, call: Call, size: int) -> None:
        """Remember a request, whose body has so many bytes."""
        with self._lock:
            self.calls.keep(call, size)

    def edit(self, book_id: str, *requests: Mapping[str, Any]) -> None:
        """Do what a person does by hand in the browser: no quota, no faults.

        Raises:
            ApiError: If the service would refuse it.
        """
        with self._lock:
            self.books[book_id], _ = updates.apply(self.books[book_id], list(requests))

    def type_in(self, book_id: str, where: str, *cells: object) -> None:
        """Type values into the cells from ``where`` to the right, as a person does.

        Raises:
            ApiError: If the service would refuse it.
        """
        with self._lock:
            query = {"valueInputOption": "USER_ENTERED"}
            values.update(self.books[book_id], where, query, {"values": [list(cells)]})

    def authorize(self, authorization: str | None) -> str:
        """Whose request it is.

        Raises:
            ApiError: If the token or its scopes are not good, or the API is off.
        """
        account = self.tokens.account(authorization)
        if account is None:
            raise ApiError(
                401,
                "Request had invalid authentication credentials. Expected OAuth 2 access token, "
                "login cookie or other valid authentication credential.",
            )
        if not account[1]:
            raise forbidden("ACCESS_TOKEN_SCOPE_INSUFFICIENT")
        if self.forbidden_reason:
            raise forbidden(self.forbidden_reason)
        return account[0]

    def perform(self, call: Call, query: Mapping[str, str]) -> dict[str, Any]:
        """Do what an authorized request asks for.

        Raises:
            ApiError: If the service would refuse it.
        """
        self.quota.take(call.kind, call.account, "project")
        if any(letter in text for letter in self.refused_characters for text in _texts(call.body)):
            raise invalid("Invalid value: the text has a character that is not allowed.")
        try:
            with self._lock:
                return self._perform(call, query)
        except ApiError as error:
            error.message = localised(error.message, self.language)
            raise

    def _perform(self, call: Call, query: Mapping[str, str]) -> dict[str, Any]:
        on_values = _VALUES.fullmatch(call.path)
        if on_values is not None:
            book = self._permitted(on_values[1], call)
            where = unquote(on_values[2]) if on_values[2] else None
            return self._values(book, where, on_values[3], call, query)
        on_book = _BOOK.fullmatch(call.path)
        if on_book is None:
            raise ApiError(404, "Requested entity was not found.")
        book = self._permitted(on_book[1], call)
        if on_book[2] is None:
            shown = book.copy()
            shown.account = call.account
            return masked(shown.to_dict(), query.get("fields"))
        if on_book[2] == "/developerMetadata:search":
            return metadata.search(book, call.body)
        book, replies = updates.apply(book, call.body.get("requests"), call.account)
        self.books[book.book_id] = book
        return {"spreadsheetId": book.book_id, "replies": replies}

    def _permitted(self, book_id: str, call: Call) -> Book:
        book = self.books.get(book_id)
        if book is None:
            raise ApiError(404, "Requested entity was not found.")
        editors, readers = book.shared_with, book.readers
        allowed = editors is None or call.account in editors
        if not allowed and not (call.kind == "read" and call.account in readers):
            raise ApiError(403, "The caller does not have permission")
        if book.is_office_file:
            raise ApiError(
                400,
                "This operation is not supported for this document",
                status="FAILED_PRECONDITION",
            )
        return book

    def _values(
        self, book: Book, where: str | None, verb: str | None, call: Call, query: Mapping[str, str]
    ) -> dict[str, Any]:
        if verb == "batchGet" and not where:
            ranges = query.get("ranges", "").split("\0")
            answers = [values.get(book, each, query) for each in ranges]
            return {"spreadsheetId": book.book_id, "valueRanges": answers}
        if not where:
            raise invalid("A range is needed.")
        if call.method == "GET":
            return values.get(book, where, query)
        trial = book.copy()
        trial.account = call.account
        if verb == "append":
            result = values.append(trial, where, query, call.body)
        elif verb == "clear":
            result = values.clear(trial, where)
        elif verb is None and call.method == "PUT":
            result = values.update(trial, where, query, call.body)
        else:
            raise ApiError(404, "Requested entity was not found.")
        trial.check_size()
        trial.account = None
        self.books[book.book_id] = trial
        return result


def _texts(value: object) -> Iterator[str]:
    """Every text in a body."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _clock_of(speed: float) -> Callable[[], float]:
    start = time.monotonic()
    return lambda: (time.monotonic() - start) * speed
