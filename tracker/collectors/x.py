"""X, through tweepy and the API v2 with a bearer token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec
import requests

from tracker.collectors import x_answers, x_counts, x_posts, x_schema
from tracker.collectors.protocol import Bounds, CountEndpoints, Endpoints, Rereading
from tracker.collectors.proxy_faults import told_with
from tracker.collectors.x_compliance import XCompliance
from tracker.collectors.x_failures import broken, quota_of, refusal_of, unreadable
from tracker.collectors.x_link import Link
from tracker.collectors.x_schema import XUser
from tracker.config.proxy import Proxy
from tracker.config.settings import XSettings
from tracker.domain.instants import DAY, HOUR, Clock, Instant, iso
from tracker.domain.intervals import Interval
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import (
    Answer,
    CountPage,
    End,
    Grain,
    Page,
    Profile,
    Profiles,
    Reread,
    Resources,
    Spend,
    Target,
    Walk,
)
from tracker.domain.words import Platform

PAGE = 100
SMALLEST_PAGE = 5
EARLIEST: Instant = 1_289_001_600
"""2010-11-06: the API refuses an earlier start_time or end_time."""
EDITABLE = HOUR
"""For so long a post can be edited; X then lists it under the time of the edit."""
SETTLED = 10
"""Seconds by which an end_time has to be past."""

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


Result = TypeVar("Result", Page, Profiles, CountPage, Reread)


class _Cursor(msgspec.Struct):
    """Where a walk goes on: below this id, and the token that saves saying so while X still knows it."""

    until_id: int | None = None
    """None: no id has been seen so far."""
    token: str | None = None


class XCollector:
    """Reads X with one bearer token. See `tracker.collectors.protocol.Collector`."""

    platform = Platform.X
    endpoints = Endpoints(resolve="users/by", profiles="users", timeline="users/:id/tweets")
    count_endpoints = CountEndpoints(x_counts.RECENT, x_counts.ARCHIVE, reach=7 * DAY)
    rereading = Rereading("tweets", batch=100, of_several=True)
    batch = 100

    def __init__(self, settings: XSettings, bearer_token: str, clock: Clock, proxy: Proxy | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._link = Link(settings, bearer_token, proxy)
        self.compliance = XCompliance(self._link, clock)
        # A post may reply to one and quote another: both come along.
        self.bounds = Bounds(SMALLEST_PAGE, PAGE, posts_each=3 if settings.expand_referenced else 1)
        self._sent_before = 0

    def close(self) -> None:
        self._link.close()

    def knows(self, target: Target) -> bool:
        return target.platform_id is not None

    # -- profiles

    def resolve(self, targets: Sequence[Target]) -> Profiles | Failure:
        names = {target.handle.casefold(): target for target in targets}
        return self._counted(lambda: self._users("usernames", names, lambda user: user.username.casefold()))

    def profiles(self, targets: Sequence[Target]) -> Profiles | Failure:
        ids = {str(target.platform_id): target for target in targets}
        return self._counted(lambda: self._users("ids", ids, lambda user: str(user.id)))

    def _users(self, parameter: str, asked: Mapping[str, Target], key: Callable[[XUser], str]) -> Profiles | Failure:
        """Ask for the users with these names or ids; `key` is what of a user was asked for."""
        endpoint = self.endpoints.resolve if parameter == "usernames" else self.endpoints.profiles
        asked_at = self._clock()
        response = self._get(endpoint, "get_users", **{parameter: list(asked)}, user_fields=USER_FIELDS)
        if isinstance(response, Failure):
            return response
        try:
            users, problems, charged = x_schema.decode_users(response.content)
        except msgspec.DecodeError as error:
            return unreadable(response, error)
        results: dict[Target, Profile | Failure] = {
            target: Failure(OutcomeKind.BAD_ANSWER, "the answer says nothing readable of this account", requests=0)
            for target in asked.values()
        }
        for problem in problems:
            target = asked.get((problem.value or problem.resource_id or "").casefold())
            if target is not None:
                results[target] = replace(x_answers.account_failure(problem), requests=0)
        for user in users:
            target = asked.get(key(user))
            if target is not None:
                results[target] = (
                    Failure(OutcomeKind.PROTECTED, "shows its posts to approved followers only", requests=0)
                    if user.protected
                    else x_answers.to_profile(user, asked_at)
                )
        quota = quota_of(response, endpoint, self._clock())
        read = Resources(users=frozenset(user.id for user in users))
        return Profiles(results, Spend(self._requests, users=charged), quota, (_raw(response),), resources=read)

    # -- timelines

    def fetch(self, target: Target, walk: Walk) -> Page | Failure:
        """One page of the timeline. A walk bounded by time brings neither mark nor raw answer."""
        return self._counted(lambda: self._page(target, walk))

    def _page(self, target: Target, walk: Walk) -> Page | Failure:
        cursor = _Cursor() if walk.cursor is None else msgspec.json.decode(walk.cursor, type=_Cursor)
        asked_at = self._clock()
        response = self._ask_timeline(target, walk, cursor)
        if isinstance(response, Failure) and response.kind is OutcomeKind.REFUSED and cursor.token is not None:
            # X forgets tokens after a while; the id says the same.
            response = self._ask_timeline(target, walk, _Cursor(cursor.until_id))
        if isinstance(response, Failure):
            return response
        try:
            timeline, aside = x_schema.decode_timeline(response.content)
        except msgspec.DecodeError as error:
            return unreadable(response, error)
        read = len(timeline.data) + len(aside)
        if not read and timeline.errors:
            return x_answers.account_failure(x_schema.decode_problem(timeline.errors[0]))
        if not read and timeline.tells_of_nothing:
            return Failure(OutcomeKind.BAD_ANSWER, "X answered without posts and without saying that there are none")
        posts, unfit = x_answers.to_posts(timeline)
        aside += unfit
        ids = x_answers.ids_of(timeline, aside)
        token = timeline.meta.next_token if timeline.meta is not None else None
        onward = None if token is None else _Cursor(min(ids, default=cursor.until_id), token)
        bounded = walk.after is not None or walk.before is not None
        spend, resources = x_answers.charged(timeline, aside)
        return Page(
            asked_at=asked_at,
            posts=tuple([post for post in posts if _within(walk, post.posted_at)] if bounded else posts),
            floor=x_answers.floor_of(ids, posts),
            cursor=None if onward is None else msgspec.json.encode(onward).decode(),
            end=None if onward is not None else self._end(walk, read),
            mark=None if bounded else str(max(ids)) if ids else walk.mark,
            spend=Spend(self._requests) + spend,
            resources=resources,
            set_aside=aside,
            quota=quota_of(response, self.endpoints.timeline, self._clock()),
            answer=None if bounded else _raw(response),
            warnings=tuple(
                f"no post has {field}; has X renamed it?" for field in x_answers.missing_fields(timeline.data)
            ),
        )

    def _ask_timeline(self, target: Target, walk: Walk, cursor: _Cursor) -> requests.Response | Failure:
        question: dict[str, object] = {"max_results": min(PAGE, walk.limit or PAGE), "tweet_fields": POST_FIELDS}
        if walk.mark is not None:
            question["since_id"] = walk.mark
        if walk.after is not None:
            question["start_time"] = iso(max(walk.after, EARLIEST))
        if walk.before is not None and walk.before + EDITABLE <= self._clock() - SETTLED:
            question["end_time"] = iso(max(walk.before, EARLIEST) + EDITABLE)
        if cursor.token is not None:
            question["pagination_token"] = cursor.token
        elif cursor.until_id is not None:
            question["until_id"] = str(cursor.until_id)
        if self._settings.expand_referenced:
            question["expansions"] = ["referenced_tweets.id"]
            question["tweet_fields"] = [*POST_FIELDS, "author_id"]  # whose it is that comes along
        return self._get(self.endpoints.timeline, "get_users_tweets", target.platform_id, **question)

    def _end(self, walk: Walk, read: int) -> End:
        """Why there is no further page. Near the platform's depth limit its silence proves nothing.

        Posts that were deleted since count for the limit and are not shown, hence the margin of a page.
        """
        depth = self._settings.depth
        # How many posts are newer than a walk that begins in the past is not known: its margin is wider.
        margin = min(PAGE, depth // 10) if walk.before is None else depth // 5
        if walk.newer + read >= depth - margin:
            return End.DEPTH_LIMIT
        return End.BEGINNING if walk.mark is None and walk.after is None else End.KNOWN_GROUND

    # -- posts by their ids

    def posts(self, target: Target, ids: Sequence[int]) -> Reread | Failure:
        """See `tracker.collectors.protocol.Rereader`. The answer is not kept: it would hold what is deleted later."""
        return self._counted(lambda: self._posts(ids))

    def _posts(self, ids: Sequence[int]) -> Reread | Failure:
        asked_at, endpoint = self._clock(), self.rereading.endpoint
        response = self._get(endpoint, "get_tweets", [str(number) for number in ids], tweet_fields=POST_FIELDS)
        if isinstance(response, Failure):
            return response
        try:
            answer = x_posts.decode(response.content, ids, asked_at)
        except msgspec.DecodeError as error:
            return unreadable(response, error)
        quota = quota_of(response, endpoint, self._clock())
        return replace(answer, spend=answer.spend + Spend(self._requests), quota=quota)

    # -- counts

    def count(
        self, target: Target, asked: Interval, grain: Grain, *, archive: bool = False, cursor: str | None = None
    ) -> CountPage | Failure:
        """See `tracker.collectors.protocol.Counter`. The answer is not kept: nothing is in it but the counts."""
        endpoint = self.count_endpoints.archive if archive else self.count_endpoints.recent
        question = x_counts.question_of(target, asked, grain, cursor)
        return self._counted(lambda: self._counts(endpoint, question))

    def _counts(self, endpoint: str, question: Mapping[str, str]) -> CountPage | Failure:
        asked_at = self._clock()
        response = self._get(endpoint, "request", "GET", f"/2/{endpoint}", question)
        if isinstance(response, Failure):
            return response
        try:
            counts, cursor, problems = x_counts.decode(response.content)
        except msgspec.DecodeError as error:
            return unreadable(response, error)
        except x_counts.CountsError as error:
            return Failure(OutcomeKind.BAD_ANSWER, str(error), charged=True)
        if not counts:
            silent = Failure(OutcomeKind.BAD_ANSWER, "X answered without counts")
            return replace(x_answers.account_failure(problems[0]) if problems else silent, charged=True)
        return CountPage(asked_at, counts, cursor, Spend(self._requests), quota_of(response, endpoint, self._clock()))

    # -- requests

    def _get(self, endpoint: str, method: str, *arguments: object, **options: object) -> requests.Response | Failure:
        """One request through tweepy, or why it brought nothing."""
        try:
            response: requests.Response = getattr(self._link, method)(*arguments, **options)
        except requests.RequestException as error:
            return told_with(broken(error), self._link.proxy, error)
        return refusal_of(response, endpoint, self._clock()) or response

    def _counted(self, call: Callable[[], Result | Failure]) -> Result | Failure:
        """The call's result; a failure tells how many requests were sent all the same."""
        self._sent_before = self._link.sent
        result = call()
        return replace(result, requests=self._requests) if isinstance(result, Failure) else result

    @property
    def _requests(self) -> int:
        """How many requests the present call has sent."""
        return self._link.sent - self._sent_before


def _within(walk: Walk, posted_at: Instant) -> bool:
    """Whether a walk bounded by time asks for a post of this time."""
    return (walk.after is None or walk.after <= posted_at) and (walk.before is None or posted_at < walk.before)


def _raw(response: requests.Response) -> Answer:
    return Answer(f"GET {response.request.path_url}", response.content)
