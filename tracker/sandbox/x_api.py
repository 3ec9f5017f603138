"""The X API v2 over a world: the endpoints that the tracker uses, without the transport.

Answers follow X's specifications 2.166 and 2.167; where those are silent, bodies are as X has been seen to send
them. An account or post that cannot be shown is an entry in `errors` of an answer 200.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tracker.domain.instants import Clock
from tracker.sandbox.x_counts import counts
from tracker.sandbox.x_dialect import Dialect, JsonObject
from tracker.sandbox.x_objects import post_object, user_object
from tracker.sandbox.x_parameters import ID, UNSERVED_FIELDS, USERNAME, BadParameterError, Parameters
from tracker.sandbox.x_timeline import Place, TimelineQuery, Tokens, page_of
from tracker.sandbox.x_world import XAccount, XPost, XState, XWorld

DEPTH, DEPTH_WITHOUT_REPLIES = 3200, 800
"""How many of a timeline's newest posts X shows, and how many where replies are excluded."""

DEFAULT_PAGE, SMALLEST_PAGE, LARGEST_PAGE = 10, 5, 100

EXCLUDABLE = frozenset({"replies", "retweets"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, and whose ids are in it: what X charges for."""

    body: JsonObject
    post_ids: tuple[int, ...] = ()
    included_ids: tuple[int, ...] = ()
    """Posts that came along by expansion."""
    user_ids: tuple[int, ...] = ()


class Endpoint(StrEnum):
    """The endpoints served, by the names under which limits are counted. The first that fits a path answers."""

    USERS_BY = "/2/users/by"
    USERS = "/2/users"
    USER_BY_NAME = "/2/users/by/username/:username"
    TIMELINE = "/2/users/:id/tweets"
    POSTS = "/2/tweets"
    COUNTS_RECENT = "/2/tweets/counts/recent"
    COUNTS_ALL = "/2/tweets/counts/all"
    USAGE = "/2/usage/tweets"
    COMPLIANCE_JOBS = "/2/compliance/jobs"
    COMPLIANCE_JOB = "/2/compliance/jobs/:id"
    USER = "/2/users/:id"


_PATTERNS = {endpoint: re.compile(re.sub(r":\w+", "([^/]+)", endpoint)) for endpoint in Endpoint}


def endpoint_of(path: str) -> tuple[Endpoint, str] | None:
    """The endpoint and the variable part of the path, empty where there is none; None for an unknown path."""
    for endpoint, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(path):
            return endpoint, "".join(match.groups())
    return None


class XApi:
    """The endpoints over one world, in one dialect."""

    def __init__(
        self,
        world: XWorld,
        dialect: Dialect,
        depth: int = DEPTH,
        depth_without_replies: int = DEPTH_WITHOUT_REPLIES,
        shows_protected_profiles: bool = False,
        clock: Clock = lambda: int(time.time()),
    ) -> None:
        self.world = world
        self._clock = clock
        self.dialect = dialect
        self.tokens = Tokens()
        self._depth = depth
        self._depth_without_replies = depth_without_replies
        self._hidden = {XState.SUSPENDED, XState.GONE}
        if not shows_protected_profiles:
            self._hidden.add(XState.PROTECTED)

    def answer(self, endpoint: Endpoint, subject: str, given: Mapping[str, str]) -> Answer:
        """Answer a request; `subject` is the variable part of its path. Raises BadParameterError."""
        parameters = Parameters(given, self.dialect)
        match endpoint:
            case Endpoint.USERS_BY:
                return self._users("usernames", parameters, USERNAME, self.world.account_named)
            case Endpoint.USERS:
                return self._users("ids", parameters, ID, self._account_numbered)
            case Endpoint.USER_BY_NAME:
                return self._user("username", subject, parameters, USERNAME, self.world.account_named)
            case Endpoint.USER:
                return self._user("id", subject, parameters, ID, self._account_numbered)
            case Endpoint.TIMELINE:
                return self._timeline(subject, parameters)
            case Endpoint.POSTS:
                return self._posts(parameters)
            case Endpoint.COUNTS_RECENT | Endpoint.COUNTS_ALL:
                archive = endpoint is Endpoint.COUNTS_ALL
                return Answer(counts(parameters, self.world, self.dialect, self._clock(), archive=archive))
            case Endpoint.USAGE:
                parameters.allow("days")
                return Answer({"data": {"project_cap": "3000000", "project_id": "1", "project_usage": "0"}})
            case Endpoint.COMPLIANCE_JOBS | Endpoint.COMPLIANCE_JOB:
                raise ValueError("compliance jobs are answered at their own desk")

    def _account_numbered(self, value: str) -> XAccount | None:
        return self.world.account(int(value))

    # Users

    def _users(
        self, name: str, parameters: Parameters, pattern: re.Pattern[str], find: Callable[[str], XAccount | None]
    ) -> Answer:
        parameters.allow(name)
        fields = self._user_fields(parameters)
        data: list[JsonObject] = []
        errors: list[JsonObject] = []
        found: list[int] = []
        for value in parameters.listed(name, pattern):
            account = find(value)
            if account is None or account.state in self._hidden:
                errors.append(self._no_user(name, value, account))
            else:
                data.append(user_object(account, fields, self.dialect, self.world))
                found.append(account.account_id)
        return Answer(_body(data, errors), user_ids=tuple(found))

    def _user(
        self,
        name: str,
        value: str,
        parameters: Parameters,
        pattern: re.Pattern[str],
        find: Callable[[str], XAccount | None],
    ) -> Answer:
        parameters.allow()
        fields = self._user_fields(parameters)
        _check_path(name, value, pattern)
        account = find(value)
        if account is None or account.state in self._hidden:
            return Answer({"errors": [self._no_user(name, value, account)]})
        return Answer(
            {"data": user_object(account, fields, self.dialect, self.world)}, user_ids=(account.account_id,)
        )

    @staticmethod
    def _user_fields(parameters: Parameters) -> frozenset[str]:
        parameters.post_fields()
        return parameters.user_fields() | (parameters.user_expansions() & {"most_recent_post_id"})

    # Posts

    def _posts(self, parameters: Parameters) -> Answer:
        parameters.allow("ids", *UNSERVED_FIELDS)
        fields, expansions = parameters.post_fields(), parameters.post_expansions()
        found: list[XPost] = []
        errors: list[JsonObject] = []
        for value in parameters.listed("ids", ID):
            post = self.world.post_of(int(value))
            if problem := self._no_post("ids", value, post):
                errors.append(problem)
            elif post is not None:
                found.append(post)
        return self._with_expansions(found, fields, expansions, parameters, errors)

    def _timeline(self, subject: str, parameters: Parameters) -> Answer:
        parameters.allow(
            "max_results",
            "pagination_token",
            "since_id",
            "until_id",
            "start_time",
            "end_time",
            "exclude",
            *UNSERVED_FIELDS,
        )
        _check_path("id", subject, ID)
        fields, expansions = parameters.post_fields(), parameters.post_expansions()
        query = _timeline_query(parameters)
        account = self.world.account(int(subject))
        place = None if account is None else self._place(account.account_id, parameters)
        if account is None or account.state is not XState.ACTIVE:
            return Answer({"errors": [self._no_user("id", subject, account)]})
        depth = self._depth_without_replies if query.without_replies else self._depth
        page = page_of(self.world.timeline(account.account_id), query, place, depth)
        answer = self._with_expansions(page.posts, fields, expansions, parameters, [])
        meta: JsonObject = {"result_count": len(page.posts)}
        if page.posts:
            meta |= {"newest_id": str(page.posts[0].post_id), "oldest_id": str(page.posts[-1].post_id)}
        if page.following:
            meta["next_token"] = self.tokens.write(account.account_id, page.following)
        if page.preceding:
            meta["previous_token"] = self.tokens.write(account.account_id, page.preceding)
        answer.body["meta"] = meta
        return answer

    def _place(self, account_id: int, parameters: Parameters) -> Place | None:
        token = parameters.text("pagination_token")
        if token is None:
            return None
        place = self.tokens.read(account_id, token)
        if place is None:
            raise invalid_token(token)
        return place

    def _with_expansions(
        self,
        posts: Iterable[XPost],
        fields: frozenset[str],
        expansions: frozenset[str],
        parameters: Parameters,
        errors: list[JsonObject],
    ) -> Answer:
        posts = list(posts)
        shown = fields | (expansions & {"author_id", "referenced_posts", "in_reply_to_user_id"})
        included: dict[int, XPost] = {}
        users: dict[int, XAccount] = {}
        for post in posts:
            if "referenced_posts" in expansions and post.ref_post_id is not None:
                referenced = self.world.post_of(post.ref_post_id)
                if problem := self._no_post(f"{self.dialect.referenced}.id", str(post.ref_post_id), referenced):
                    errors.append(problem)
                elif referenced is not None:
                    included[referenced.post_id] = referenced
            author = self.world.account(post.author_id)
            if "author_id" in expansions and author is not None:
                users[author.account_id] = author
        user_fields = parameters.user_fields()
        includes: JsonObject = {}
        if included:
            includes[self.dialect.included] = [
                post_object(post, shown, self.dialect, self.world) for post in included.values()
            ]
        if users:
            includes["users"] = [user_object(user, user_fields, self.dialect, self.world) for user in users.values()]
        body = _body([post_object(post, shown, self.dialect, self.world) for post in posts], errors)
        if includes:
            body["includes"] = includes
        return Answer(body, tuple(post.post_id for post in posts), tuple(included), tuple(users))

    # What cannot be shown

    def _no_user(self, name: str, value: str, account: XAccount | None) -> JsonObject:
        what: JsonObject = {"value": value, "parameter": name, "resource_id": value, "resource_type": "user"}
        if account is not None and account.state is XState.SUSPENDED:
            detail = f"User has been suspended: [{value}]."
            return self.dialect.problem("resource-not-found", "Forbidden", detail, **what)
        if account is not None and account.state is XState.PROTECTED:
            detail = f"Sorry, you are not authorized to see the user with {name}: [{value}]."
            return self.dialect.problem("not-authorized-for-resource", "Authorization Error", detail, **what)
        detail = f"Could not find user with {name}: [{value}]."
        return self.dialect.problem("resource-not-found", "Not Found Error", detail, **what)

    def _no_post(self, name: str, value: str, post: XPost | None) -> JsonObject | None:
        noun = self.dialect.noun
        what: JsonObject = {"value": value, "parameter": name, "resource_id": value, "resource_type": noun}
        author = None if post is None else self.world.account(post.author_id)
        if author is None or author.state in {XState.SUSPENDED, XState.GONE}:
            detail = f"Could not find {noun} with {name}: [{value}]."
            return self.dialect.problem("resource-not-found", "Not Found Error", detail, **what)
        if author.state is XState.PROTECTED:
            detail = f"Sorry, you are not authorized to see the {noun} with {name}: [{value}]."
            return self.dialect.problem("not-authorized-for-resource", "Authorization Error", detail, **what)
        return None


def invalid_token(token: str) -> BadParameterError:
    """What X says to a pagination token that is not valid, or no longer."""
    message = f"The `pagination_token` query parameter value [{token}] is not valid"
    return BadParameterError("pagination_token", token, message)


def _timeline_query(parameters: Parameters) -> TimelineQuery:
    since_id, until_id = parameters.number("since_id"), parameters.number("until_id")
    start, end = parameters.instant("start_time"), parameters.instant("end_time")
    parameters.ordered("since_id", "until_id", since_id, until_id)
    parameters.ordered("start_time", "end_time", start, end)
    excluded = parameters.chosen("exclude", EXCLUDABLE)
    return TimelineQuery(
        parameters.within("max_results", SMALLEST_PAGE, LARGEST_PAGE, DEFAULT_PAGE),
        since_id,
        until_id,
        start,
        end,
        without_replies="replies" in excluded,
        without_reposts="retweets" in excluded,
    )


def _check_path(name: str, value: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(value):
        raise BadParameterError(name, value, f"The `{name}` path parameter value [{value}] is not valid")


def _body(data: list[JsonObject], errors: list[JsonObject]) -> JsonObject:
    """X leaves out what is empty."""
    body: JsonObject = {}
    if data:
        body["data"] = data
    if errors:
        body["errors"] = errors
    return body
