from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
import rsa
from telethon import TelegramClient, functions, types
from telethon.sessions import MemorySession

from tests.sandbox.telegram_rehearsal import item, server_key
from tracker.collectors.telegram_session import make_client
from tracker.domain.errors import SandboxError
from tracker.domain.words import PostKind, Protection
from tracker.sandbox.mtproto_keys import ServerKey
from tracker.sandbox.telegram_demo import LABEL, SINCE, SUBJECTS_IN_DEMO, UNTIL, demo_watchlist, demo_world
from tracker.sandbox.telegram_logins import CODE
from tracker.sandbox.telegram_server import DEMO_LOGIN, TelegramServer
from tracker.sandbox.telegram_world import World

T = TypeVar("T")


def ask(server: TelegramServer, question: Callable[[TelegramClient], Awaitable[T]]) -> T:
    """What a plain Telethon client is told, after a key exchange and a login of its own."""

    async def talk() -> T:
        session = MemorySession()
        session.set_dc(2, server.address.host, server.port)
        client = make_client(session, 1, "x", server.address)
        await client.connect()
        try:
            await client.send_code_request(DEMO_LOGIN.phone)
            await client.sign_in(DEMO_LOGIN.phone, CODE)
            return await question(client)
        finally:
            await client.disconnect()

    return asyncio.run(talk())


def channel_of(channel_id: int) -> object:
    return types.InputChannel(channel_id, DEMO_LOGIN.access_hash(channel_id))


def test_a_plain_telethon_client_agrees_on_a_key_and_reads_single_messages_and_their_views() -> None:
    world = World()
    channel_id = world.add("generated_ministry")
    world.publish(channel_id, item(9, "[ساختگی] یک", views=5), item(8, "[ساختگی] دو", views=7, forwards=2))
    world.delete(channel_id, 1)
    with TelegramServer(world, key=server_key()) as server:
        channel = channel_of(channel_id)
        messages = ask(server, lambda client: client(functions.channels.GetMessagesRequest(channel, [1, 2]))).messages
        views = ask(
            server,
            lambda client: client(
                functions.messages.GetMessagesViewsRequest(
                    types.InputPeerChannel(channel_id, DEMO_LOGIN.access_hash(channel_id)), [2], increment=False
                )
            ),
        ).views
        chats = ask(server, lambda client: client(functions.channels.GetChannelsRequest([channel]))).chats
    assert isinstance(messages[0], types.MessageEmpty)
    assert messages[1].message == "[ساختگی] دو"
    assert (views[0].views, views[0].forwards) == (7, 2)
    assert chats[0].username == "generated_ministry"


def test_whoever_has_logged_out_is_told_nothing_more() -> None:
    async def log_out(client: TelegramClient) -> object:
        assert await client(functions.auth.LogOutRequest())
        return await client.get_me()

    with TelegramServer(key=server_key()) as server:
        assert ask(server, log_out) is None


def test_a_message_published_while_the_server_runs_is_served_at_once() -> None:
    with TelegramServer(key=server_key()) as server:
        channel_id = server.world.add("generated_ministry")

        async def read_twice(client: TelegramClient) -> tuple[int, int]:
            channel = types.InputPeerChannel(channel_id, DEMO_LOGIN.access_hash(channel_id))
            request = functions.messages.GetHistoryRequest(channel, 0, None, 0, 100, 0, 0, 0)
            before = await client(request)
            server.world.publish(channel_id, item(1, "[ساختگی]"))
            after = await client(request)
            return len(before.messages), len(after.messages)

        assert ask(server, read_twice) == (0, 1)


def test_every_request_is_on_record_under_the_name_that_telegram_gives_it() -> None:
    with TelegramServer(key=server_key()) as server:
        ask(server, lambda client: client.get_me())
        assert len(server.requests("auth.sendCode")) == 1
        assert len(server.requests("help.getConfig")) == 1
        assert len(server.requests()) > 4


def test_a_server_that_has_been_stopped_can_be_stopped_again_and_frees_its_port() -> None:
    server = TelegramServer(key=server_key())
    server.start()
    server.stop()
    server.stop()
    with TelegramServer(key=server_key(), port=server.port) as successor:
        assert successor.port == server.port


def test_a_taken_port_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"cannot listen on 127.0.0.1:{port}"):
            TelegramServer(key=server_key(), port=port).start()


def test_each_key_is_new_has_2048_bits_and_decrypts_what_its_pem_encrypts() -> None:
    key, another = server_key(), ServerKey.generate()
    public = rsa.PublicKey.load_pkcs1(key.pem.encode())
    secret = b"\1" + bytes(range(254))
    encrypted = pow(int.from_bytes(secret, "big"), public.e, public.n).to_bytes(256, "big")
    assert public.n.bit_length() == 2048
    assert key.decrypt(encrypted) == secret
    assert key.fingerprint != another.fingerprint


def test_a_session_made_by_the_sandbox_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    with TelegramServer(key=server_key()) as server:
        path = server.authorised_session(tmp_path / "private" / "telegram.session")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_generated_set_is_the_same_every_time() -> None:
    one, other = demo_world(), demo_world()
    assert [one.posts(channel.channel_id) for channel in one] == [
        other.posts(channel.channel_id) for channel in other
    ]


def test_everything_generated_is_labelled_and_lies_within_the_demo_s_time() -> None:
    world = demo_world()
    for channel in world:
        assert channel.handle is not None
        assert channel.handle.startswith("generated_")
        assert LABEL in channel.title
        for post in world.posts(channel.channel_id):
            assert post.text is not None
            assert post.text.startswith(LABEL)
            assert SINCE <= post.posted_at < UNTIL


def test_the_generated_set_has_something_of_all_that_telegram_sends() -> None:
    world = demo_world()
    items = [message for channel in world for message in channel.items]
    posts = [post for channel in world for post in world.posts(channel.channel_id)]
    assert {post.kind for post in posts} == {PostKind.ORIGINAL, PostKind.REPLY, PostKind.REPOST}
    assert any(message.service for message in items)
    assert any(message.album for message in items)
    assert any(message.from_person for message in items)
    assert any(message.reactions for message in items)
    assert any(post.edited_at for post in posts)
    assert all(200 <= len(world.posts(channel.channel_id)) <= 400 for channel in world)


def test_the_generated_watchlist_lists_every_channel_and_protects_the_journalists() -> None:
    world = demo_world()
    rows = demo_watchlist(world)
    assert [row["handle"] for row in rows] == [channel.handle for channel in world]
    assert {row["platform_id"] for row in rows} == {str(channel.channel_id) for channel in world}
    at_risk = [row for row in rows if row["protection"] == Protection.AT_RISK]
    assert len(at_risk) == 6
    assert {row["role"] for row in at_risk} == {"journalist"}
    assert len(rows) - len(at_risk) == 10 == len(SUBJECTS_IN_DEMO) - 6
    assert all("generated" in row["name"] and LABEL in row["name_native"] for row in rows)
