"""One way to the platforms over HTTP: timed, metered, retried for seconds and never for longer.

A call asks the rate gate first. A wait of a few seconds is slept through the clock; a longer
one is raised, so that no worker sleeps it away. Faults that pass within seconds are tried again,
on calls that may be repeated. Everything else goes back to the adapter, which knows what the
platform means by it. Neither addresses with their parameters nor headers nor bodies ever reach
an error: they can carry secrets.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
import tenacity

from recoup.connector.errors import OutcomeUnknown, Retriable, UsageError
from recoup.connector.protocols import Budget, Clock, RateGate

__all__ = ["Answer", "Caller", "check_base_url", "retry_after"]

CONNECT_SECONDS = 10.0
READ_SECONDS = 130.0  # QuickBooks gives up on a request after 120 s; hear it say so
LONGEST_SLEEP = timedelta(seconds=5)
_CHUNK = 1 << 20  # bytes; the library's own ten thousand cost more than the unzipping
PASSING = frozenset({500, 502, 503, 504})
ATTEMPTS = 3
LAST_START_SECONDS = 10.0  # no further attempt starts later than this


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response: the body has the length that was announced, decompressed."""

    status: int
    headers: Mapping[str, str]  # case-insensitive
    body: bytes = field(repr=False)
    request_id: str | None  # the platform's own id of the call


class _Passing(Exception):
    """A fault that may be over in a second; carries what to do when it is not."""

    def __init__(self, answer: Answer | None, words: str) -> None:
        super().__init__(words)
        self.answer = answer
        self.words = words


class Caller:
    """Makes calls for one adapter, one at a time. Not shared between threads."""

    def __init__(
        self,
        *,
        platform: str,
        clock: Clock,
        gate: RateGate | None,
        request_id_header: str,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        passing: frozenset[int] = PASSING,
    ) -> None:
        """platform: as a person calls it, for errors. gate None: calls that are not metered."""
        self._platform = platform
        self._clock = clock
        self._gate = gate
        self._request_id_header = request_id_header
        self._timeout = timeout
        self._passing = passing
        self._http = requests.Session()
        self._http.headers["Accept-Encoding"] = "gzip"
        self._http.auth = _as_it_is

    def close(self) -> None:
        self._http.close()

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        data: bytes | str | Mapping[str, str] | None = None,
        budgets: Sequence[Budget] = (),
        urgent: bool = False,
        repeatable: bool = True,
        on_attempt: Callable[[], None] | None = None,
    ) -> Answer:
        """Make one call and return whatever status the platform answered with.

        repeatable: the call changes nothing, so that it may be sent again after a fault of a
        few seconds. Raises Retriable when no whole answer came, OutcomeUnknown instead when
        the call was not repeatable and may have arrived, BudgetSpent or Retriable when the
        budgets forbid it for longer than a few seconds.
        """

        def attempt() -> Answer:
            self._admit(budgets, urgent)
            if on_attempt is not None:
                on_attempt()
            answer = self._send(method, url, headers, params, data, repeatable)
            if repeatable and answer.status in self._passing:
                raise _Passing(answer, f"HTTP {answer.status}")
            return answer

        if not repeatable:
            return attempt()
        started = self._clock.now()

        def enough(state: tenacity.RetryCallState) -> bool:
            spent = (self._clock.now() - started).total_seconds()
            failed = state.outcome.exception() if state.outcome is not None else None
            once = isinstance(failed, _Passing) and _is_plain_500(failed.answer)
            most = 2 if once else ATTEMPTS
            return state.attempt_number >= most or spent >= LAST_START_SECONDS

        try:
            return tenacity.Retrying(
                retry=tenacity.retry_if_exception_type(_Passing),
                wait=tenacity.wait_exponential(multiplier=0.5, max=4),
                stop=enough,
                sleep=self._clock.sleep,
                reraise=True,
            )(attempt)
        except _Passing as failed:
            if failed.answer is not None:
                return failed.answer
            raise Retriable(
                f"{self._platform} did not answer: {failed.words}",
                retry_after=timedelta(minutes=1),
            ) from None

    def _admit(self, budgets: Sequence[Budget], urgent: bool) -> None:
        if self._gate is None or not budgets:
            return
        waited = timedelta(0)
        while wait := self._gate.take(budgets, urgent=urgent):
            if waited + wait > LONGEST_SLEEP:
                raise Retriable(
                    f"{self._platform} allows the next call in {_spell(wait)}", retry_after=wait
                )
            self._clock.sleep(wait.total_seconds())
            waited += wait

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        params: Mapping[str, str] | None,
        data: bytes | str | Mapping[str, str] | None,
        repeatable: bool,
    ) -> Answer:
        """Send once. A body shorter than announced is a fault, never half a page."""
        # Proxies and certificates of the environment are for the world outside.
        self._http.trust_env = not _is_local(urlsplit(url).hostname or "")
        try:
            response = self._http.request(
                method,
                url,
                headers=dict(headers or {}),
                params=dict(params or {}),
                data=data,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            body = b"".join(response.iter_content(_CHUNK))
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
            raise UsageError(f"{_host(url)!r} is no address to call") from None
        except requests.exceptions.RequestException as error:
            words = f"{_host(url)}: {_reason(error)}"
            if repeatable:
                raise _Passing(None, words) from None
            if _never_arrived(error):
                raise Retriable(f"{self._platform} cannot be reached: {words}") from None
            raise OutcomeUnknown(
                f"{self._platform} may or may not have carried out the call: {words}",
                retry_after=timedelta(minutes=1),
            ) from None
        return Answer(
            response.status_code,
            response.headers,
            body,
            response.headers.get(self._request_id_header),
        )


def retry_after(headers: Mapping[str, str], now: datetime, otherwise: timedelta) -> timedelta:
    """Read a Retry-After header, in seconds or as a date; never less than *otherwise*."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return otherwise
    try:
        wait = timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        try:
            at = parsedate_to_datetime(text)
        except (TypeError, ValueError):
            return otherwise
        wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return max(wait, otherwise)


def check_base_url(url: str) -> str:
    """Return *url* without its last slash. Raises UsageError unless tokens may travel there:
    https, or http to this machine."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, or a bracket that is not closed
        usable = False
    if not usable:
        raise UsageError(f"base URL {url!r} must look like https://host or http://127.0.0.1:PORT")
    if parts.scheme == "http" and not _is_local(parts.hostname or ""):
        raise UsageError(f"base URL {url!r} must be https: tokens would travel in the clear")
    if parts.username or parts.password:
        raise UsageError("a base URL must not carry a user name or password")
    return url.rstrip("/")


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sign nothing; without this a ~/.netrc would replace our Authorization header."""
    return request


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_plain_500(answer: Answer | None) -> bool:
    return answer is not None and answer.status == 500


def _never_arrived(error: Exception) -> bool:
    """Whether no byte of the call can have reached the platform."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    return "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)


def _reason(error: Exception) -> str:
    if isinstance(error, requests.exceptions.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS certificate was refused"
    if isinstance(
        error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError
    ):
        return "the answer was cut off"
    if _never_arrived(error):
        return "cannot connect"
    return "the connection broke"


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2] or url


def _spell(wait: timedelta) -> str:
    seconds = int(wait.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
