"""Seals and signs an event as Feishu documents it, and has Feishu's own kit (lark-oapi) open it, and
calls that somebody else sealed.

The first line on the standard input is the event, each further one a call (time, nonce, signature, body).
For each line one is printed: the call, the status with which the kit answers it, and what it heard."""

import base64
import hashlib
import json
import os
import sys
import time

# The kit writes its log on the standard output.
out, sys.stdout = sys.stdout, sys.stderr

import lark_oapi as lark
from Crypto.Cipher import AES
from Crypto.Util.Padding import pad
from lark_oapi.core.model import RawRequest

key, token = sys.argv[1:]
heard = []
handler = lark.EventDispatcherHandler.builder(key, token)
handler = handler.register_p2_im_message_receive_v1(lambda data: heard.append(data)).build()


def tell(call):
    request = RawRequest()
    request.uri, request.body = "/", call["body"].encode()
    request.headers = {
        "X-Lark-Request-Timestamp": call["time"],
        "X-Lark-Request-Nonce": call["nonce"],
        "X-Lark-Signature": call["signature"],
    }
    heard.clear()
    status = handler.do(request).status_code
    content = [data.event.message.content for data in heard]
    print(json.dumps({**call, "status": status, "heard": content}, ensure_ascii=False), file=out, flush=True)


def seal(event):
    iv = os.urandom(16)
    cipher = AES.new(hashlib.sha256(key.encode()).digest(), AES.MODE_CBC, iv)
    sealed = iv + cipher.encrypt(pad(event.encode(), 16))
    call = {"time": str(int(time.time())), "nonce": os.urandom(8).hex()}
    call["body"] = json.dumps({"encrypt": base64.b64encode(sealed).decode()})
    parts = call["time"] + call["nonce"] + key + call["body"]
    return {**call, "signature": hashlib.sha256(parts.encode()).hexdigest()}


first, *others = sys.stdin.read().splitlines()
tell(seal(first))
for other in others:
    tell(json.loads(other))
