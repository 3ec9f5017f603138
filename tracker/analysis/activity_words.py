"""What the columns of an activity report mean."""

from __future__ import annotations

from tracker.config.settings import Settings


def definitions(settings: Settings) -> tuple[tuple[str, str], ...]:
    """(column key or word, meaning), with the thresholds that are used."""
    return (
        (
            "period",
            "A day, an ISO week (Monday to Sunday), or a Gregorian or Solar Hijri month or year, in the time zone of "
            "each subject's country. A group whose subjects live in several zones adds up what each of them did on "
            "the same local days.",
        ),
        ("first_day", "The first local day of the period."),
        (
            "whole_period",
            "No: the time asked for begins or ends within the period, and the figures are those of the part inside.",
        ),
        (
            "posts",
            "Originals, replies, reposts and quotes of the period that were public when we looked, made while the "
            "subject was listed with this role and country; those deleted since count all the same. 0 where all of "
            "the period was looked at and nothing was found, at least (≥) what is said where part of it was, no data "
            "where none of it was.",
        ),
        (
            "counted",
            "The part of the posts that X itself counted, asked how many there were each day: nobody read them, so "
            "their kind is not known, and reposts are not among them. What was read is not counted again. Where X "
            "counted, all counts are at least what is said (≥), a day or week that a restriction cuts is "
            "uncertain, and posts deleted before X was asked are not in them.",
        ),
        (
            "posts_restricted",
            "Posts made while a restriction (all kinds but throttling) certainly bound the subject.",
        ),
        (
            "posts_uncertain",
            "Posts made so near to the edge of a restriction that its date is not exact enough to judge them, or by "
            "subjects whose residence is unknown; never counted as restricted.",
        ),
        (
            "accounts_observed",
            "How many of the group's accounts existed in the period and were looked at for at least some of it. A "
            "change of this number is a change of what was looked at: rises and falls of posts beside it are not "
            "rises and falls of activity. Not said of people at risk: a change could point to one of them.",
        ),
        (
            "coverage",
            "The share of the period, summed over the accounts that existed in it, in which we have every post that "
            "was there when we looked.",
        ),
        (
            "at risk",
            "Journalists and activists whom naming could endanger are counted by whole weeks, and only in groups of "
            f"at least {settings.report.smallest_group} of one role in one country on one platform, or sums of such "
            "groups; a week in which fewer of them were looked at has no data. A week that is only partly "
            "restricted is uncertain.",
        ),
    )
