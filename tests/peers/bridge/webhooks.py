"""Signs and verifies with the library of Standard Webhooks: a question per line of JSON on stdin, an
answer per line on stdout. Contents are base64."""

import base64
import datetime
import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def sign(secret, id, time, content):
    at = datetime.datetime.fromtimestamp(time, tz=datetime.timezone.utc)
    return {"signature": Webhook(secret).sign(id, at, base64.b64decode(content).decode())}


def verify(secret, headers, content):
    try:
        Webhook(secret).verify(base64.b64decode(content), headers, json_parse=False)
    except WebhookVerificationError as error:
        return {"verified": False, "why": str(error)}
    return {"verified": True}


for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = {"sign": sign, "verify": verify}[question.pop("do")](**question)
    except Exception as error:  # told to the test
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
