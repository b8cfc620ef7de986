"""A stand-in for Apple's push service: HTTP/2 by hypercorn, provider tokens checked by PyJWT.

It follows "Sending notification requests to APNs" and "Handling notification responses from APNs"; aioapns
is its judge. What to do comes as a line of JSON on stdin; the answer leaves as one on stdout.
"""

import asyncio
import json
import re
import socket
import sys
import time
import uuid

import jwt
from hypercorn.asyncio import serve
from hypercorn.config import Config

KNOWN = {"apns-priority": {"1", "5", "10"}, "apns-push-type": {"alert", "background", "voip"}}


class Apple:
    def __init__(self):
        self.asked = []
        self.instead = []
        self.devices = {}
        self.keys = {}
        self.topic = self.team = None

    def refuses(self, path, headers, body):
        """Why a request is refused: status, reason, and since when."""
        token = headers.get("authorization", "").removeprefix("bearer ").removeprefix("Bearer ")
        if not token:
            return 403, "MissingProviderToken", None
        try:
            key = self.keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(token, key, algorithms=["ES256"], options={"verify_iat": False})
            assert claims["iss"] == self.team
        except (jwt.PyJWTError, KeyError, AssertionError):
            return 403, "InvalidProviderToken", None
        if not time.time() - 3600 < claims["iat"] < time.time() + 60:
            return 403, "ExpiredProviderToken", None
        if headers.get("apns-topic") != self.topic:
            return 400, "TopicDisallowed", None
        for name, known in KNOWN.items():
            if headers.get(name, "10" if name == "apns-priority" else "alert") not in known:
                return 400, "BadPriority" if name == "apns-priority" else "InvalidPushType", None
        if len(headers.get("apns-collapse-id", "").encode()) > 64:
            return 400, "BadCollapseId", None
        if not headers.get("apns-expiration", "0").isdigit():
            return 400, "BadExpirationDate", None
        try:
            uuid.UUID(headers.get("apns-id", str(uuid.uuid4())))
        except ValueError:
            return 400, "BadMessageId", None
        device = re.fullmatch(r"/3/device/([0-9a-fA-F]+)", path)
        if not device or device[1] not in self.devices:
            return 400, "BadDeviceToken", None
        since = self.devices[device[1]]
        if since is not None:
            return 410, "Unregistered", since
        if len(body) > 4096:
            return 413, "PayloadTooLarge", None
        if not body or "aps" not in json.loads(body):
            return 400, "PayloadEmpty", None
        return None

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            event = await receive()
            body, more = body + event.get("body", b""), event.get("more_body", False)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        self.asked.append({"version": scope["http_version"], "path": scope["path"],
                           "headers": headers, "body": json.loads(body or b"null")})
        if self.instead:
            refused = self.instead.pop(0)
        else:
            refused = self.refuses(scope["path"], headers, body)
        answer = [(b"apns-id", headers.get("apns-id", str(uuid.uuid4())).encode())]
        if refused is None:
            status, said = 200, b""
        else:
            status, reason, since = refused
            said = {"reason": reason} | ({} if since is None else {"timestamp": since})
            said = json.dumps(said).encode()
        await send({"type": "http.response.start", "status": status, "headers": answer})
        await send({"type": "http.response.body", "body": said})

    def take(self, question):
        """Whose tokens are taken, for which app, and its devices: null, or since when each is gone."""
        self.keys[question["key_id"]] = question["public"]
        self.team, self.topic = question["team_id"], question["topic"]
        self.devices.update(question["devices"])
        return {}

    def say(self, question):
        """What the next requests get, whatever they say."""
        self.instead.extend(tuple(answer) for answer in question["answers"])
        return {}

    def told(self, _question):
        return {"asked": self.asked}


async def main():
    apple, config = Apple(), Config()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    config.bind = [f"fd://{listener.detach()}"]
    config.certfile, config.keyfile = sys.argv[1], sys.argv[2]
    config.errorlog = config.accesslog = None
    port = socket.socket(fileno=int(config.bind[0][5:]))
    address = port.getsockname()
    port.detach()
    stop = asyncio.Event()
    server = asyncio.create_task(serve(apple, config, shutdown_trigger=stop.wait))
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        question = json.loads(line)
        try:
            if question["do"] == "url":
                answer = {"url": f"https://127.0.0.1:{address[1]}"}
            else:
                answer = getattr(apple, question["do"])(question)
        except Exception as error:  # whatever it is, the test shows it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer, ensure_ascii=False), flush=True)
    stop.set()
    await server


asyncio.run(main())
