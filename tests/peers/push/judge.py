"""What others wrote for push, as judges: do they read what we send, and take the stand-ins for the services?

What to do comes as a line of JSON on stdin; the answer leaves as one on stdout.
"""

import asyncio
import base64
import datetime
import json
import ssl
import sys

import aioapns
import aioapns.connection
import firebase_admin
import hpa
import hpa.messaging
import http_ece
import jpush
import jpush.common
import pywebpush
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from firebase_admin import credentials, exceptions, messaging
from google.auth import jwt as google_jwt
from hpa import _message_serializer
from py_vapid import Vapid02


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Judge:
    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"

    # --- Web Push

    def subscribe(self, _question):
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return {"keys": {"p256dh": b64(point), "auth": b64(self.auth)}}

    def read(self, question):
        """Decrypts a body, and checks who says to have sent it."""
        body = unb64(question["body"])
        plain = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth,
                                 version="aes128gcm")
        fields = dict(part.strip().split("=", 1)
                      for part in question["authorization"].removeprefix("vapid ").split(","))
        claims = json.loads(unb64(fields["t"].split(".")[1]))
        return {"plain": plain.decode(), "key": fields["k"], "claims": claims,
                "signed": Vapid02.verify(question["authorization"])}

    def pushes(self, question):
        """The same request, made by pywebpush."""
        subscription = {"endpoint": question["endpoint"], **self.subscribe({})}
        answer = pywebpush.webpush(
            subscription, data=question["words"], vapid_private_key=question["private_key"],
            vapid_claims={"sub": question["subject"]}, ttl=question["ttl"],
            content_encoding="aes128gcm")
        return {"status": answer.status_code}

    # --- FCM

    def assertion(self, question):
        """The claims of a request for an access token, if it is signed as Google wants it."""
        claims = google_jwt.decode(question["jwt"], certs=question["public"],
                                   audience=question["audience"])
        return {"claims": dict(claims), "head": google_jwt.decode_header(question["jwt"])}

    def fcm(self, question):
        """firebase-admin sends to each of these devices."""
        messaging._MessagingService.FCM_URL = question["url"] + "/v1/projects/{0}/messages:send"
        app = firebase_admin.initialize_app(credentials.Certificate(question["account"]),
                                            name=question["url"])
        said = []
        for token in question["tokens"]:
            try:
                said.append(messaging.send(messaging.Message(token=token, data={"k": "v"}), app=app))
            except exceptions.FirebaseError as error:
                said.append(type(error).__name__)
        firebase_admin.delete_app(app)
        return {"said": said}

    def fcm_message(self, question):
        """A message as firebase-admin words it."""
        android = question["android"]
        message = messaging.Message(
            token=question["token"], data=question["data"],
            notification=messaging.Notification(**question["notification"]),
            android=messaging.AndroidConfig(
                collapse_key=android["collapse_key"], priority=android["priority"],
                ttl=datetime.timedelta(seconds=android["ttl"]),
                notification=messaging.AndroidNotification(
                    tag=android["tag"], notification_count=android["badge"])))
        return {"message": messaging._MessagingService.encode_message(message)}

    # --- Apple

    def apns(self, question):
        """aioapns sends to each of these devices."""
        async def send():
            protocol = aioapns.connection.APNsProductionClientProtocol
            protocol.APNS_SERVER, protocol.APNS_PORT = "127.0.0.1", question["port"]
            context = ssl.create_default_context(cafile=question["ca"])
            context.set_alpn_protocols(["h2"])
            client = aioapns.APNs(key=question["key"], key_id=question["key_id"],
                                  team_id=question["team_id"], topic=question["topic"],
                                  ssl_context=context)
            said = []
            for token in question["tokens"]:
                request = aioapns.NotificationRequest(
                    device_token=token, message={"aps": {"alert": "?"}}, time_to_live=60,
                    priority=aioapns.PRIORITY_HIGH, collapse_key="k",
                    push_type=aioapns.PushType.ALERT)
                told = await client.send_notification(request)
                said.append([told.status, told.description, told.timestamp])
            client.pool.close()
            return said
        return {"said": asyncio.run(send())}

    # --- JPush

    def jpush(self, question):
        """jpush asks for a cid, and pushes to each of these devices, twice to the first."""
        jpush.common.ZONES["DEFAULT"]["PUSH"] = question["url"] + "/v3/"
        client = jpush.JPush(question["app"], question["secret"])
        push = client.create_push()
        try:
            cids = push.get_cid(len(question["tokens"]), "push").payload["cidlist"]
        except jpush.common.Unauthorized as error:
            return {"refused": str(error)}
        push.platform = jpush.all_
        push.notification = jpush.notification(
            android=jpush.android(alert="a", title="t", extras={"k": "v"}),
            ios=jpush.ios(alert="a", badge=3, extras={"k": "v"}))
        push.options = {"time_to_live": 60, "apns_production": False}
        said = []
        tokens = list(zip(question["tokens"], cids))
        for token, cid in tokens[:1] + tokens:
            push.audience, push.cid = jpush.audience(jpush.registration_id(token)), cid
            try:
                said.append(push.send().payload["msg_id"])
            except jpush.common.JPushFailure as error:
                said.append(error.error_code)
        return {"said": said}

    def jpush_message(self, question):
        """A push as JPush's kit words it."""
        push = jpush.JPush(question["app"], question["secret"]).create_push()
        push.cid, push.options = question["cid"], question["options"]
        push.platform = jpush.platform("android", "ios")
        push.audience = jpush.audience(jpush.registration_id(question["token"]))
        title, body, extras = question["title"], question["body"], question["extras"]
        push.notification = jpush.notification(
            android=jpush.android(alert=body, title=title, priority=1, extras=extras),
            ios=jpush.ios(alert={"title": title, "body": body}, badge=3, extras=extras,
                          thread_id=question["thread"]))
        return {"message": push.payload}

    # --- Huawei

    def huawei(self, question):
        """Huawei's kit sends to each of these groups of devices."""
        app = hpa._app.App(question["app"], question["secret"],
                           token_server=question["url"] + "/oauth2/v3/token",
                           push_open_url=question["url"])
        said = []
        for tokens in question["tokens"]:
            told = app.send(self.huawei_words(question, tokens), False)
            said.append([told["code"], told["msg"]])
        return {"said": said}

    def huawei_words(self, question, tokens):
        notification = hpa.messaging.AndroidNotification(
            tag=question["tag"], importance="NORMAL",
            click_action=hpa.messaging.AndroidClickAction(action_type=3))
        return hpa.messaging.Message(
            data=question["data"], token=tokens,
            notification=hpa.messaging.Notification(title=question["title"], body=question["body"]),
            android=hpa.messaging.AndroidConfig(ttl=question["ttl"], notification=notification))

    def huawei_message(self, question):
        """A message as Huawei's kit words it."""
        words = self.huawei_words(question, [question["token"]])
        return {"message": _message_serializer.MessageSerializer().default(words)}


judge = Judge()
for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = getattr(judge, asked["do"])(asked)
    except Exception as error:  # whatever it is, the test shows it
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer, ensure_ascii=False), flush=True)
