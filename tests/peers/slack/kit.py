"""slack-sdk as a judge: does Slack's own kit take the stand-in for Slack, and our signatures for Slack's?

What to do comes as a line of JSON on stdin; the answer leaves as one on stdout.
"""

import json
import queue
import sys

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import Clock, SignatureVerifier
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse


class Judge:
    def __init__(self):
        self.web = None
        self.socket = None
        self.heard = queue.Queue()

    def open(self, question):
        base = question["url"] + "/api/"
        self.web = WebClient(question["bot_token"], base_url=base)
        self.app = WebClient(question["app_token"], base_url=base)
        self.app_token = question["app_token"]
        me = self.web.auth_test()
        return {"user": me["user_id"], "scopes": me.headers.get("X-OAuth-Scopes", "")}

    def listen(self, _question):
        self.socket = SocketModeClient(self.app_token, web_client=self.app)

        def on(client, request):
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
            self.heard.put({"type": request.type, "payload": request.payload})

        self.socket.socket_mode_request_listeners.append(on)
        self.socket.connect()
        return {"open": self.socket.is_connected()}

    def hear(self, _question):
        return self.heard.get(timeout=10)

    def leave(self, _question):
        self.socket.close()
        return {}

    def post(self, question):
        metadata = {"event_type": "hutong_message", "event_payload": {"command": "k1"}}
        try:
            posted = self.web.chat_postMessage(channel=question["channel"], text=question["text"],
                                               metadata=metadata)
        except SlackApiError as error:
            pause = error.response.headers.get("Retry-After")
            return {"refused": error.response["error"], "pause": pause}
        found = self.web.conversations_history(channel=question["channel"], include_all_metadata=True)
        marks = [message.get("metadata", {}).get("event_payload", {}) for message in found["messages"]]
        return {"ts": posted["ts"], "marks": marks}

    def rest(self, question):
        """Everything else that the adapter calls."""
        channel = self.web.conversations_open(users="U1")["channel"]["id"]
        self.web.chat_update(channel=channel, ts="1.2", text="other")
        self.web.chat_delete(channel=channel, ts="1.2")
        self.web.reactions_add(channel=channel, timestamp="1.2", name="+1")
        person = self.web.users_info(user="U1", include_locale=True)["user"]["real_name"]
        self.web.files_upload_v2(channel=channel, filename=question["file"], content="0123456789",
                                 title="t")
        info = self.web.files_info(file="F" + question["file"])["file"]
        return {"channel": channel, "person": person, "shares": info["shares"]}

    def sign(self, question):
        """A signature of a body at a time, and whether one is good."""
        time = question["time"]

        class Then(Clock):
            def now(self):
                return float(time)

        verifier = SignatureVerifier(question["secret"], clock=Then())
        own = verifier.generate_signature(timestamp=time, body=question["body"])
        given = question.get("signature", "")
        return {"own": own, "is_good": verifier.is_valid(question["body"], time, given)}


judge = Judge()
for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = getattr(judge, asked["do"])(asked)
    except Exception as error:  # whatever it is, the test shows it
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer, ensure_ascii=False), flush=True)
