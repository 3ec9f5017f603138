"""X, through tweepy and the API v2 with a bearer token."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import requests
import tweepy
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from tracker.collectors import x_answers
from tracker.collectors.protocol import Endpoints
from tracker.collectors.x_answers import Problem, one_line
from tracker.config.settings import XSettings
from tracker.domain.instants import MINUTE, Clock, Instant, iso
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Answer, End, Page, Post, Profile, Profiles, Quota, SetAside, Spend, Target, Walk
from tracker.domain.words import Platform

TWEEPY_HOST = "https://api.twitter.com"
"""Fixed in tweepy's code; the adapter below sends what goes there to the address in the settings."""

PAGE = 100
RATE_WINDOW = 15 * MINUTE
EARLIEST = 1_289_001_600
"""2010-11-06: the API refuses an earlier start_time."""

POST_FIELDS = [
    "created_at",
    "edit_history_tweet_ids",
    "entities",
    "in_reply_to_user_id",
    "lang",
    "note_tweet",
    "public_metrics",
    "referenced_tweets",
    "withheld",
]
USER_FIELDS = ["created_at", "name", "protected", "public_metrics", "username"]

# At DEBUG level tweepy logs the headers of each request, and with them the token.
logging.getLogger("tweepy").setLevel(logging.WARNING)


class Rerouted(HTTPAdapter):
    """Sends requests to another base address, with timeouts and bounded, jittered retries."""

    def __init__(self, settings: XSettings) -> None:
        self.base = settings.api_url.rstrip("/")
        self.timeout = (settings.connect_timeout, settings.read_timeout)
        super().__init__(
            max_retries=Retry(
                settings.retries,
                redirect=0,
                allowed_methods=["GET"],
                status_forcelist=[500, 502, 503, 504],
                backoff_factor=settings.backoff,
                backoff_jitter=settings.backoff,
                backoff_max=settings.backoff * 8,
                raise_on_status=False,
                respect_retry_after_header=False,
            )
        )

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        assert request.url is not None
        request.url = self.base + request.url.removeprefix(TWEEPY_HOST)
        options["timeout"] = self.timeout
        return super().send(request, **options)


class _Cursor(msgspec.Struct):
    """Where a walk goes on: below this id, and the token that saves saying so while X still knows it."""

    until_id: int
    token: str | None = None


class XCollector:
    """Reads X with one bearer token. See `tracker.collectors.protocol.Collector`."""

    platform = Platform.X
    endpoints = Endpoints(resolve="users/by", profiles="users", timeline="users/:id/tweets")
    batch = 100

    def __init__(self, settings: XSettings, bearer_token: str, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._client = tweepy.Client(bearer_token, return_type=requests.Response, wait_on_rate_limit=False)
        session: requests.Session = self._client.session
        session.trust_env = False  # neither a proxy nor a .netrc that nobody asked for
        session.max_redirects = 0
        session.mount(TWEEPY_HOST, Rerouted(settings))

    def close(self) -> None:
        self._client.session.close()

    def knows(self, target: Target) -> bool:
        return target.platform_id is not None

    # -- profiles

    def resolve(self, targets: Sequence[Target]) -> Profiles | Failure:
        names = {target.handle.casefold(): target for target in targets}
        return self._users(self.endpoints.resolve, {"usernames": list(names)}, names)

    def profiles(self, targets: Sequence[Target]) -> Profiles | Failure:
        ids = {str(target.platform_id): target for target in targets}
        return self._users(self.endpoints.profiles, {"ids": list(ids)}, ids)

    def _users(
        self, endpoint: str, question: Mapping[str, list[str]], asked: Mapping[str, Target]
    ) -> Profiles | Failure:
        asked_at = self._clock()
        response = self._get(endpoint, "get_users", **question, user_fields=USER_FIELDS)
        if isinstance(response, Failure):
            return response
        try:
            answer = x_answers.users_decoder.decode(response.content)
        except msgspec.DecodeError as error:
            return self._unreadable(response, error)
        results: dict[Target, Profile | Failure] = {
            target: Failure(OutcomeKind.BAD_ANSWER, "the answer says nothing of this account", requests=0)
            for target in asked.values()
        }
        for problem in answer.errors:
            for name in (problem.resource_id, problem.value):
                if name is not None and name.casefold() in asked:
                    results[asked[name.casefold()]] = x_answers.account_failure(problem)
        for item in answer.data:
            try:
                user = x_answers.user_decoder.decode(item)
            except msgspec.DecodeError:
                continue
            target = asked.get(str(user.id)) or asked.get(user.username.casefold())
            if target is not None:
                results[target] = (
                    Failure(OutcomeKind.PROTECTED, "shows its posts to approved followers only", requests=0)
                    if user.protected
                    else x_answers.to_profile(user, asked_at)
                )
        spend = Spend(requests=1, users=len(answer.data))
        return Profiles(results, spend, self._quota(endpoint, response), (_raw(response),))

    # -- timelines

    def fetch(self, target: Target, walk: Walk) -> Page | Failure:
        cursor = None if walk.cursor is None else msgspec.json.decode(walk.cursor, type=_Cursor)
        asked_at = self._clock()
        response = self._ask_timeline(target, walk, cursor)
        if isinstance(response, Failure) and cursor is not None and cursor.token and _is_about_token(response):
            # X forgets tokens after a while; the id says the same.
            response = self._ask_timeline(target, walk, _Cursor(cursor.until_id))
        if isinstance(response, Failure):
            return response
        try:
            timeline, aside = x_answers.decode_timeline(response.content)
        except msgspec.DecodeError as error:
            return self._unreadable(response, error)
        read = len(timeline.data) + len(aside)
        if not read and timeline.errors:
            return x_answers.account_failure(timeline.errors[0])
        texts = x_answers.full_texts(timeline.includes)
        posts: list[Post] = []
        for item in timeline.data:
            post = x_answers.to_post(item, texts)
            if isinstance(post, SetAside):
                aside = (*aside, post)
            else:
                posts.append(post)
        ids = [item.id for item in timeline.data] + [item.post_id for item in aside if item.post_id is not None]
        times = [time for time in map(x_answers.snowflake_time, ids) if time is not None]
        times += [post.posted_at for post in posts if post.version_id == post.post_id]
        includes = timeline.includes
        extra = 0 if includes is None else len(includes.posts) + len(includes.tweets)
        token = timeline.meta.next_token
        lowest = min(ids, default=cursor.until_id if cursor is not None else None)
        goes_on = token is not None and lowest is not None
        return Page(
            asked_at=asked_at,
            posts=tuple(posts),
            floor=min(times, default=None),
            cursor=msgspec.json.encode(_Cursor(lowest, token)).decode() if goes_on and lowest is not None else None,
            end=None if goes_on else self._end(walk, read),
            mark=str(max(ids)) if ids else walk.mark,
            spend=Spend(1, read + extra, 0 if includes is None else len(includes.users)),
            set_aside=aside,
            quota=self._quota(self.endpoints.timeline, response),
            answer=_raw(response),
            warnings=tuple(f"no post has {field}" for field in x_answers.missing_fields(timeline.data)),
        )

    def _ask_timeline(self, target: Target, walk: Walk, cursor: _Cursor | None) -> requests.Response | Failure:
        question: dict[str, object] = {"max_results": PAGE, "tweet_fields": POST_FIELDS}
        if walk.mark is not None:
            question["since_id"] = walk.mark
        if walk.after is not None:
            question["start_time"] = iso(max(walk.after, EARLIEST))
        if walk.before is not None:
            question["end_time"] = iso(walk.before)
        if cursor is not None and cursor.token is not None:
            question["pagination_token"] = cursor.token
        elif cursor is not None:
            question["until_id"] = str(cursor.until_id)
        if self._settings.expand_referenced:
            question["expansions"] = ["referenced_tweets.id"]
        return self._get(self.endpoints.timeline, "get_users_tweets", target.platform_id, **question)

    def _end(self, walk: Walk, read: int) -> End:
        """Why there is no further page. Near the platform's depth limit its silence proves nothing.

        Posts that were deleted since count for the limit and are not shown, hence the margin of a page.
        """
        depth = self._settings.depth
        if walk.newer + read >= depth - min(PAGE, depth // 10):
            return End.DEPTH_LIMIT
        return End.BEGINNING if walk.mark is None and walk.after is None else End.KNOWN_GROUND

    # -- requests

    def _get(self, endpoint: str, method: str, *arguments: object, **options: object) -> requests.Response | Failure:
        """One request through tweepy, or why it brought nothing."""
        try:
            response: requests.Response = getattr(self._client, method)(*arguments, **options)
        except tweepy.TooManyRequests as error:
            return self._limited(endpoint, error.response)
        except tweepy.Unauthorized:
            return Failure(OutcomeKind.AUTH_FAILED, "X refused the bearer token; set TRACKER_X_BEARER_TOKEN anew")
        except tweepy.TwitterServerError as error:
            return Failure(OutcomeKind.TRANSPORT, f"X answered {error.response.status_code}")
        except tweepy.HTTPException as error:
            return self._refused(error.response)
        except requests.RequestException as error:
            return Failure(OutcomeKind.TRANSPORT, _broken(error))
        return response

    def _limited(self, endpoint: str, response: requests.Response) -> Failure:
        """429: a rate limit, to be waited for, or the monthly cap, which is not."""
        problem = _problem(response)
        if problem.title == "UsageCapExceeded":
            now = datetime.fromtimestamp(self._clock(), UTC)
            first = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
            return Failure(OutcomeKind.MONTHLY_CAP, "the month's post cap is used up", int(first.timestamp()))
        header = response.headers.get("x-rate-limit-reset", "")
        until = self._plausible(int(header) if header.isdecimal() else 0)
        return Failure(OutcomeKind.RATE_LIMITED, f"rate limit of {endpoint}", until, endpoint)

    def _refused(self, response: requests.Response) -> Failure:
        """The other refusals: credits, spend cap, bad requests."""
        problem = _problem(response)
        detail = one_line(problem.detail or problem.title or f"X answered {response.status_code}")
        if response.status_code == 402:
            return Failure(OutcomeKind.CREDITS_SPENT, "no credits left; add some in X's developer portal")
        if problem.title == "SpendCapReached":
            until = _date(problem.reset_date)
            return Failure(OutcomeKind.SPEND_CAP, "the spend cap set in X's developer portal is reached", until)
        return Failure(OutcomeKind.REFUSED, detail)

    def _unreadable(self, response: requests.Response, error: msgspec.DecodeError) -> Failure:
        kind = response.headers.get("content-type", "without a type").split(";")[0]
        return Failure(
            OutcomeKind.BAD_ANSWER, one_line(f"X answered 200 with something unreadable ({kind}): {error}")
        )

    def _quota(self, endpoint: str, response: requests.Response) -> Quota | None:
        """What the headers say of the limit; a reset time that makes no sense is taken as the whole window."""
        try:
            remaining = int(response.headers["x-rate-limit-remaining"])
            limit = int(response.headers["x-rate-limit-limit"])
            reset_at = int(response.headers["x-rate-limit-reset"])
        except (KeyError, ValueError):
            return None
        return Quota(endpoint, limit, remaining, self._plausible(reset_at))

    def _plausible(self, reset_at: Instant) -> Instant:
        now = self._clock()
        return reset_at if now < reset_at <= now + RATE_WINDOW else now + RATE_WINDOW


def _raw(response: requests.Response) -> Answer:
    return Answer(f"GET {response.request.path_url}", response.content)


def _problem(response: requests.Response) -> Problem:
    """The problem in a refusal's body; an empty one if the body is something else."""
    try:
        return x_answers.problem_decoder.decode(response.content)
    except msgspec.DecodeError:
        return Problem()


def _is_about_token(failure: Failure) -> bool:
    return failure.kind is OutcomeKind.REFUSED and "token" in failure.detail.casefold()


def _date(text: str | None) -> Instant | None:
    """An ISO date or time as X writes it; None if it is neither."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _broken(error: requests.RequestException) -> str:
    """What broke, without addresses or headers."""
    match error:
        case requests.ConnectTimeout() | requests.ReadTimeout():
            return "X did not answer in time"
        case requests.TooManyRedirects():
            return "X answered with a redirect, which is not followed"
        case requests.exceptions.ChunkedEncodingError():
            return "the answer broke off"
        case requests.ConnectionError():
            return "could not reach X, or the connection broke"
        case _:
            return f"the request failed ({type(error).__name__})"
