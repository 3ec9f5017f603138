"""Local servers that speak the X API and Telegram's MTProto, for rehearsal, the demo and the tests."""
