"""X's two ways of naming the same things: until 2026-08-07 (specification 2.166) and since (2.167)."""

from __future__ import annotations

from dataclasses import dataclass

JsonObject = dict[str, object]
"""What is sent as a JSON object."""

NEW_NAMES = {
    "edit_history_tweet_ids": "edit_history_post_ids",
    "note_tweet": "note_post",
    "referenced_tweets": "referenced_posts",
    "referenced_tweets.id": "referenced_posts",
    "most_recent_tweet_id": "most_recent_post_id",
    "pinned_tweet_id": "pinned_post_id",
    "affiliation.user_id": "affiliation",
}
"""The new name of each field and expansion that was renamed; the program calls them by the new one."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_POST_FIELDS = _words(
    "article attachments author_id card_uri community_id context_annotations conversation_id created_at "
    "display_text_range edit_controls edit_history_tweet_ids entities geo id in_reply_to_user_id lang "
    "matched_media_notes media_metadata non_public_metrics note_request_suggestions note_tweet organic_metrics "
    "paid_partnership possibly_sensitive promoted_metrics public_metrics referenced_tweets reply_settings scopes "
    "source suggested_source_links suggested_source_links_with_counts text withheld"
)
_POST_EXPANSIONS = _words(
    "article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet "
    "attachments.poll_ids author_id edit_history_tweet_ids entities.mentions.username geo.place_id "
    "in_reply_to_user_id entities.note.mentions.username referenced_tweets.id "
    "referenced_tweets.id.attachments.media_keys referenced_tweets.id.author_id"
)
_USER_FIELDS = _words(
    "affiliation confirmed_email connection_status created_at description entities id is_identity_verified location "
    "most_recent_tweet_id name parody pinned_tweet_id profile_banner_url profile_image_url protected public_metrics "
    "receives_your_dm subscription subscription_type url username verified verified_followers_count verified_type "
    "withheld"
)
_USER_EXPANSIONS = frozenset({"affiliation.user_id", "most_recent_tweet_id", "pinned_tweet_id"})

_NEWER_POST_FIELDS = frozenset({"article_title", "edit_history_post_ids", "note_post", "referenced_posts"})
_NEWER_POST_EXPANSIONS = frozenset({"edit_history_post_ids", "referenced_posts", "username"})
_NEWER_USER_FIELDS = frozenset({"most_recent_post_id", "pinned_post_id", "subscribes_to_you"})
_NEWER_USER_EXPANSIONS = frozenset({"affiliation", "most_recent_post_id", "pinned_post_id"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is called how in answers, and what is understood in requests."""

    noun: str
    problems: str
    """What every problem's `type` begins with."""
    repost_count: str
    post_count: str
    note: str
    referenced: str
    edit_history: str
    latest: str
    fields_parameters: tuple[str, ...]
    """The parameters that choose a post's fields."""
    post_fields: frozenset[str]
    post_expansions: frozenset[str]
    user_fields: frozenset[str]
    user_expansions: frozenset[str]

    @property
    def included(self) -> str:
        """The key of expanded posts."""
        return self.noun + "s"

    def problem(self, slug: str, title: str, detail: str, **more: object) -> JsonObject:
        """A problem object of one of the types that X documents."""
        return {"title": title, "detail": detail, "type": f"{self.problems}/{slug}", **more}


DIALECTS = {
    "tweet": Dialect(
        noun="tweet",
        problems="https://api.twitter.com/2/problems",
        repost_count="retweet_count",
        post_count="tweet_count",
        note="note_tweet",
        referenced="referenced_tweets",
        edit_history="edit_history_tweet_ids",
        latest="most_recent_tweet_id",
        fields_parameters=("tweet.fields",),
        post_fields=_POST_FIELDS,
        post_expansions=_POST_EXPANSIONS,
        user_fields=_USER_FIELDS,
        user_expansions=_USER_EXPANSIONS,
    ),
    "post": Dialect(
        noun="post",
        problems="https://api.x.com/2/problems",
        repost_count="repost_count",
        post_count="post_count",
        note="note_post",
        referenced="referenced_posts",
        edit_history="edit_history_post_ids",
        latest="most_recent_post_id",
        fields_parameters=("post.fields", "tweet.fields"),
        post_fields=_POST_FIELDS | _NEWER_POST_FIELDS,
        post_expansions=_POST_EXPANSIONS | _NEWER_POST_EXPANSIONS,
        user_fields=_USER_FIELDS | _NEWER_USER_FIELDS,
        user_expansions=_USER_EXPANSIONS | _NEWER_USER_EXPANSIONS,
    ),
}
"""By the word that they use for a post. The newer one understands the older one's requests too, as X does."""
